-- An alert can be put off for a while, and one that nobody takes is passed on, step by step, as each fleet wants it.
ALTER TABLE alerts
    ADD COLUMN snoozed_until      timestamptz,   -- null: not snoozed
    ADD COLUMN snoozed_by         uuid,          -- who did so last
    ADD COLUMN waiting_since      timestamptz,   -- of an open alert; null: since it was raised
    ADD COLUMN escalated_after_s  integer;       -- the last step that was told in this wait
CREATE INDEX alerts_snoozed ON alerts (snoozed_until) WHERE snoozed_until IS NOT NULL;

-- What nobody has any more, or comes back from a snooze, waits anew: reminders and steps count from now.
CREATE FUNCTION wait_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.waiting_since := now();
    new.reminded_at := NULL;
    new.escalated_after_s := NULL;
    RETURN new;
END $$;
CREATE TRIGGER wait_anew BEFORE UPDATE OF state, snoozed_until ON alerts FOR EACH ROW
    WHEN (new.state = 'OPEN' AND new.snoozed_until IS NULL AND (old.state <> 'OPEN' OR old.snoozed_until IS NOT NULL))
    EXECUTE FUNCTION wait_anew();

CREATE TABLE escalation_steps (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    after_s    integer NOT NULL CHECK (after_s BETWEEN 60 AND 604800),   -- of waiting
    recipient  text NOT NULL,                                            -- a role, a user id, or webhooks
    PRIMARY KEY (tenant_id, after_s)
);
ALTER TABLE escalation_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE escalation_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON escalation_steps TO fleetguard_app
    USING (tenant_id = ANY ((SELECT app_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]));
CREATE POLICY owner_maintains ON escalation_steps TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON escalation_steps TO fleetguard_app;
