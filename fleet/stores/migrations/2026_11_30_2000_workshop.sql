-- A visit to the workshop that was recorded wrongly can be taken back; the audit log keeps both.
GRANT DELETE ON maintenance TO fleetguard_app;
