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
