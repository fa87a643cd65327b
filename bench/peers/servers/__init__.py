"""One small server per peer, as its own documents advise; each runs in the peer's own virtual environment."""
