-- The first schema. Every table carries its tenant and forces row level security from here on.
-- Roles exist before this runs: the owner (who runs it) and fleetguard_app (LOGIN, no superuser, no bypass).
-- `app.tenant` holds the tenant ids of the transaction, comma separated: one for a person's request,
-- those of the batch for ingest. Unset means none.

CREATE EXTENSION IF NOT EXISTS citext;

CREATE FUNCTION app_tenants() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT string_to_array(nullif(current_setting('app.tenant', true), ''), ',')::uuid[] $$;

CREATE TABLE tenants (
    tenant_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug        text NOT NULL UNIQUE CHECK (slug ~ '^[A-Za-z0-9_-]{1,64}$'),
    name        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    tenant_id      uuid NOT NULL REFERENCES tenants,
    user_id        uuid NOT NULL DEFAULT gen_random_uuid(),
    email          citext NOT NULL UNIQUE,
    name           text NOT NULL,
    role           text NOT NULL CHECK (role IN
                   ('platform_admin', 'fleet_manager', 'dispatcher', 'driver', 'ml_engineer', 'analyst')),
    password_hash  text NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    disabled_at    timestamptz,
    PRIMARY KEY (tenant_id, user_id)
);

CREATE TABLE sessions (
    tenant_id     uuid NOT NULL,
    session_hash  bytea PRIMARY KEY,
    user_id       uuid NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);

CREATE TABLE vehicles (
    tenant_id      uuid NOT NULL REFERENCES tenants,
    vehicle_id     text NOT NULL CHECK (vehicle_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    vehicle_class  text NOT NULL DEFAULT 'car' CHECK (vehicle_class IN ('car', 'van', 'truck')),
    model          text,
    age_years      real,
    tank_l         real,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, vehicle_id)
);

CREATE TABLE devices (
    tenant_id    uuid NOT NULL,
    device_id    uuid NOT NULL DEFAULT gen_random_uuid(),
    vehicle_id   text NOT NULL,
    secret_hash  bytea NOT NULL,             -- sha-256 of a random 192-bit secret
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    PRIMARY KEY (tenant_id, device_id),
    FOREIGN KEY (tenant_id, vehicle_id) REFERENCES vehicles
);
CREATE INDEX devices_by_vehicle ON devices (tenant_id, vehicle_id) WHERE revoked_at IS NULL;

-- One row per reading; a signal that was not sent is null. Partitioned by day of the vehicle's clock.
CREATE TABLE telemetry (
    tenant_id           uuid NOT NULL,
    vehicle_id          text NOT NULL,
    event_time          timestamptz NOT NULL,
    received_at         timestamptz NOT NULL DEFAULT now(),
    flags               smallint NOT NULL DEFAULT 0,   -- fleet.telemetry.ReadingFlag
    driver_id           text,
    speed_kmh real, engine_rpm real, coolant_temp_c real, oil_temp_c real, oil_pressure_kpa real,
    map_kpa real, maf_gps real, intake_temp_c real, throttle_pct real, engine_load_pct real,
    fuel_level_pct real, fuel_level_l real, fuel_rate_lph real, brake_pressure_kpa real, brake_pedal_pct real,
    accel_x_ms2 real, accel_y_ms2 real, accel_z_ms2 real, yaw_rate_dps real, battery_v real,
    odometer_km real, latitude_deg real, longitude_deg real, heading_deg real, altitude_m real,
    speed_limit_kmh real, ambient_temp_c real, ignition_on real,
    PRIMARY KEY (tenant_id, vehicle_id, event_time)
) PARTITION BY RANGE (event_time);
CREATE TABLE telemetry_default PARTITION OF telemetry DEFAULT;

-- Makes the partition of a day, moving what the default partition already holds of it.
CREATE FUNCTION ensure_telemetry_day(day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public AS $$
DECLARE part text := format('telemetry_%s', to_char(day, 'YYYYMMDD'));
BEGIN
    IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('telemetry_day'));
    IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE telemetry INCLUDING ALL)', part);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('WITH moved AS (DELETE FROM telemetry_default WHERE event_time >= %L AND event_time < %L RETURNING *)
                    INSERT INTO %I SELECT * FROM moved', day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC', part);
    EXECUTE format('ALTER TABLE telemetry ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   part, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('CREATE INDEX ON %I USING brin (event_time)', part);
END $$;

CREATE TABLE dead_letters (
    tenant_id       uuid NOT NULL REFERENCES tenants,
    dead_letter_id  uuid NOT NULL DEFAULT gen_random_uuid(),
    vehicle_id      text NOT NULL,
    received_at     timestamptz NOT NULL DEFAULT now(),
    reason          text NOT NULL,
    detail          text NOT NULL,
    payload_hash    bytea NOT NULL,          -- sha-256: a redelivered payload is stored once
    payload         bytea NOT NULL,
    PRIMARY KEY (tenant_id, dead_letter_id),
    UNIQUE (tenant_id, vehicle_id, payload_hash)
);

-- What an ingest actor needs to go on after a restart: its state per vehicle at an event time, and what came later is in telemetry.
CREATE TABLE window_snapshots (
    tenant_id   uuid NOT NULL,
    vehicle_id  text NOT NULL,
    event_time  timestamptz NOT NULL,
    layout      text NOT NULL,
    state       bytea NOT NULL,
    PRIMARY KEY (tenant_id, vehicle_id, event_time)
);

CREATE TABLE alerts (
    tenant_id        uuid NOT NULL REFERENCES tenants,
    alert_id         uuid NOT NULL DEFAULT gen_random_uuid(),
    seq              bigint NOT NULL,        -- of the newest stream event about this alert
    vehicle_id       text NOT NULL,
    driver_id        text,
    type             text NOT NULL,
    severity         smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),
    state            text NOT NULL CHECK (state IN ('OPEN', 'ACKNOWLEDGED', 'IN_PROGRESS', 'RESOLVED', 'CLOSED', 'DISMISSED')),
    active           boolean NOT NULL,
    started_at       timestamptz NOT NULL,
    ended_at         timestamptz,
    episode_at       timestamptz NOT NULL,   -- start of the newest episode: repeats are told apart by it
    last_seen        timestamptz NOT NULL,
    confidence       real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    model_version    text NOT NULL,
    evidence         jsonb NOT NULL,
    occurrences      integer NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    acknowledged_by  uuid,
    acknowledged_at  timestamptz,
    PRIMARY KEY (tenant_id, alert_id),
    FOREIGN KEY (tenant_id, vehicle_id) REFERENCES vehicles
);
CREATE UNIQUE INDEX one_live_alert ON alerts (tenant_id, vehicle_id, type)
    WHERE state IN ('OPEN', 'ACKNOWLEDGED', 'IN_PROGRESS');
CREATE INDEX alerts_newest ON alerts (tenant_id, started_at DESC, alert_id DESC);
CREATE INDEX alerts_of_vehicle ON alerts (tenant_id, vehicle_id, started_at DESC);

-- Gap-free per tenant, in commit order: the head row is locked while a transaction numbers its events.
CREATE TABLE stream_heads (
    tenant_id  uuid PRIMARY KEY REFERENCES tenants,
    seq        bigint NOT NULL DEFAULT 0
);
CREATE TABLE stream_events (
    tenant_id   uuid NOT NULL,
    seq         bigint NOT NULL,
    alert_id    uuid NOT NULL,
    change      text NOT NULL,
    anomaly     jsonb NOT NULL,              -- as the API shows it, at this moment
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, seq),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts
);

CREATE TABLE outbox (
    tenant_id     uuid NOT NULL,
    outbox_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    seq           bigint NOT NULL,
    channel       text NOT NULL,
    payload       jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    attempts      integer NOT NULL DEFAULT 0,
    delivered_at  timestamptz,
    PRIMARY KEY (tenant_id, outbox_id)
);
CREATE INDEX outbox_pending ON outbox (created_at) WHERE delivered_at IS NULL;

CREATE TABLE audit_log (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    seq        bigint NOT NULL,
    at         timestamptz NOT NULL,
    actor      text NOT NULL,                -- user id, or system:<part>
    action     text NOT NULL,
    subject    text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}',
    previous   bytea NOT NULL,
    hash       bytea NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

CREATE TABLE fault_codes (
    tenant_id   uuid NOT NULL,
    vehicle_id  text NOT NULL,
    event_time  timestamptz NOT NULL,
    code        text NOT NULL,
    PRIMARY KEY (tenant_id, vehicle_id, event_time, code)
);

CREATE TABLE maintenance (
    tenant_id   uuid NOT NULL,
    vehicle_id  text NOT NULL,
    event_time  timestamptz NOT NULL,
    component   text NOT NULL,
    failure     boolean NOT NULL DEFAULT false,   -- replaced because it failed
    PRIMARY KEY (tenant_id, vehicle_id, event_time, component)
);

CREATE TABLE forecasts (
    tenant_id      uuid NOT NULL,
    vehicle_id     text NOT NULL,
    component      text NOT NULL,
    made_at        timestamptz NOT NULL,
    horizon_h      integer NOT NULL,
    probability    real NOT NULL,
    lower          real NOT NULL,
    upper          real NOT NULL,
    model_version  text NOT NULL,
    PRIMARY KEY (tenant_id, vehicle_id, component, made_at, horizon_h)
);

-- Parts of the platform that speak no HTTP say here that they live; rows belong to the system tenant.
CREATE TABLE heartbeats (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    part       text NOT NULL,
    at         timestamptz NOT NULL,
    state      text NOT NULL CHECK (state IN ('ok', 'degraded', 'down')),
    detail     text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, part)
);
INSERT INTO tenants (tenant_id, slug, name) VALUES ('00000000-0000-0000-0000-000000000000', 'fleetguard-system', 'FleetGuard');

-- Questions that are asked before a tenant is known. Owner's rights, one narrow answer each.
CREATE FUNCTION tenant_ids(slugs text[]) RETURNS TABLE (slug text, tenant_id uuid) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT t.slug, t.tenant_id FROM tenants t WHERE t.slug = ANY (slugs) $$;

CREATE FUNCTION sign_in_candidate(address citext)
RETURNS TABLE (tenant_id uuid, slug text, user_id uuid, name text, role text, password_hash text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT u.tenant_id, t.slug, u.user_id, u.name, u.role, u.password_hash
   FROM users u JOIN tenants t USING (tenant_id) WHERE u.email = address AND u.disabled_at IS NULL $$;

CREATE FUNCTION session_holder(hash bytea)
RETURNS TABLE (tenant_id uuid, slug text, user_id uuid, email text, name text, role text, expires_at timestamptz) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT u.tenant_id, t.slug, u.user_id, u.email::text, u.name, u.role, s.expires_at
   FROM sessions s JOIN users u USING (tenant_id, user_id) JOIN tenants t USING (tenant_id)
   WHERE s.session_hash = hash AND s.expires_at > now() AND u.disabled_at IS NULL $$;

CREATE FUNCTION device_secrets(tenant_slug text, vehicle text) RETURNS SETOF bytea LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT d.secret_hash FROM devices d JOIN tenants t USING (tenant_id)
   WHERE t.slug = tenant_slug AND d.vehicle_id = vehicle AND d.revoked_at IS NULL $$;

CREATE FUNCTION all_tenants() RETURNS TABLE (tenant_id uuid, slug text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS $$ SELECT t.tenant_id, t.slug FROM tenants t $$;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['tenants', 'users', 'sessions', 'vehicles', 'devices', 'telemetry', 'telemetry_default',
        'dead_letters', 'window_snapshots', 'alerts', 'stream_heads', 'stream_events', 'outbox', 'audit_log',
        'fault_codes', 'maintenance', 'forecasts', 'heartbeats']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        IF t <> 'telemetry_default' THEN  -- partitions are reached through their parent only
            EXECUTE format('CREATE POLICY tenant_isolation ON %I TO fleetguard_app
                            USING (tenant_id = ANY ((SELECT app_tenants())::uuid[]))
                            WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]))', t);
        END IF;
        EXECUTE format('CREATE POLICY owner_maintains ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION ensure_telemetry_day(date), tenant_ids(text[]), sign_in_candidate(citext), session_holder(bytea),
    device_secrets(text, text), all_tenants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_telemetry_day(date), tenant_ids(text[]), sign_in_candidate(citext), session_holder(bytea),
    device_secrets(text, text), all_tenants() TO fleetguard_app;
GRANT USAGE ON SCHEMA public TO fleetguard_app;
GRANT SELECT ON tenants, users, devices TO fleetguard_app;
GRANT SELECT, INSERT, DELETE ON sessions, window_snapshots TO fleetguard_app;
GRANT SELECT, INSERT, UPDATE ON vehicles, alerts, stream_heads, outbox, heartbeats TO fleetguard_app;
GRANT SELECT, INSERT ON telemetry, dead_letters, stream_events, audit_log, fault_codes, maintenance, forecasts TO fleetguard_app;
