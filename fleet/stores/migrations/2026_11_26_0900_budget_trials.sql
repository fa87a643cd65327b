-- An alert budget that somebody wants to see tried on the past before it is saved.
CREATE TABLE budget_trials (
    tenant_id         uuid NOT NULL REFERENCES tenants,
    trial_id          uuid NOT NULL DEFAULT gen_random_uuid(),
    per_vehicle_week  real NOT NULL CHECK (per_vehicle_week >= 0),
    days              real NOT NULL CHECK (days > 0),
    asked_at          timestamptz NOT NULL,
    asked_by          uuid NOT NULL,
    state             text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'FAILED', 'APPLIED')),
    started_at        timestamptz,
    finished_at       timestamptz,
    outcome           jsonb,                   -- what the dry run found; see pipelines.budget
    detail            text NOT NULL DEFAULT '',-- why it failed
    PRIMARY KEY (tenant_id, trial_id)
);
CREATE UNIQUE INDEX one_open_trial ON budget_trials (tenant_id) WHERE state IN ('WAITING', 'RUNNING');

ALTER TABLE budget_trials ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_trials FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON budget_trials TO fleetguard_app
    USING (tenant_id = ANY ((SELECT app_tenants())::uuid[])) WITH CHECK (tenant_id = ANY ((SELECT app_tenants())::uuid[]));
CREATE POLICY owner_maintains ON budget_trials TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON budget_trials TO fleetguard_app;
