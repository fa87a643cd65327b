"""Render the chart offline, write `kuberay/rendered/`, and check that it is current (`--check`)."""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart, HelmError

HERE = Path(__file__).parent
CHART = HERE / "chart"
RENDERED = HERE / "rendered"
RELEASES = {"default": None, "production": HERE / "values/production.yaml", "small": HERE / "values/small.yaml"}


def release_values(release: str) -> dict[str, Any]:
    """What a release sets on top of the chart's own values."""
    path = RELEASES[release]
    return dict(yaml.safe_load(path.read_text())) if path else {}


def render(values: dict[str, Any]) -> str:
    """Every manifest of a release named `fleetguard`, one YAML stream in a stable order.

    Raises:
        HelmError: the values break the chart's schema, or a template does not render.
    """
    with Chart.load(CHART) as chart:
        chart.validate_schema(values)
        templates = chart.render(values, name="fleetguard", namespace="fleetguard")
    manifests = {path: text.strip() for path, text in sorted(templates.items()) if path.endswith(".yaml")}
    return "".join(f"---\n# {path}\n{text.removeprefix('---').strip()}\n" for path, text in manifests.items() if text)


def documents(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The manifests of a release, parsed."""
    return [document for document in yaml.safe_load_all(render(values)) if document]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a committed file is not current")
    check = parser.parse_args().check
    try:
        fresh = {RENDERED / f"{release}.yaml": render(release_values(release)) for release in RELEASES}
    except HelmError as error:
        print(f"The chart does not render: {error}", file=sys.stderr)
        return 1
    stale = [path for path, text in fresh.items() if not path.exists() or path.read_text() != text]
    if check and stale:
        names = ", ".join(path.name for path in stale)
        print(f"Not current: {names}. Run `python kuberay/render.py` and commit the result.", file=sys.stderr)
        return 1
    RENDERED.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(fresh[path])
    return 0


if __name__ == "__main__":
    sys.exit(main())
