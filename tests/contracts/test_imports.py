"""Names that would hide a library: `import serve.…` takes Ray's `serve` away, `import tests…` is gmqtt's package."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("fleet", "alerts", "ingest", "serve", "ui", "pipelines", "training", "simulator", "fleetguard", "bench", "tests")
FORBIDDEN = re.compile(r"^\s*(import serve\b|import tests\b|from tests\b)", re.MULTILINE)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_module_hides_a_library(folder):
    offenders = [path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py") if FORBIDDEN.search(path.read_text())]
    assert offenders == []


def test_a_feature_repository_file_is_named_like_none_of_our_packages():
    names = {path.stem for path in (ROOT / "feature_repo").glob("*.py")}
    assert names.isdisjoint(FOLDERS)
