"""Write the README's table of values from the comments in `values.yaml`, or check that it is current (`--check`)."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

HERE = Path(__file__).parent
VALUES = HERE / "chart/values.yaml"
README = HERE / "README.md"
BEGIN, END = "<!-- values: begin -->", "<!-- values: end -->"


def described(node: yaml.MappingNode, lines: list[str], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """(path, default, description) of each value; one with a description of its own is not taken apart."""
    for key, value in node.value:
        path = f"{prefix}{key.value}"
        above = lines[key.start_mark.line - 1].strip() if key.start_mark.line else ""
        if above.startswith("# -- "):
            yield path, default_of(value), above.removeprefix("# -- ")
        elif isinstance(value, yaml.MappingNode):
            yield from described(value, lines, f"{path}.")
        else:
            raise SystemExit(f"values.yaml: `{path}` has no `# -- ` description above it.")


def default_of(node: yaml.Node) -> str:
    """The default as one line of JSON."""
    return json.dumps(yaml.safe_load(yaml.serialize(node)))


def table() -> str:
    text = VALUES.read_text()
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)
    rows = [f"| `{path}` | `{default}` | {why} |" for path, default, why in described(root, text.splitlines())]
    return "\n".join(["| Value | Default | What it is |", "|---|---|---|", *rows])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the table is not current")
    check = parser.parse_args().check
    current = README.read_text()
    fresh = re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table()}\n{END}", current, flags=re.DOTALL)
    if check and fresh != current:
        print("The table of values is not current. Run `python kuberay/values_table.py` and commit the result.", file=sys.stderr)
        return 1
    README.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
