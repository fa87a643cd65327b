-- Programs act for a person with a token of theirs: never more than the person may do, and only what the token names.
CREATE TABLE api_tokens (
    tenant_id     uuid NOT NULL,
    token_id      uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id       uuid NOT NULL,
    name          text NOT NULL,
    token_hash    bytea NOT NULL UNIQUE,  -- sha-256; the token is shown once and never stored
    scopes        text[] NOT NULL,        -- permissions, fleet/permissions.py
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    last_used_at  timestamptz,            -- to the minute
    PRIMARY KEY (tenant_id, token_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX ON api_tokens (tenant_id, user_id);
ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON api_tokens TO fleetguard_app
    USING (tenant_id = ANY ((SELECT app_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]));
CREATE POLICY owner_maintains ON api_tokens TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON api_tokens TO fleetguard_app;

CREATE FUNCTION api_token_holder(hash bytea)
RETURNS TABLE (tenant_id uuid, slug text, user_id uuid, email text, name text, role text, driver_id text, expires_at timestamptz,
               scopes text[])
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS
$$ UPDATE api_tokens SET last_used_at = now()
   WHERE token_hash = hash AND expires_at > now() AND coalesce(last_used_at < now() - interval '1 minute', true);
   SELECT u.tenant_id, t.slug, u.user_id, u.email::text, u.name, u.role, u.driver_id, a.expires_at, a.scopes
   FROM api_tokens a JOIN users u USING (tenant_id, user_id) JOIN tenants t USING (tenant_id)
   WHERE a.token_hash = hash AND a.expires_at > now() AND u.disabled_at IS NULL $$;
REVOKE ALL ON FUNCTION api_token_holder(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api_token_holder(bytea) TO fleetguard_app;
