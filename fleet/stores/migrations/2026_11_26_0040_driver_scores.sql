-- How drivers drive: what each did with each vehicle by day, and their scores. Driver ids are pseudonyms: the devices send them.
CREATE TABLE driver_days (
    tenant_id    uuid NOT NULL,
    driver_id    text NOT NULL,
    vehicle_id   text NOT NULL,
    day          date NOT NULL,             -- UTC
    km           real,                      -- null where neither speed nor odometer told
    metered_km   real,                      -- of these, with a fuel rate
    litres       real,
    engine_h     real,
    idle_h       real,
    PRIMARY KEY (tenant_id, driver_id, day, vehicle_id),
    FOREIGN KEY (tenant_id, vehicle_id) REFERENCES vehicles
);

-- Days that are read for good: what comes later than a day is flagged and moves no score.
CREATE TABLE driver_days_read (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    day        date NOT NULL,
    PRIMARY KEY (tenant_id, day)
);

-- One row per driver and day on which it was computed: the newest is the present score, the others its history.
CREATE TABLE driver_scores (
    tenant_id        uuid NOT NULL REFERENCES tenants,
    driver_id        text NOT NULL,
    day              date NOT NULL,
    scored_at        timestamptz NOT NULL,
    vehicle_class    text NOT NULL,
    distance_km      real NOT NULL,
    score            real CHECK (score BETWEEN 0 AND 100),   -- null: unknown
    lower            real,
    upper            real,
    band             text,
    rank             integer,
    measured         real NOT NULL,
    contributions    jsonb NOT NULL,
    weights_version  text NOT NULL,
    PRIMARY KEY (tenant_id, driver_id, day),
    CHECK ((score IS NULL) = (band IS NULL) AND (score IS NULL) = (rank IS NULL))
);
CREATE INDEX driver_scores_by_day ON driver_scores (tenant_id, day, rank);

CREATE INDEX stream_events_opened ON stream_events (tenant_id, created_at) WHERE change = 'opened';

-- Which driver a person is: a driver sees their own score and alerts.
ALTER TABLE users ADD COLUMN driver_id text CHECK (driver_id ~ '^[A-Za-z0-9_-]{1,64}$');
CREATE UNIQUE INDEX users_by_driver ON users (tenant_id, driver_id) WHERE driver_id IS NOT NULL;

DROP FUNCTION session_holder(bytea);
CREATE FUNCTION session_holder(hash bytea)
RETURNS TABLE (tenant_id uuid, slug text, user_id uuid, email text, name text, role text, driver_id text, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT u.tenant_id, t.slug, u.user_id, u.email::text, u.name, u.role, u.driver_id, s.expires_at
   FROM sessions s JOIN users u USING (tenant_id, user_id) JOIN tenants t USING (tenant_id)
   WHERE s.session_hash = hash AND s.expires_at > now() AND u.disabled_at IS NULL $$;
REVOKE ALL ON FUNCTION session_holder(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_holder(bytea) TO fleetguard_app;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['driver_days', 'driver_days_read', 'driver_scores']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_isolation ON %I TO fleetguard_app
                        USING (tenant_id = ANY ((SELECT app_tenants())::uuid[]))
                        WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]))', t);
        EXECUTE format('CREATE POLICY owner_maintains ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON driver_days, driver_scores TO fleetguard_app;
GRANT SELECT, INSERT ON driver_days_read TO fleetguard_app;
