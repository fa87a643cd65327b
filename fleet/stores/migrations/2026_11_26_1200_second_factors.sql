-- Sessions are listed and ended one by one; a code from an app may be asked for beside the password.
ALTER TABLE sessions ADD COLUMN session_id uuid NOT NULL DEFAULT gen_random_uuid(), ADD COLUMN opened_with text NOT NULL DEFAULT '';

CREATE TABLE second_factors (
    tenant_id     uuid NOT NULL,
    user_id       uuid NOT NULL,
    secret        text NOT NULL,             -- base32, RFC 6238
    confirmed_at  timestamptz,               -- asked for from then on
    last_step     bigint NOT NULL DEFAULT 0, -- a code is taken once
    spare_hashes  bytea[] NOT NULL DEFAULT '{}', -- sha-256 of codes for when the app is lost, each taken once
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
ALTER TABLE second_factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE second_factors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON second_factors TO fleetguard_app
    USING (tenant_id = ANY ((SELECT app_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]));
CREATE POLICY owner_maintains ON second_factors TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO fleetguard_app;
