-- A visit to the workshop that was recorded wrongly can be taken back; the audit log keeps both.
GRANT DELETE ON maintenance TO fleetguard_app;
-- When a fleet's record of its workshop begins.
CREATE INDEX maintenance_begins ON maintenance (tenant_id, event_time);
