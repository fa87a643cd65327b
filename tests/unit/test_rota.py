"""Which job begins when, by a clock of our own."""

from collections.abc import Callable

from fleet.errors import Unavailable
from fleetguard.rota import RETRY_S, TURN_S, Job, Rota

EVERY_S = 900.0


class Run:
    """A run that ends when the test says so."""

    def __init__(self, fails: bool = False) -> None:
        self.over, self._fails = False, fails

    def done(self) -> bool:
        return self.over

    def result(self) -> int:
        if self._fails:
            raise Unavailable("the store does not answer")
        return 1


class Day:
    """Jobs, what of them was started in which order, and the time."""

    def __init__(self, **apart: bool) -> None:
        self.now = 0.0
        self.started: list[str] = []
        self.runs: dict[str, Run] = {}
        self.jobs = {name: Job(name, EVERY_S, self._starting(name), own) for name, own in apart.items()}
        self._rota = Rota(list(self.jobs.values()), lambda: self.now)

    def _starting(self, name: str) -> Callable[[], Run]:
        def start() -> Run:
            self.started.append(name)
            self.runs[name] = Run(fails=name == "broken")
            return self.runs[name]

        return start

    def at(self, now: float, *over: str) -> list[str]:
        """What is started by then, after these have ended."""
        self.now, begun = now, len(self.started)
        for name in over:
            self.runs[name].over = True
        self._rota.tick()
        return self.started[begun:]


def test_jobs_that_are_due_together_run_one_after_the_other():
    day = Day(features=False, drivers=False, drift=False)
    assert [day.at(0), day.at(1), day.at(2, "features"), day.at(3, "drivers"), day.at(4, "drift")] == [
        ["features"], [], ["drivers"], ["drift"], [],
    ]  # fmt: skip


def test_a_job_apart_waits_for_nobody_and_holds_nobody_up():
    day = Day(features=False, retrain=True, drivers=False)
    assert day.at(0) == ["features", "retrain"]
    assert day.at(1, "features") == ["drivers"]


def test_a_job_comes_round_and_never_runs_twice_at_a_time():
    day = Day(features=False)
    assert [day.at(0), day.at(EVERY_S + 10), day.at(EVERY_S + 11, "features")] == [["features"], [], ["features"]]
    assert [day.at(EVERY_S + 12, "features"), day.at(2 * EVERY_S + 11)] == [[], ["features"]]


def test_what_people_wait_for_is_next():
    day = Day(features=False, drift=False, drivers=False, forecasts=False)
    day.at(0)
    day.jobs["forecasts"].hasten()
    day.jobs["drift"].due_at = day.jobs["drivers"].due_at = -1.0
    assert day.at(1, "features") == ["forecasts"]


def test_a_job_that_hangs_holds_the_others_up_for_a_while_only():
    day = Day(features=False, drivers=False, drift=False)
    assert [day.at(0), day.at(TURN_S - 1), day.at(TURN_S), day.at(TURN_S + 1)] == [["features"], [], ["drivers"], []]


def test_a_job_that_fails_holds_up_no_other_and_is_tried_again_before_it_would_come_round():
    day = Day(broken=False, drivers=False)
    assert [day.at(0), day.at(1, "broken"), day.at(RETRY_S, "drivers"), day.at(RETRY_S + 1)] == [
        ["broken"], ["drivers"], [], ["broken"],
    ]  # fmt: skip
