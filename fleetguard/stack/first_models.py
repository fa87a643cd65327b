"""The first champions, trained in a process of its own: its gigabyte goes when it ends."""

import os
import subprocess
import sys

from fleet.errors import Unavailable
from fleetguard.stack.stack import Stack


def train_first_models(stack: Stack) -> None:
    """Train and promote whatever model has no champion yet, with a progress bar on standard error.

    Raises:
        Unavailable: it failed, and has said why.
    """
    command = [sys.executable, "-m", "training.bootstrap"]
    environment = os.environ | {"FLEETGUARD_HOME": str(stack.home.root)}
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:  # noqa: S603 - our own
        raise Unavailable("The first models could not be trained: see above. `fleetguard doctor` looks at the stack.")
