-- Credentials of devices are people's to issue, rotate and revoke. One that is rotated holds for a while beside the new one:
-- `revoked_at` may lie ahead.
CREATE OR REPLACE FUNCTION device_secrets(tenant_slug text, vehicle text) RETURNS SETOF bytea LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT d.secret_hash FROM devices d JOIN tenants t USING (tenant_id)
   WHERE t.slug = tenant_slug AND d.vehicle_id = vehicle AND (d.revoked_at IS NULL OR d.revoked_at > now()) $$;

DROP INDEX devices_by_vehicle;
CREATE INDEX devices_by_vehicle ON devices (tenant_id, vehicle_id);
CREATE INDEX devices_revoked ON devices (revoked_at) WHERE revoked_at IS NOT NULL;

-- Whose credential ended of late: their connections at the broker are cut.
CREATE FUNCTION lately_revoked(within interval) RETURNS TABLE (slug text, vehicle_id text, revoked_at timestamptz) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT t.slug, d.vehicle_id, max(d.revoked_at) FROM devices d JOIN tenants t USING (tenant_id)
   WHERE d.revoked_at BETWEEN now() - within AND now() GROUP BY 1, 2 $$;
REVOKE ALL ON FUNCTION lately_revoked(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lately_revoked(interval) TO fleetguard_app;
GRANT INSERT, UPDATE (revoked_at) ON devices TO fleetguard_app;
