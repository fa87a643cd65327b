-- The newest forecast of every vehicle, component and horizon: the past of forecasts grows, what people ask for does not.
CREATE TABLE newest_forecasts (
    LIKE forecasts INCLUDING DEFAULTS,
    PRIMARY KEY (tenant_id, vehicle_id, component, horizon_h)
);
CREATE INDEX newest_forecasts_worst ON newest_forecasts (tenant_id, horizon_h, (-probability), vehicle_id, component);
ALTER TABLE newest_forecasts ENABLE ROW LEVEL SECURITY;
ALTER TABLE newest_forecasts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON newest_forecasts TO fleetguard_app
    USING (tenant_id = ANY ((SELECT app_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]));
CREATE POLICY owner_maintains ON newest_forecasts TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON newest_forecasts TO fleetguard_app;

CREATE FUNCTION keep_newest_forecasts() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    INSERT INTO newest_forecasts AS kept
    SELECT DISTINCT ON (tenant_id, vehicle_id, component, horizon_h) * FROM made
    ORDER BY tenant_id, vehicle_id, component, horizon_h, made_at DESC
    ON CONFLICT (tenant_id, vehicle_id, component, horizon_h) DO UPDATE
        SET made_at = excluded.made_at, probability = excluded.probability, lower = excluded.lower, upper = excluded.upper,
            model_version = excluded.model_version
        WHERE excluded.made_at > kept.made_at;
    RETURN NULL;
END $$;
CREATE TRIGGER newest_forecasts AFTER INSERT ON forecasts REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest_forecasts();

INSERT INTO newest_forecasts
SELECT DISTINCT ON (tenant_id, vehicle_id, component, horizon_h) * FROM forecasts
ORDER BY tenant_id, vehicle_id, component, horizon_h, made_at DESC;
