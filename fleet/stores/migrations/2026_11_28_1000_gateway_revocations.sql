-- A gateway's credential ends like a device's, and so does what it opened.
CREATE INDEX gateways_revoked ON gateways (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE FUNCTION lately_revoked_gateways(within interval) RETURNS TABLE (slug text, gateway_id text, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT t.slug, g.gateway_id, max(g.revoked_at) FROM gateways g JOIN tenants t USING (tenant_id)
   WHERE g.revoked_at BETWEEN now() - within AND now() GROUP BY 1, 2 $$;
REVOKE ALL ON FUNCTION lately_revoked_gateways(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lately_revoked_gateways(interval) TO fleetguard_app;
