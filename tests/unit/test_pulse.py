"""A process whose main thread hangs ends by itself; one that goes on beating lives."""

import subprocess
import sys

HANGS = """
import time
from fleetguard.pulse import Pulse
pulse = Pulse(within_s=30)
pulse.beat({first})
print("beats", flush=True)
{then}
print("ended by itself", flush=True)
"""


def run(first: float, then: str) -> subprocess.CompletedProcess[str]:
    program = HANGS.format(first=first, then=then)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)


def test_a_process_that_hangs_is_ended():
    done = run(0.2, "time.sleep(1000)")
    assert (done.returncode, "ended by itself" in done.stdout) == (1, False)


def test_a_process_that_beats_is_left_alone():
    done = run(1.5, "for _ in range(5):\n    time.sleep(0.5)\n    pulse.beat(1.5)")
    assert (done.returncode, "ended by itself" in done.stdout) == (0, True)
