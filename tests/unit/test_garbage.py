"""What lives for good is looked through by one collection and by no further one."""

import json
import subprocess
import sys

PROGRAM = """
import gc, json
from fleet.garbage import keep_pauses_short

def load():
    return [[number] for number in range(500_000)]

libraries = load()
keep_pauses_short()
at_first = gc.get_freeze_count()
gc.disable()  # the one collection below finds them all
later = load()
gc.enable()
gc.collect()
then = gc.get_freeze_count()
keep_pauses_short()
circle = []
circle.append(circle)
del circle
print(json.dumps({"at_first": at_first, "then": then, "callbacks": len(gc.callbacks), "found": gc.collect()}))
"""


def test_what_survives_a_long_collection_is_left_out_of_the_next_ones():
    # A process of its own: what is frozen here would stay so for all other tests.
    told = json.loads(subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True).stdout)
    assert told["at_first"] >= 500_000
    assert told["then"] >= told["at_first"] + 500_000
    assert told["callbacks"] == 1
    assert told["found"] >= 1, "what is young is still collected"
