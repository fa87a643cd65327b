-- An alert that nobody takes is told again, and browsers are left in peace at night; both as each fleet wants it.
CREATE TABLE notification_rules (
    tenant_id        uuid PRIMARY KEY REFERENCES tenants,
    remind_after_s   integer CHECK (remind_after_s BETWEEN 60 AND 604800),   -- null: never
    remind_severity  smallint NOT NULL DEFAULT 3 CHECK (remind_severity BETWEEN 1 AND 4),
    quiet_from       time,                     -- null: never quiet; from later than until means over midnight
    quiet_until      time,
    timezone         text NOT NULL DEFAULT 'UTC',
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
ALTER TABLE notification_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON notification_rules TO fleetguard_app
    USING (tenant_id = ANY ((SELECT app_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]));
CREATE POLICY owner_maintains ON notification_rules TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON notification_rules TO fleetguard_app;

ALTER TABLE alerts ADD COLUMN reminded_at timestamptz;
CREATE INDEX alerts_unowned ON alerts (tenant_id, severity) WHERE state = 'OPEN';

-- When a browser may be told: at once, or when the fleet's quiet hours end.
CREATE FUNCTION after_quiet_hours(moment timestamptz, zone text, quiet_from time, quiet_until time) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN quiet_from IS NULL OR quiet_from = quiet_until THEN moment
        WHEN quiet_from < quiet_until AND l.clock >= quiet_from AND l.clock < quiet_until
            THEN (l.day + quiet_until) AT TIME ZONE zone
        WHEN quiet_from > quiet_until AND l.clock >= quiet_from THEN (l.day + 1 + quiet_until) AT TIME ZONE zone
        WHEN quiet_from > quiet_until AND l.clock < quiet_until THEN (l.day + quiet_until) AT TIME ZONE zone
        ELSE moment END
    FROM (SELECT (moment AT TIME ZONE zone)::date AS day, (moment AT TIME ZONE zone)::time AS clock) l
$$;
