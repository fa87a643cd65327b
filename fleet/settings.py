"""Settings: environment `FLEETGUARD_…` first, then what the local stack wrote to `stack.env`."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from fleet.errors import ConfigurationError


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True)


class Postgres(_Section):
    """`url`: the application role (no superuser, no bypass of row level security). `owner_url`: migrations only."""

    url: str = ""
    owner_url: str = ""
    pool_size: int = 8


class Influx(_Section):
    """InfluxDB 2 for readings, where `url` is set; they are in PostgreSQL otherwise (`docs/decisions/0011`).

    `token`: may read and write `bucket`, whose retention says how long readings are kept.
    """

    url: str = ""
    token: SecretStr = SecretStr("")
    org: str = "fleetguard"
    bucket: str = "telemetry"


class Mqtt(_Section):
    """The broker and the ingest credential.

    `partitions` is the modulus of the broker's subject mapping; 0 means the broker has none, and one
    actor subscribes to `fleet/v1/+/+/telemetry`.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = "ingest"
    password: str = ""
    partitions: int = 16


class DeviceAuth(_Section):
    """NATS auth callout: the broker asks us whether a device may connect.

    `system_username`: of NATS' system account, with the same password; it cuts the connections of revoked devices and tells
    whether the broker can store. `broker_pid`: file with the process id of a broker that is supervised beside us and may be ended
    when it cannot store any more.
    """

    nats_url: str = ""
    username: str = "device-auth"
    system_username: str = ""
    password: str = ""
    issuer_seed: str = ""
    account: str = "FLEET"
    broker_log: str = ""
    broker_pid: str = ""
    cache_s: float = 30.0


class Valkey(_Section):
    url: str = ""


class Mlflow(_Section):
    tracking_uri: str = ""


class Ray(_Section):
    address: str = ""


class Feast(_Section):
    """`registry`: an SQLAlchemy URL. `offline`: folder of the Parquet files."""

    registry: str = ""
    offline: str = ""
    cache_ttl_s: float = 300.0


class Ingest(_Section):
    """`retention_days`: readings of days before are dropped from PostgreSQL, 0 for never."""

    actors: int = Field(default=1, ge=1)
    batch_ms: float = 20.0
    batch_rows: int = 2000
    snapshot_s: float = 120.0
    retention_days: int = Field(default=365, ge=0)


class Serve(_Section):
    """`replicas`: of each deployment of the graph, where the pipeline deploys it. `shadow`: whether a challenger scores live
    batches too. `shadow_share`: of its time a replica gives to that and to the watch for drift, 0 for none.
    """

    placement: Literal["colocated", "split"] = "colocated"
    replicas: int = Field(default=1, ge=1)
    deployed_by: Literal["pipeline", "cluster"] = "pipeline"
    timeout_s: float = 5.0
    http_port: int = 8001
    reload_s: float = 10.0
    shadow: bool = True
    shadow_share: float = Field(default=0.1, ge=0, le=0.5)
    token: str = ""


class Promotion(_Section):
    """The rule by which a challenger becomes champion without a person; `auto` turns it on.

    `judged`: alerts that people judged and both versions scored anew. `volume`: by how much the expected alerts may differ.
    """

    auto: bool = False
    judged: int = Field(default=30, ge=1)
    volume: float = Field(default=0.3, gt=0)


class Training(_Section):
    """Retraining on what people judged.

    `retrain_every_s`: how often it is looked whether there is something to learn, 0 never. `judgements`: how many new ones
    of a model's types it takes. `history`: the base bundle, a simulated one where empty.
    """

    retrain_every_s: float = 86_400.0
    judgements: int = Field(default=20, ge=1)
    history: str = ""


class Notify(_Section):
    """Telling webhooks and browsers. `private_targets`: also addresses of the own network, and plain http; for a closed site.

    `push_key`: the VAPID private key, base64url of 32 bytes; without one nothing is pushed. `contact`: whom push services may
    write to.
    """

    private_targets: bool = False
    timeout_s: float = Field(default=5.0, gt=0)
    push_key: str = ""
    contact: str = "mailto:fleetguard@localhost"


class Rate(_Section):
    """Requests a second in the long run, and how many may come at once."""

    per_s: float = Field(gt=0)
    burst: int = Field(ge=1)


class Api(_Section):
    """`person_rate`, `tenant_rate`: what one person, and all people of a tenant together, may ask of one API process."""

    host: str = "127.0.0.1"
    port: int = 8000
    session_hours: float = 12.0
    public_origin: str = ""
    person_rate: Rate = Rate(per_s=30, burst=150)
    tenant_rate: Rate = Rate(per_s=300, burst=1500)


def _https_or_loopback(url: str) -> str:
    """Raises ValueError where the address would carry secrets in the clear."""
    parts = urlsplit(url)
    if not (parts.scheme == "https" and parts.hostname) and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("has to start with https:// (http:// on loopback alone)")
    return url


LOOPBACK = ("localhost", "127.0.0.1", "::1")
SecureUrl = Annotated[str, AfterValidator(_https_or_loopback)]


class Oidc(_Section):
    """The OpenID Connect provider that people may sign in with; off without `issuer`. `name`: what the button calls it.

    `client_secret`: none for a public client. `state_key`: signs what a browser keeps while it is away at the provider, 32
    characters or more; each process makes its own where it is empty, so several API processes need one.
    """

    issuer: SecureUrl | None = None
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    name: str = "OpenID Connect"
    state_key: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _is_whole(self) -> "Oidc":
        if self.issuer and not self.client_id:
            raise ValueError("an issuer needs a client_id")
        if 0 < len(self.state_key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"state_key needs {SHORTEST_KEY} characters or more")
        return self


SHORTEST_KEY = 32  # RFC 7518 3.2: at least as long as the hash


class Settings(BaseSettings):
    """Everything that can be set. Frozen: read once at a process's composition root."""

    model_config = SettingsConfigDict(env_prefix="FLEETGUARD_", env_nested_delimiter="__", frozen=True, extra="ignore")

    home: Path = Path(".fleetguard")
    demo: bool = False
    metrics_dir: str = ""
    log_format: Literal["json", "console"] = "json"
    log_level: str = "INFO"
    postgres: Postgres = Postgres()
    influx: Influx = Influx()
    mqtt: Mqtt = Mqtt()
    device_auth: DeviceAuth = DeviceAuth()
    valkey: Valkey = Valkey()
    mlflow: Mlflow = Mlflow()
    ray: Ray = Ray()
    feast: Feast = Feast()
    ingest: Ingest = Ingest()
    serve: Serve = Serve()
    promotion: Promotion = Promotion()
    training: Training = Training()
    notify: Notify = Notify()
    api: Api = Api()
    oidc: Oidc = Oidc()


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The process's settings; call it in a composition root and pass the parts on.

    Raises:
        ConfigurationError: a setting cannot be used; names each by its variable, and never what it holds.
    """
    home = Path(os.environ.get("FLEETGUARD_HOME", ".fleetguard"))
    try:
        return Settings(_env_file=home / "stack.env", home=home)  # type: ignore[call-arg]
    except ValidationError as error:
        raise ConfigurationError(f"These settings cannot be used. {'; '.join(map(_in_words, error.errors()))}.") from None


def _in_words(wrong: ErrorDetails) -> str:
    name = "__".join(map(str, wrong["loc"])).upper()
    return f"FLEETGUARD_{name}: {wrong['msg'].removeprefix('Value error, ')}"
