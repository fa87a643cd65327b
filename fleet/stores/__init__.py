"""PostgreSQL behind the domain: plain SQL over asyncpg, one transaction helper that names its tenants."""
