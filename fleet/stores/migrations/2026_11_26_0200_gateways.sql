-- A gateway speaks for several vehicles of its tenant over one connection; its topics still name the vehicle.
CREATE TABLE gateways (
    tenant_id    uuid NOT NULL REFERENCES tenants,
    gateway_id   text NOT NULL CHECK (gateway_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    secret_hash  bytea NOT NULL,             -- sha-256 of a random 192-bit secret; two during a rotation
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    PRIMARY KEY (tenant_id, gateway_id, secret_hash)
);
CREATE TABLE gateway_vehicles (
    tenant_id   uuid NOT NULL,
    gateway_id  text NOT NULL,
    vehicle_id  text NOT NULL,
    PRIMARY KEY (tenant_id, gateway_id, vehicle_id),
    FOREIGN KEY (tenant_id, vehicle_id) REFERENCES vehicles
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['gateways', 'gateway_vehicles']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_isolation ON %I TO fleetguard_app
                        USING (tenant_id = ANY ((SELECT app_tenants())::uuid[]))
                        WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]))', t);
        EXECUTE format('CREATE POLICY owner_maintains ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;

CREATE FUNCTION gateway_rights(tenant_slug text, gateway text) RETURNS TABLE (secret_hashes bytea[], vehicles text[]) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public AS
$$ SELECT array(SELECT g.secret_hash FROM gateways g
                WHERE g.tenant_id = t.tenant_id AND g.gateway_id = gateway AND g.revoked_at IS NULL),
          array(SELECT v.vehicle_id FROM gateway_vehicles v WHERE v.tenant_id = t.tenant_id AND v.gateway_id = gateway)
   FROM tenants t WHERE t.slug = tenant_slug $$;
REVOKE ALL ON FUNCTION gateway_rights(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gateway_rights(text, text) TO fleetguard_app;
