"""Real servers that come as wheels: how each is prepared and started."""
