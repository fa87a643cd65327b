"""The shared language of FleetGuard: signals, readings, features, alerts. No I/O outside `fleet.stores`."""
