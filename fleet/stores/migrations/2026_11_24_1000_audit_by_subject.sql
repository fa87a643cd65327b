-- An alert's history is read from the audit log by the alert's id.
CREATE INDEX audit_by_subject ON audit_log (tenant_id, subject, seq);
