-- A fleet's threshold may be for one class of its vehicles, which goes before the one for all. Exact: people type them.
ALTER TABLE alert_rules
    ADD COLUMN vehicle_class text NOT NULL DEFAULT 'any' CHECK (vehicle_class IN ('any', 'car', 'van', 'truck')),
    ALTER COLUMN threshold TYPE numeric(5, 4) USING round(threshold::numeric, 4),
    DROP CONSTRAINT alert_rules_pkey,
    ADD PRIMARY KEY (tenant_id, vehicle_class, type);

-- A trial is of a number of alerts to aim at, or of thresholds that somebody typed.
ALTER TABLE budget_trials
    ALTER COLUMN per_vehicle_week DROP NOT NULL,
    ADD COLUMN proposal jsonb,               -- see fleet.own_thresholds
    ADD CONSTRAINT one_proposal CHECK (num_nonnulls(per_vehicle_week, proposal) = 1);

-- Ingest asks now and then which vehicles are described anew, instead of reading all of them again.
ALTER TABLE vehicles ADD COLUMN described_at timestamptz;   -- when class or tank changed last; null: as it was entered
CREATE INDEX vehicles_described ON vehicles (tenant_id, described_at) WHERE described_at IS NOT NULL;
CREATE FUNCTION describe_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.described_at := clock_timestamp();
    RETURN new;
END $$;
CREATE TRIGGER describe_anew BEFORE UPDATE OF vehicle_class, tank_l ON vehicles FOR EACH ROW
    WHEN ((new.vehicle_class, new.tank_l) IS DISTINCT FROM (old.vehicle_class, old.tank_l))
    EXECUTE FUNCTION describe_anew();
