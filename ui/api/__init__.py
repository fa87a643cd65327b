"""FastAPI over the stores. Never imports serve, ingest, training or Ray."""
