"""Claims about what the forecaster is told of a vehicle."""

import numpy as np
import pandas as pd
import pytest

from fleet.components import ComponentHistory, Covariates, Vocabulary, component_covariates, milliseconds
from fleet.usage import daily_usage

DAY = pd.Timestamp("2026-03-01", tz="UTC")


def at(days: float) -> pd.Timestamp:
    return DAY + pd.Timedelta(days=days)


def table(column: str, *rows: tuple[str, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame([(vehicle, at(days), name) for vehicle, days, name in rows], columns=["vehicle_id", "ts", column])
    return frame.astype({"ts": "datetime64[ns, UTC]"})


@pytest.fixture
def history() -> ComponentHistory:
    return ComponentHistory(
        vehicles=pd.DataFrame({"vehicle_id": ["A", "B"], "model": ["m1", "m2"], "age_years": [3.0, np.nan]}),
        codes=table("code", ("A", 1.0, "P1"), ("A", 2.5, "P1"), ("B", 2.9, "P2")),
        maintenance=table("component", ("A", -10.0, "pump"), ("A", 1.0, "belt"), ("B", 2.0, "pump")),
        failures=table("component", ("A", 1.0, "belt")),
        usage=pd.DataFrame({"vehicle_id": ["A", "A", "A"], "ts": [at(1), at(2), at(30)], "km_per_day": [100.0, 50.0, 900.0]}),
    )


def known(history: ComponentHistory, vehicle: str, *days: float) -> Covariates:
    vocabulary = Vocabulary(("belt", "pump"), ("P1", "P2"), ("m1", "m2"), ("km_per_day",))
    return component_covariates(history, vocabulary, [vehicle] * len(days), milliseconds([at(day) for day in days]))


def test_hours_and_counts_are_those_of_the_newest_codes(history):
    row = known(history, "A", 3.0)
    assert row.column("since_h:P1") == pytest.approx(12)
    assert row.column("count_24h:P1") == 1
    assert row.column("count_72h:P1") == 2
    assert row.column("codes_72h") == 2


def test_a_code_that_never_came_is_nan_and_not_zero(history):
    assert np.isnan(known(history, "A", 3.0).column("since_h:P2"))
    assert known(history, "A", 3.0).column("count_72h:P2") == 0


def test_an_event_is_known_at_its_own_moment_and_not_a_millisecond_before(history):
    moment = 2.5
    just_before = moment - 1 / 86_400_000
    assert known(history, "A", moment, just_before).column("count_24h:P1").tolist() == [1, 0]


def test_what_comes_later_changes_nothing(history):
    moments = np.arange(0.0, 3.0, 0.25)
    cut = {
        name: getattr(history, name)[getattr(history, name)["ts"] <= at(moments[-1])]
        for name in ("codes", "maintenance", "failures", "usage")
    }
    past = ComponentHistory(history.vehicles, **cut)
    np.testing.assert_array_equal(known(history, "A", *moments).values, known(past, "A", *moments).values)


def test_age_restarts_at_a_replacement_and_at_a_failure(history):
    assert known(history, "A", 3.0).column("component_age_h:pump") == pytest.approx(13 * 24)
    assert known(history, "A", 3.0).column("component_age_h:belt") == pytest.approx(48)


def test_vehicles_do_not_see_each_others_events(history):
    assert np.isnan(known(history, "B", 3.0).column("since_h:P1"))
    assert known(history, "B", 3.0).column("codes_72h") == 1


def test_usage_is_the_mean_of_the_last_week(history):
    assert known(history, "A", 3.0).column("km_per_day") == pytest.approx(75)
    assert np.isnan(known(history, "B", 3.0).column("km_per_day"))


def visited(*days: float) -> ComponentHistory:
    rows = [("A", day, name) for day in days for name in ("pump", "belt")]
    empty = table("component")
    return ComponentHistory(pd.DataFrame({"vehicle_id": ["A", "B"]}), table("code"), table("component", *rows), empty)


def visits_known(history: ComponentHistory, day: float) -> list[float]:
    row = known(history, "A", day)
    return [float(row.column(name)[0]) for name in ("since_visit_h", "visit_phase_h", "visit_due_h")]


def test_a_visit_is_due_after_the_usual_gap_and_parts_of_one_visit_count_once():
    assert visits_known(visited(-45, -30, -15, 0), 12.0) == pytest.approx([12 * 24, 12 * 24, 3 * 24])


def test_a_skipped_visit_keeps_the_rhythm():
    assert visits_known(visited(-75, -60, -45, -15, 0), 17.0) == pytest.approx([17 * 24, 2 * 24, 13 * 24])


def test_a_rhythm_is_unknown_before_the_third_visit():
    since, phase, due = visits_known(visited(-15, 0), 3.0)
    assert since == pytest.approx(72)
    assert np.isnan([phase, due]).all()


def test_an_empty_record_gives_rows_of_unknowns():
    empty = ComponentHistory(pd.DataFrame({"vehicle_id": ["A"]}), *(table(name) for name in ("code", "component", "component")))
    row = known(empty, "A", 1.0)
    assert np.isnan(row.column("component_age_h:pump"))
    assert row.column("codes_24h") == 0


def test_a_day_of_use_counts_when_it_is_over():
    minutes = pd.date_range(DAY + pd.Timedelta(hours=8), periods=120, freq="min")
    telemetry = pd.DataFrame({"vehicle_id": "A", "ts": minutes, "odometer_km": np.linspace(0, 80, 120), "engine_rpm": 1500.0})
    (day,) = daily_usage(telemetry).to_dict("records")
    assert day == {"vehicle_id": "A", "ts": at(1), "km_per_day": 80.0, "engine_h_per_day": 2.0}
