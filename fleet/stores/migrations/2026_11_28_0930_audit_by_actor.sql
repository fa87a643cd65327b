-- Everybody may read what is kept of their own deeds.
CREATE INDEX audit_by_actor ON audit_log (tenant_id, actor, seq);
