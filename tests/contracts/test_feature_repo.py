"""Claims about the layout that Feast and our packages must share."""

import ast
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
REPO = ROOT / "feature_repo"


def test_no_file_that_feast_imports_by_bare_name_shadows_a_package_of_ours_or_of_the_standard_library() -> None:
    import sys

    ours = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    names = {path.stem for path in REPO.glob("*.py")} - {"__init__"}
    assert not names & (ours | set(sys.stdlib_module_names) | {"feast", "redis", "numpy", "pandas"})


def test_the_views_hold_every_slow_feature_once() -> None:
    from fleet.features import SLOW_FEATURES

    tree = ast.parse((REPO / "vehicle_features.py").read_text())
    (columns,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "VIEW_COLUMNS"
    )
    listed = [column for view in columns.values() for column in view]
    assert sorted(listed) == sorted(SLOW_FEATURES)


def test_the_command_lines_configuration_is_the_products() -> None:
    configuration = yaml.safe_load((REPO / "feature_store.yaml").read_text())
    assert configuration["project"] == "fleetguard"
    assert configuration["registry"]["registry_type"] == "sql"
    assert configuration["registry"]["cache_mode"] == "thread"
    assert configuration["online_store"]["type"] == "redis"


def test_nothing_but_the_feature_repository_imports_feast_when_it_is_loaded() -> None:
    for package in ("fleet", "serve", "pipelines"):
        for path in (ROOT / package).rglob("*.py"):
            imported = {name.split(".")[0] for node in ast.parse(path.read_text()).body for name in _modules(node)}
            assert not imported & {"feast", "feature_repo"}, path


def _modules(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
