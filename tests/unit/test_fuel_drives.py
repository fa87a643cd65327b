"""A vehicle that is silent between short drives: its sender's habit is told from fuel that vanishes."""

import numpy as np
import pytest

from fleet.fuel_drives import DRIVES, KEPT, latest_drive, remember, vanishing
from fleet.fuel_level import Burnt
from fleet.testing import NOON, batch_of
from fleet.windows import STATE, WindowState

TANK_L = np.array([50.0], np.float32)
DRIVE_MIN, WINDOW_MIN = 20, 60
BURNT_LPH, HABIT_LPH, SLOSH_PCT = 2.5, 4.0, 1.5
LEAK_SIGMA = 3.5
LEARNT = 25  # drives after which the habit is known well


def level_of(rng, leak_lph=0.0):
    """(minutes,) points of level over one drive; where it begins says nothing of the drive before."""
    lost_l = (BURNT_LPH + HABIT_LPH + leak_lph) * np.arange(DRIVE_MIN) / 60
    return rng.uniform(30, 80) - 100 * lost_l / TANK_L[0] + SLOSH_PCT * rng.standard_normal(DRIVE_MIN)


def drive_of(level):
    """What one drive of minutes tells, after a silence."""
    window = np.full((1, WINDOW_MIN), np.nan, np.float32)
    window[0, -len(level) :] = level
    heard = ~np.isnan(window)
    used = Burnt(np.where(heard, BURNT_LPH / 60, 0).astype(np.float32), np.array([0.25], np.float32))
    return latest_drive(window, used, heard, np.where(heard, 1, np.nan), TANK_L)


def blank():
    return np.zeros(1, DRIVES)


def told_by(levels, memory=None):
    """Memory after these drives, and at the end of each of them litres per hour beyond the habit and their distance in σ."""
    memory, told = blank() if memory is None else memory, []
    for level in levels:
        slope = vanishing(memory, drive_of(level), TANK_L)
        told.append((float(slope.lph[0]), float(slope.lph[0] / slope.error_lph[0])))
        memory = remember(memory, drive_of(level), TANK_L)
    return memory, np.array(told)


def habitual(seed, drives=LEARNT):
    rng = np.random.default_rng(seed)
    return rng, told_by([level_of(rng) for _ in range(drives)])[0]


@pytest.mark.parametrize("seed", range(6))
def test_a_sender_that_falls_faster_than_the_engine_burns_is_no_leak(seed):
    rng = np.random.default_rng(seed)
    _, told = told_by([level_of(rng) for _ in range(80)])
    assert told[:, 1].max() < LEAK_SIGMA


@pytest.mark.parametrize("seed", range(6))
def test_a_leak_is_found_within_three_short_drives(seed):
    rng, memory = habitual(seed)
    _, told = told_by([level_of(rng, leak_lph=10) for _ in range(3)], memory)
    assert told[:, 1].max() >= LEAK_SIGMA
    assert told[-1, 0] == pytest.approx(10, abs=4)


def test_a_leak_that_goes_on_does_not_become_a_habit():
    rng, memory = habitual(1)
    _, told = told_by([level_of(rng, leak_lph=10) for _ in range(3 * KEPT)], memory)
    assert told[-1, 1] >= LEAK_SIGMA


def test_a_leak_that_was_mended_is_over_after_a_drive():
    rng, memory = habitual(1)
    memory, told = told_by([level_of(rng, leak_lph=10) for _ in range(3)], memory)
    assert told[-1, 1] >= LEAK_SIGMA
    _, after = told_by([level_of(rng) for _ in range(2)], memory)
    assert after[-1, 1] < LEAK_SIGMA


def test_before_a_habit_is_known_no_leak_is_claimed_of_it():
    rng = np.random.default_rng(1)
    _, told = told_by([level_of(rng) for _ in range(KEPT + 1)])
    assert told[:, 1].max() < LEAK_SIGMA / 2


@pytest.mark.parametrize("leak_lph", [0.0, 10.0])
def test_a_refuel_during_a_drive_neither_hides_a_leak_nor_makes_one(leak_lph):
    rng, memory = habitual(2)
    drives = [level_of(rng, leak_lph) for _ in range(4)]
    drives[1] = np.minimum(drives[1], 40) + np.where(np.arange(DRIVE_MIN) >= DRIVE_MIN // 2, 40, 0)
    _, told = told_by(drives, memory)
    assert (told[:, 1].max() >= LEAK_SIGMA) == (leak_lph > 0)


@pytest.mark.parametrize("leak_lph", [0.0, 10.0])
def test_a_sender_that_drops_to_0_for_minutes_neither_hides_a_leak_nor_makes_one(leak_lph):
    rng, memory = habitual(3)
    drives = [level_of(rng, leak_lph) for _ in range(4)]
    for drive in drives:
        drive[8:11] = 0
    _, told = told_by(drives, memory)
    assert (told[:, 1].max() >= LEAK_SIGMA) == (leak_lph > 0)


def test_a_drain_within_a_drive_is_no_leak():
    rng, memory = habitual(4)
    drained = [level_of(rng) for _ in range(3)]
    drained[1] -= np.clip(np.arange(DRIVE_MIN) - 10, 0, 5) * 5.0
    _, told = told_by(drained, memory)
    assert told[:, 1].max() < LEAK_SIGMA


def test_a_few_minutes_tell_nothing_and_are_not_remembered():
    rng, memory = habitual(5)
    short = drive_of(level_of(rng)[:4])
    assert not short.known.any()
    assert remember(memory, short, TANK_L).tobytes() == memory.tobytes()


def short_drives(count, silence_min=30.0, drive_min=10):
    """Readings every ten seconds of drives with silences between."""
    starts = NOON + 60 * (silence_min + drive_min) * np.arange(count)
    driven = {"speed_kmh": 50.0, "engine_rpm": 2000.0, "engine_load_pct": 30.0}
    return [
        ("v", float(start + at), driven | {"fuel_level_pct": 60 - at / 200})
        for start in starts
        for at in range(0, 60 * drive_min, 10)
    ]


def fed(rows):
    windows, batch = WindowState(1), batch_of(rows)
    for _ in windows.rounds(batch.row_vehicle, batch):
        pass
    return windows


def test_a_drive_is_remembered_once_the_vehicle_speaks_again_after_a_silence():
    assert fed(short_drives(1)).drives["kept"][0] == 0
    assert fed(short_drives(3)).drives["kept"][0] == 2
    assert fed(short_drives(3, silence_min=10)).drives["kept"][0] == 0
    assert fed(short_drives(KEPT + 4)).drives["learnt"][0] == pytest.approx(3)


def test_a_snapshot_carries_the_drives():
    windows, other = fed(short_drives(3)), WindowState(1)
    other.restore(0, windows.snapshot(0))
    assert other.drives.tobytes() == windows.drives.tobytes()
    assert other.rows.tobytes() == windows.rows.tobytes()
    with pytest.raises(ValueError, match="layout"):
        other.restore(0, windows.snapshot(0)[: STATE.itemsize])
