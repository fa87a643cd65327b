"""The command line and the local stack: the composition root that nothing imports."""
