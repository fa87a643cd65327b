"""Driver scores: unknown stays unknown, few kilometres prove little, and every point is accounted for."""

import numpy as np
import pytest

from fleet.alerts import AlertType
from fleet.drivers import (
    AT_REFERENCE,
    BEHAVIOURS,
    LEAST_KM,
    Area,
    DriverRecord,
    band_of,
    driver_scores,
    gamma_prior,
)

BRAKING = AlertType.HARSH_BRAKING
UNMEASURED = np.full(10, np.nan)


def driver(name, km=1000.0, braking=0, litres_per_100_km=None, idle=None, vehicle_class="car", **events):
    """Ten equal days; habits vary a little from day to day."""
    day_km, wobble = np.full(10, km / 10), 1 + 0.02 * np.cos(np.arange(10))
    return DriverRecord(
        name,
        vehicle_class,
        day_km,
        day_km,
        UNMEASURED if litres_per_100_km is None else day_km * litres_per_100_km / 100 * wobble,
        np.full(10, 2.0),
        UNMEASURED if idle is None else 2.0 * idle * wobble,
        {BRAKING: braking, **{AlertType(kind): count for kind, count in events.items()}},
    )


def scores_of(*records):
    return {score.driver_id: score for score in driver_scores(records)}


def test_the_published_weights_make_a_whole_as_in_the_design():
    areas = {area: sum(each.weight for each in BEHAVIOURS if each.area == area) for area in Area}
    assert list(areas.values()) == pytest.approx([0.4, 0.25, 0.2, 0.15])
    assert [each.area for each in BEHAVIOURS if not each.enabled] == [Area.PUNCTUALITY]


@pytest.mark.parametrize(("km", "is_known"), [(LEAST_KM - 0.1, False), (LEAST_KM, True)])
def test_below_160_km_nothing_is_known(km, is_known):
    score = scores_of(driver("a", km), driver("b"))["a"]
    assert all((value is not None) == is_known for value in (score.score, score.lower, score.upper, score.band, score.rank))


def test_those_without_a_score_come_last_and_have_no_rank():
    ranking = driver_scores([driver("new", 20), driver("bad", braking=30), driver("good")])
    assert [(score.driver_id, score.rank) for score in ranking] == [("good", 1), ("bad", 2), ("new", None)]


def test_more_events_cost_more_points():
    found = scores_of(*(driver(f"d{count}", braking=count) for count in (0, 2, 5, 10, 40)))
    ordered = [found[f"d{count}"].score for count in (0, 2, 5, 10, 40)]
    assert ordered == sorted(ordered, reverse=True)
    assert ordered[0] - ordered[-1] > 10


def test_the_same_rate_over_few_kilometres_is_nearer_to_the_class():
    peers = [driver(f"p{number}", 3000, braking=6) for number in range(6)] + [driver("wild", 3000, braking=60)]
    found = scores_of(*peers, driver("short", 200, braking=4), driver("long", 4000, braking=80))
    short, long = (found[name].contributions[0] for name in ("short", "long"))
    assert short.observed == long.observed == 20
    assert short.class_mean < short.shrunk < long.shrunk <= 20
    width = {name: found[name].upper - found[name].lower for name in ("short", "long")}
    assert width["short"] > width["long"]


def test_nothing_seen_is_no_proof_of_perfection():
    score = scores_of(driver("a"), driver("b"), driver("c"))["a"]
    assert score.score < 100
    assert score.upper > score.lower


def test_classes_are_not_held_against_each_other():
    trucks = [driver(f"t{number}", litres_per_100_km=30, vehicle_class="truck") for number in range(4)]
    cars = [driver(f"c{number}", litres_per_100_km=6) for number in range(4)]
    found = scores_of(*trucks, *cars)
    assert found["t0"].score == pytest.approx(found["c0"].score)


def test_the_class_mean_of_fuel_and_the_reference_of_idling_give_the_reference_points():
    found = scores_of(*(driver(f"d{number}", litres_per_100_km=8, idle=0.1) for number in range(4)))
    points = {each.behaviour: each.points for each in found["d0"].contributions}
    assert points["FUEL_CONSUMPTION"] == pytest.approx(AT_REFERENCE, abs=0.5)
    assert points["IDLING"] == pytest.approx(AT_REFERENCE, abs=0.5)


def test_what_was_not_measured_is_left_out_and_said():
    bare, full = scores_of(driver("a"), driver("b", litres_per_100_km=8, idle=0.05)).values()
    assert {each.area for each in bare.contributions} == {Area.SAFE_DRIVING}
    assert (bare.measured, full.measured) == (pytest.approx(0.5), pytest.approx(1.0))


def test_points_and_losses_account_for_the_whole_score():
    for score in driver_scores([driver("a", braking=3, FATIGUE=2, idle=0.3), driver("b", braking=9, litres_per_100_km=7)]):
        assert sum(each.weight for each in score.contributions) == pytest.approx(1)
        assert 100 - sum(each.lost for each in score.contributions) == pytest.approx(score.score)
        assert 0 <= score.lower <= score.score <= score.upper <= 100


def test_the_interval_covers_nine_in_ten_drivers_drawn_from_a_class():
    """Drivers whose true rates are Gamma: the interval of what each would score without any doubt."""
    rng = np.random.default_rng(11)
    rates = rng.gamma(2.0, 2.0, 400)
    records = [driver(f"d{n:03d}", 2000, braking=int(rng.poisson(rate * 2))) for n, rate in enumerate(rates)]
    found = scores_of(*records)
    covered = 0
    for number, rate in enumerate(rates):
        score = found[f"d{number:03d}"]
        (braking,) = (each for each in score.contributions if each.behaviour == BRAKING)
        truth = score.score + braking.weight * (100 * 0.75 ** (rate / 5) - braking.points)
        covered += score.lower <= truth <= score.upper
    assert covered / len(rates) > 0.87


def test_equal_drivers_shrink_to_one_rate_and_different_ones_do_not():
    exposure = np.full(50, 2.0)
    rng = np.random.default_rng(3)
    _, alike = gamma_prior(rng.poisson(6.0, 50).astype(float), exposure)
    _, unlike = gamma_prior(rng.poisson(rng.gamma(1.0, 6.0, 50)).astype(float), exposure)
    assert alike > 5 * unlike


@pytest.mark.parametrize(
    ("score", "band"), [(90, "EXCELLENT"), (89.9, "GOOD"), (75, "GOOD"), (60, "FAIR"), (59.9, "POOR"), (0, "POOR")]
)
def test_bands_begin_at_90_75_and_60(score, band):
    assert band_of(score) == band
