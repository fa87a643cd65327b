-- The life of a model: what a challenger would have said, how far the live world has moved from the one it learnt in, what
-- engineers should look at, and how often a tenant wants to hear of an alert type.

-- Elementwise sum: replicas add their counts to what stands there.
CREATE FUNCTION add_counts(a bigint[], b bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY place) FROM unnest(a, b) WITH ORDINALITY AS t (x, y, place) $$;

-- Rows scored by both versions, per hour; tallies of the platform, no tenant's rows: they belong to the system tenant.
CREATE TABLE shadow_tallies (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    model       text NOT NULL,
    champion    text NOT NULL,
    challenger  text NOT NULL,
    type        text NOT NULL,
    hour        timestamptz NOT NULL,
    counts      bigint[] NOT NULL,           -- serve.shadow.COUNTED, then the probabilities of each in ten bins
    PRIMARY KEY (tenant_id, model, champion, challenger, type, hour)
);

-- What a champion saw and said, per hour: the bins of the reference that its version carries.
CREATE TABLE live_histograms (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    model      text NOT NULL,
    version    text NOT NULL,
    hour       timestamptz NOT NULL,
    rows       bigint NOT NULL,
    counts     bigint[] NOT NULL,            -- quantity after quantity
    PRIMARY KEY (tenant_id, model, version, hour)
);

CREATE TABLE drift (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    model      text NOT NULL,
    version    text NOT NULL,
    quantity   text NOT NULL,                -- feature:<name> or score:<type>
    at         timestamptz NOT NULL,         -- end of the newest window
    psi        real NOT NULL,
    rows       bigint NOT NULL,
    PRIMARY KEY (tenant_id, model, quantity)
);

-- Alerts to ML engineers. One that is open stays one, however often it is found again.
CREATE TABLE model_notices (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    notice_id   uuid NOT NULL DEFAULT gen_random_uuid(),
    model       text NOT NULL,
    version     text NOT NULL,
    subject     text NOT NULL,
    detail      text NOT NULL,
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    PRIMARY KEY (tenant_id, notice_id)
);
CREATE UNIQUE INDEX one_open_notice ON model_notices (tenant_id, model, subject) WHERE closed_at IS NULL;

-- From which probability on a tenant's alerts of a type begin; without a row the product's own threshold holds.
CREATE TABLE alert_rules (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    type        text NOT NULL,
    threshold   real NOT NULL CHECK (threshold > 0 AND threshold < 1),
    changed_at  timestamptz NOT NULL,
    changed_by  text NOT NULL,
    PRIMARY KEY (tenant_id, type)
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['shadow_tallies', 'live_histograms', 'drift', 'model_notices', 'alert_rules']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_isolation ON %I TO fleetguard_app
                        USING (tenant_id = ANY ((SELECT app_tenants())::uuid[]))
                        WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]))', t);
        EXECUTE format('CREATE POLICY owner_maintains ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON shadow_tallies, live_histograms, drift, model_notices TO fleetguard_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_rules TO fleetguard_app;
