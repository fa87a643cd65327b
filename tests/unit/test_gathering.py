"""Requests that arrive together: scored at once, each with its own answer, none with another's failure."""

import asyncio

import numpy as np
import pytest

from fleet.alerts import TYPES, AlertType, Evidence, VehicleId
from fleet.features import FEATURE, FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, FeatureBatch
from fleet.scores import ScoreBatch
from serve.gathering import MOST_ROWS, Gathering

HEAT = TYPES.index(AlertType.ENGINE_OVERHEAT)


def batch_of(*coolants_c: float) -> FeatureBatch:
    values = np.full((len(coolants_c), len(FEATURES)), np.nan, np.float32)
    values[:, FEATURE["coolant_temp_c"]] = coolants_c
    sequence = np.full((len(coolants_c), SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32)
    vehicles = tuple(VehicleId("t", str(coolant)) for coolant in coolants_c)
    return FeatureBatch(vehicles, np.zeros(len(coolants_c)), values, sequence, (None,) * len(coolants_c))


class Model:
    """A hundredth of the coolant's temperature, with a reason where it is hot; a negative one is too much for it."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.busy, self.free = asyncio.Event(), asyncio.Event()
        self.free.set()

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        self.calls.append(len(features))
        self.busy.set()
        await self.free.wait()
        coolant_c = features.column("coolant_temp_c")
        if (coolant_c < 0).any():
            raise ValueError("no engine is that cold")
        scores = ScoreBatch.unknown(len(features))
        scores.probability[:, HEAT] = coolant_c / 100
        for row in np.flatnonzero(coolant_c > 90):
            scores.evidence[int(row), HEAT] = (Evidence("coolantTempC", "°C", float(coolant_c[row]), 90.0, "hot"),)
        return scores


def heat(scores: ScoreBatch) -> list[float]:
    return [round(float(value), 2) for value in scores.probability[:, HEAT]]


def hot(scores: ScoreBatch) -> dict[int, float | None]:
    return {row: reasons[0].observed for (row, _), reasons in scores.evidence.items()}


async def behind_another(model: Model, gathering: Gathering, *batches: FeatureBatch) -> list[asyncio.Task[ScoreBatch]]:
    """Requests that arrive while the model is busy with an earlier one."""
    model.free.clear()
    earlier = asyncio.create_task(gathering.score(batch_of(20.0)))
    await model.busy.wait()
    tasks = [asyncio.create_task(gathering.score(batch)) for batch in batches]
    await asyncio.sleep(0)
    model.free.set()
    await earlier
    return tasks


async def test_what_arrives_while_the_model_is_busy_is_scored_at_once() -> None:
    model = Model()
    gathering = Gathering(model.score)
    first, second, third = await behind_another(
        model, gathering, batch_of(95.0, 50.0), batch_of(60.0), batch_of(91.0, 40.0, 99.0)
    )
    assert [heat(await task) for task in (first, second, third)] == [[0.95, 0.5], [0.6], [0.91, 0.4, 0.99]]
    assert [hot(await task) for task in (first, second, third)] == [{0: 95.0}, {}, {0: 91.0, 2: 99.0}]
    assert model.calls == [1, 6]


async def test_requests_of_one_moment_are_scored_at_once() -> None:
    model = Model()
    gathering = Gathering(model.score)
    answers = await asyncio.gather(*(gathering.score(batch_of(float(number))) for number in range(10)))
    assert [heat(answer) for answer in answers] == [[number / 100] for number in range(10)]
    assert model.calls == [10]


async def test_a_failure_stays_with_its_own_request() -> None:
    model = Model()
    good, bad = await behind_another(model, Gathering(model.score), batch_of(70.0), batch_of(80.0, -300.0))
    assert heat(await good) == [0.7]
    with pytest.raises(ValueError, match="that cold"):
        await bad
    assert heat(await Gathering(model.score).score(batch_of(10.0))) == [0.1]


async def test_who_gave_up_is_not_scored() -> None:
    model = Model()
    model.free.clear()
    gathering = Gathering(model.score)
    earlier = asyncio.create_task(gathering.score(batch_of(20.0)))
    await model.busy.wait()
    impatient, patient = (asyncio.create_task(gathering.score(batch_of(coolant))) for coolant in (30.0, 40.0))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    model.free.set()
    await earlier
    assert heat(await patient) == [0.4]
    assert model.calls == [1, 1]


async def test_a_batch_does_not_grow_without_bound() -> None:
    model = Model()
    half = batch_of(*[50.0] * (MOST_ROWS // 2))
    tasks = await behind_another(model, Gathering(model.score), half, half, batch_of(30.0), batch_of(*[50.0] * (MOST_ROWS + 1)))
    assert [len((await task).probability) for task in tasks] == [MOST_ROWS // 2, MOST_ROWS // 2, 1, MOST_ROWS + 1]
    assert model.calls == [1, MOST_ROWS, 1, MOST_ROWS + 1]
