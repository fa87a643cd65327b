"""The Feast store: built from settings, applied once, read in one batch, filled from Parquet."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
from feast import FeatureStore, RepoConfig
from feast.infra.online_stores.redis import RedisOnlineStoreConfig
from feast.infra.registry.sql import SqlRegistryConfig
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from feature_repo.vehicle_features import DEFINITIONS, KEEP
from fleet.errors import ConfigurationError, Unavailable
from fleet.features import SLOW_FEATURES
from fleet.settings import Feast, Valkey
from fleet.telemetry import FloatArray

PROJECT = "fleetguard"
SERVICE = "slow_features"
REGISTRY_TTL_S = 60


def build_store(feast: Feast, valkey: Valkey) -> FeatureStore:
    """The store with its SQL registry, Valkey online store and Parquet files.

    Raises:
        ConfigurationError: a setting is missing.
        Unavailable: the registry's database does not answer.
    """
    for name, value in (("FEAST__REGISTRY", feast.registry), ("FEAST__OFFLINE", feast.offline), ("VALKEY__URL", valkey.url)):
        if not value:
            raise ConfigurationError(f"FLEETGUARD_{name} is not set: start the stack with `fleetguard up`, or set it.")
    config = RepoConfig(
        project=PROJECT,
        provider="local",
        repo_path=Path(feast.offline),
        registry=SqlRegistryConfig(
            registry_type="sql", path=feast.registry, cache_mode="thread", cache_ttl_seconds=REGISTRY_TTL_S
        ),
        online_store=RedisOnlineStoreConfig(type="redis", connection_string=connection_string(valkey.url)),
        offline_store={"type": "dask"},
        entity_key_serialization_version=3,
    )
    try:
        return FeatureStore(repo_path=feast.offline, config=config)
    except SQLAlchemyError as error:
        raise Unavailable(f"the Feast registry does not answer: {_first_line(error)}") from error


def connection_string(url: str) -> str:
    """Feast's form of a redis:// or rediss:// URL."""
    parts = urlsplit(url)
    options = [f"{parts.hostname}:{parts.port or 6379}", f"db={parts.path.strip('/') or 0}"]
    if parts.username:
        options.append(f"username={unquote(parts.username)}")
    if parts.password:
        options.append(f"password={unquote(parts.password)}")
    if parts.scheme == "rediss":
        options.append("ssl=true")
    return ",".join(options)


def apply(store: FeatureStore) -> None:
    """Register entities, views and the service; applying them again changes nothing.

    Raises:
        Unavailable: the registry's database does not answer.
    """
    try:
        store.apply(DEFINITIONS)
    except SQLAlchemyError as error:
        raise Unavailable(f"the Feast registry does not answer: {_first_line(error)}") from error


def materialise(store: FeatureStore, views: Sequence[str], now: datetime | None = None) -> None:
    """Bring the newest row of every entity from the Parquet files into the online store.

    Raises:
        Unavailable: a store does not answer.
    """
    end = now or datetime.now(UTC)
    try:
        store.materialize(end - KEEP, end + timedelta(seconds=1), feature_views=list(views))
    except (RedisError, SQLAlchemyError) as error:
        raise Unavailable(f"the feature store does not answer: {_first_line(error)}") from error


class FeastReader:
    """Reads the slow features of many vehicles in one call."""

    def __init__(self, store: FeatureStore) -> None:
        self._store = store

    def read(self, keys: Sequence[str]) -> FloatArray:
        """(n, slow feature) of these vehicle keys, NaN where unknown.

        Raises:
            Unavailable: a store does not answer.
        """
        try:
            service = self._store.get_feature_service(SERVICE, allow_cache=True)
            answer = self._store.get_online_features(service, [{"vehicle_key": key} for key in keys]).to_dict()
        except (RedisError, SQLAlchemyError) as error:
            raise Unavailable(f"the feature store does not answer: {_first_line(error)}") from error
        columns = [np.array([np.nan if value is None else value for value in answer[name]], np.float32) for name in SLOW_FEATURES]
        return np.stack(columns, axis=1)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
