-- People are invited by their managers: a link, taken once, with which they choose a password. Until then they have none ('').
CREATE TABLE invitations (
    tenant_id   uuid NOT NULL,
    user_id     uuid NOT NULL,
    token_hash  bytea NOT NULL UNIQUE,  -- sha-256; the token is shown once and never stored
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id),   -- a new link makes the one before it worthless
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON invitations TO fleetguard_app
    USING (tenant_id = ANY ((SELECT app_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]));
CREATE POLICY owner_maintains ON invitations TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO fleetguard_app;
GRANT INSERT, UPDATE ON users TO fleetguard_app;

CREATE FUNCTION invitation_holder(hash bytea) RETURNS TABLE (tenant_id uuid, user_id uuid) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT i.tenant_id, i.user_id FROM invitations i JOIN users u USING (tenant_id, user_id)
   WHERE i.token_hash = hash AND i.expires_at > now() AND u.disabled_at IS NULL $$;
REVOKE ALL ON FUNCTION invitation_holder(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION invitation_holder(bytea) TO fleetguard_app;

CREATE OR REPLACE FUNCTION sign_in_candidate(address citext)
RETURNS TABLE (tenant_id uuid, slug text, user_id uuid, name text, role text, password_hash text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT u.tenant_id, t.slug, u.user_id, u.name, u.role, u.password_hash
   FROM users u JOIN tenants t USING (tenant_id) WHERE u.email = address AND u.disabled_at IS NULL AND u.password_hash <> '' $$;
