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
    import os

    from pipelines.retraining import retrain_where_due

    os.nice(15)  # live scoring comes first
    return retrain_where_due(settings)
