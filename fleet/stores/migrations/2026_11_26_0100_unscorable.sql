-- Ingest flags a reading that no scorer survives; everything else of a reading stays as it was sent.
GRANT UPDATE (flags) ON telemetry TO fleetguard_app;
