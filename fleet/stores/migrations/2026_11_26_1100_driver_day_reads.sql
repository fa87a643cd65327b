-- Days that are not over are read again and again: when, and how long it took, so that reading never takes more than its share.
ALTER TABLE driver_days_read
    ADD COLUMN read_at   timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN took_s    real NOT NULL DEFAULT 0,
    ADD COLUMN is_final  boolean NOT NULL DEFAULT true;
GRANT UPDATE ON driver_days_read TO fleetguard_app;
