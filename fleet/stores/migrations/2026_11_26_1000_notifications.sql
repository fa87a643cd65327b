-- Who is told about changes of alerts: web addresses of a fleet's own systems, and browsers of its people.
CREATE TABLE webhooks (
    tenant_id      uuid NOT NULL REFERENCES tenants,
    webhook_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    url            text NOT NULL CHECK (length(url) <= 2000),
    secret         bytea NOT NULL,           -- signs what is sent; shown once
    min_severity   smallint NOT NULL CHECK (min_severity BETWEEN 1 AND 4),
    created_at     timestamptz NOT NULL,
    created_by     uuid NOT NULL,
    removed_at     timestamptz,
    PRIMARY KEY (tenant_id, webhook_id)
);
CREATE TABLE push_subscriptions (
    tenant_id        uuid NOT NULL REFERENCES tenants,
    subscription_id  uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id          uuid NOT NULL,
    endpoint         text NOT NULL CHECK (length(endpoint) <= 2000),
    p256dh           text NOT NULL,
    auth             text NOT NULL,
    min_severity     smallint NOT NULL CHECK (min_severity BETWEEN 1 AND 4),
    created_at       timestamptz NOT NULL,
    removed_at       timestamptz,
    PRIMARY KEY (tenant_id, subscription_id)
);
CREATE UNIQUE INDEX one_subscription ON push_subscriptions (endpoint) WHERE removed_at IS NULL;

-- One row of the outbox per change; the targets of its tenant get a delivery each when it is dispatched.
ALTER TABLE outbox DROP COLUMN channel, DROP COLUMN attempts;
ALTER TABLE outbox RENAME COLUMN delivered_at TO dispatched_at;

CREATE TABLE deliveries (
    tenant_id    uuid NOT NULL,
    outbox_id    uuid NOT NULL,
    target_id    uuid NOT NULL,              -- a webhook or a push subscription
    channel      text NOT NULL CHECK (channel IN ('webhook', 'push')),
    state        text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'DELIVERED', 'PARKED')),
    attempts     integer NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL,
    finished_at  timestamptz,
    detail       text NOT NULL DEFAULT '',   -- what the last attempt met
    PRIMARY KEY (tenant_id, outbox_id, target_id),
    FOREIGN KEY (tenant_id, outbox_id) REFERENCES outbox ON DELETE CASCADE
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 'WAITING';
CREATE INDEX deliveries_of_target ON deliveries (tenant_id, target_id, finished_at DESC);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['webhooks', 'push_subscriptions', 'deliveries']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_isolation ON %I TO fleetguard_app
                        USING (tenant_id = ANY ((SELECT app_tenants())::uuid[]))
                        WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]))', t);
        EXECUTE format('CREATE POLICY owner_maintains ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON webhooks, push_subscriptions TO fleetguard_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries TO fleetguard_app;
GRANT DELETE ON outbox TO fleetguard_app;

-- A browser that another person signs in on is theirs from then on, whatever fleet it was of: its address is its own secret.
CREATE FUNCTION release_push_endpoint(address text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE push_subscriptions SET removed_at = now() WHERE endpoint = address AND removed_at IS NULL $$;
REVOKE ALL ON FUNCTION release_push_endpoint(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION release_push_endpoint(text) TO fleetguard_app;
