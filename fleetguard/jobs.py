"""Periodic jobs as functions that a Ray worker runs: everything heavy is imported there."""

from fleet.settings import Settings


def refresh_forecasts(settings: Settings) -> int:
    """Compute the 72-hour risks of every tenant's vehicles; returns how many."""
    import asyncio

    from pipelines.forecasts import refresh_all

    return asyncio.run(refresh_all(settings))


def materialise_features(settings: Settings) -> int:
    """Compute slow features and put them into the online store; returns how many vehicles."""
    from pipelines.materialise import run

    return run(settings)


def score_drivers(settings: Settings) -> int:
    """Score the drivers of every tenant; returns how many have a score."""
    import asyncio

    from pipelines.driver_scores import score_all

    return asyncio.run(score_all(settings))


def watch_drift(settings: Settings) -> int:
    """Hold what the champions met of late against their training; returns how many notices to engineers were opened."""
    import asyncio

    from pipelines.drift import watch_drift as watch

    return asyncio.run(watch(settings))


def promote_by_rule(settings: Settings) -> dict[str, str]:
    """Promote the challengers that the stated rule lets through; returns model → what became of its challenger."""
    import asyncio

    from pipelines.promotion import promote_by_rule as promote

    return asyncio.run(promote(settings))


def retrain_on_judgements(settings: Settings) -> dict[str, str]:
    """Train challengers of the models about which people judged enough since the last time; model → what was done."""
    from pipelines.retraining import retrain_where_due

    return retrain_where_due(settings)


def try_budgets(settings: Settings) -> int:
    """Try the alert budgets that people asked for on the past; returns how many."""
    import asyncio

    from pipelines.budget import try_budgets as work_off

    return asyncio.run(work_off(settings))


def close_old_alerts(settings: Settings) -> int:
    """Close what has been resolved for a day, forget answers kept for repeated requests; returns how many alerts."""
    import asyncio
    from datetime import UTC, datetime

    from fleet.stores.closing import close_resolved
    from fleet.stores.component_events import all_tenants
    from fleet.stores.idempotency import forget
    from fleet.stores.postgres import connect_pool

    async def close() -> int:
        async with await connect_pool(settings.postgres) as pool:
            tenants = (await all_tenants(pool)).items()
            for _, tenant in tenants:
                await forget(pool, tenant, datetime.now(UTC))
            return sum([await close_resolved(pool, tenant, slug, datetime.now(UTC)) for slug, tenant in tenants])

    return asyncio.run(close())
