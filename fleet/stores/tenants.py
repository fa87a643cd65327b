"""Tenant slugs and their ids, remembered."""

from uuid import UUID

import asyncpg

from fleet.stores.postgres import tenant_ids


class TenantDirectory:
    """Slug → id; a slug that is not known yet is asked again each time, so a new tenant is seen at once."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._ids: dict[str, UUID] = {}

    async def resolve(self, slugs: set[str]) -> dict[str, UUID]:
        """Ids of the slugs that exist.

        Raises:
            Unavailable: the store does not answer.
        """
        if missing := slugs - self._ids.keys():
            self._ids |= await tenant_ids(self._pool, missing)
        return {slug: self._ids[slug] for slug in slugs if slug in self._ids}
