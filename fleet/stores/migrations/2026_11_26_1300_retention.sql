-- Forgets readings of days before `day`: whole partitions at once, by the vehicles' clocks; what no partition of a day holds,
-- because its clock was far off, by its arrival.
-- Who holds the table longer than the lock timeout goes first; the caller asks again later.
CREATE FUNCTION forget_telemetry_before(day date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET lock_timeout = '2s' AS $$
DECLARE part record; dropped integer := 0;
BEGIN
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'telemetry'::regclass AND c.relname ~ '^telemetry_[0-9]{8}$'
                  AND to_date(right(c.relname, 8), 'YYYYMMDD') < day
    LOOP
        EXECUTE format('DROP TABLE %I', part.relname);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM telemetry_default WHERE received_at < day::timestamp AT TIME ZONE 'UTC';
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION forget_telemetry_before(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_telemetry_before(date) TO fleetguard_app;
