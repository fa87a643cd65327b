-- What people say about alerts: whose they are, what was noted, and the judgement that training learns from.
ALTER TABLE alerts
    ADD COLUMN assigned_to       uuid,
    ADD COLUMN verdict           text CHECK (verdict IN ('CONFIRMED', 'DISMISSED')),
    ADD COLUMN dismissal_reason  text;

-- Free text may name people: it stands here alone, can be erased, and the audit log holds its id.
CREATE TABLE alert_notes (
    tenant_id  uuid NOT NULL,
    note_id    uuid NOT NULL DEFAULT gen_random_uuid(),
    alert_id   uuid NOT NULL,
    author     uuid NOT NULL,
    at         timestamptz NOT NULL,
    text       text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    PRIMARY KEY (tenant_id, note_id),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts
);

-- The last judgement of an alert, with what a label needs: the newest episode is what the person saw evidence of.
CREATE TABLE judgements (
    tenant_id      uuid NOT NULL,
    alert_id       uuid NOT NULL,
    verdict        text NOT NULL CHECK (verdict IN ('CONFIRMED', 'DISMISSED')),
    reason         text,
    note_id        uuid,
    judged_by      uuid NOT NULL,
    judged_at      timestamptz NOT NULL,
    vehicle_id     text NOT NULL,
    type           text NOT NULL,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz,              -- null while the condition held
    confidence     real NOT NULL,
    model_version  text NOT NULL,
    PRIMARY KEY (tenant_id, alert_id),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts,
    CHECK ((verdict = 'DISMISSED') = (reason IS NOT NULL))
);
CREATE INDEX judgements_by_time ON judgements (tenant_id, judged_at);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['alert_notes', 'judgements']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_isolation ON %I TO fleetguard_app
                        USING (tenant_id = ANY ((SELECT app_tenants())::uuid[]))
                        WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]))', t);
        EXECUTE format('CREATE POLICY owner_maintains ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT ON alert_notes TO fleetguard_app;
GRANT SELECT, INSERT, UPDATE ON judgements TO fleetguard_app;
