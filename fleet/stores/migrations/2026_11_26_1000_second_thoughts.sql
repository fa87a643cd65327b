-- Second thoughts about alerts: what was done can be taken back for a day, and a repeated request is answered, not done again.
CREATE INDEX stream_events_of_alert ON stream_events (tenant_id, alert_id, seq);

CREATE TABLE idempotency_keys (
    tenant_id    uuid NOT NULL,
    user_id      uuid NOT NULL,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
    fingerprint  bytea NOT NULL,             -- sha-256 of what was asked
    answer       jsonb NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id, key),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON idempotency_keys TO fleetguard_app
    USING (tenant_id = ANY ((SELECT app_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]));
CREATE POLICY owner_maintains ON idempotency_keys TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO fleetguard_app;
GRANT DELETE ON judgements TO fleetguard_app;
