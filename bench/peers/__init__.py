"""FleetGuard beside what others would build it from: the same models, rows and load, in one run."""
