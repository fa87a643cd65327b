"""`python -m fleetguard`."""

from fleetguard.main import run

run()
