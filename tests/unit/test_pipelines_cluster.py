"""What Ray says of itself does not stand between the lines that people watch."""

import subprocess
import sys

FIRST_USE = """
import feast
from pipelines.cluster import quiet_ray_data

quiet_ray_data()

from ray.data import DataContext

DataContext.get_current()
"""


def test_ray_datas_own_deprecations_are_not_shown_beside_feast() -> None:
    told = subprocess.run([sys.executable, "-c", FIRST_USE], check=True, capture_output=True, text=True, timeout=120)
    assert told.stderr == ""
