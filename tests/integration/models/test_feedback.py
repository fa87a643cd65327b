"""People's judgements make the next model better: a hundred alerts judged in a real database, exported, learnt from."""

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
import pandas as pd
import pytest

from alerts.sink import AlertSink
from fleet.alerts import TYPES, AlertType, EpisodeChange, EpisodeEvent, Severity, VehicleId
from fleet.errors import InvalidHistory, NotFound
from fleet.scores import MODEL_TYPES
from fleet.settings import Mlflow, Postgres, Settings, Training
from fleet.stores.provisioning import Vehicle, ensure_user, ensure_vehicles
from fleet.stores.sessions import SignedIn
from fleet.stores.workflow import Act, perform
from fleet.workflow import Deed, DismissalReason
from pipelines.judged import export_judged
from pipelines.retraining import new_judgements, retrain_where_due
from pipelines.training_sets import training_set
from serve.parts import load_scorer
from serve.registry import CHALLENGER, ModelRegistry, local_tracking_uri
from simulator.history import write_history
from training.bootstrap import quiet_libraries, registry_of
from training.evaluate import score_rows
from training.feedback import judged_set
from training.promote import promote
from training.retrain import alert_probability
from training.train import fit_of

pytestmark = pytest.mark.timeout(900)
MODELS = ("fuel", "engine")
REAL = [str(kind) for name in MODELS for kind in MODEL_TYPES[name] if kind is not AlertType.COMPONENT_FAILURE_RISK]
EACH = 50
HARDLY, RAISED = 0.01, 0.7  # a difference of probability that nobody notices; what an alert is raised from
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A fleet of its own: its engine speeds are reported roughly now and then, and its tanks dip where the ground slopes."""
    folder = tmp_path_factory.mktemp("fleet")
    write_history(folder, 32, 1.0, 77, faults_per_vehicle_day=18.0)
    telemetry = pd.read_parquet(folder / "telemetry.parquet").sort_values(["vehicle_id", "ts"], ignore_index=True)
    telemetry["ts"] = pd.to_datetime(telemetry["ts"], utc=True)
    labels = pd.read_csv(folder / "labels.csv", parse_dates=["start", "end"])
    tanks = pd.read_csv(folder / "vehicles.csv").set_index("vehicle_id")["tank_l"]
    oddities = _oddities(telemetry, labels[labels["label"].isin(REAL)], tanks, np.random.default_rng(4))
    faults = labels[labels["label"].isin(REAL)].assign(alert=lambda frame: frame["label"])
    return folder, telemetry, pd.concat([oddities, faults], ignore_index=True)


def _oddities(telemetry, labels, tanks, rng):
    """Nothing is wrong in these spans, which are written into the telemetry: rough engine speeds, and tanks that dip."""
    rows = []
    for vehicle, mine in telemetry.groupby("vehicle_id"):
        faults = labels[labels["vehicle_id"] == vehicle]
        taken = {"MISFIRE": _spans(faults[faults["label"] != "FUEL_LEAK"]), "FUEL_THEFT": _spans(faults)}
        driving = mine["ts"][mine["speed_kmh"] > 20]
        parked = mine["ts"][(mine["ignition_on"] == 0) & (mine["ts"].diff() < pd.Timedelta(minutes=3))]
        for alert, moments, minutes in [("MISFIRE", driving, 4), ("FUEL_THEFT", parked, 25)] * 6:
            span = _free_span(moments, minutes, taken[alert], rng)
            inside = mine.index[mine["ts"].between(*span)] if span else []
            if len(inside) < minutes / 3:
                continue
            for spans in taken.values():
                spans.append(span)
            rows.append((vehicle, *span, "NORMAL", alert))
            if alert == "MISFIRE":
                telemetry.loc[inside, "engine_rpm"] += rng.normal(0, 60, len(inside)).astype(np.float32)
            else:
                dip_l = 1.3 * max(10, 0.03 * tanks[vehicle])  # a little more than what is suspicious
                telemetry.loc[inside, "fuel_level_l"] -= np.float32(dip_l)
                telemetry.loc[inside, "fuel_level_pct"] -= np.float32(100 * dip_l / tanks[vehicle])
                levels = ["fuel_level_l", "fuel_level_pct"]
                telemetry.loc[inside, levels] = telemetry.loc[inside, levels].clip(lower=4)
    return pd.DataFrame(rows, columns=["vehicle_id", "start", "end", "label", "alert"])


def _spans(faults):
    return [(fault.start, fault.end) for fault in faults.itertuples()]


def _free_span(moments, minutes, taken, rng):
    """A span far from those that are taken, if chance finds one."""
    if not len(moments):
        return None
    start = moments.iloc[rng.integers(len(moments))]
    end, apart = start + pd.Timedelta(minutes=minutes), pd.Timedelta(minutes=15)
    return None if any(begin < end + apart and over > start - apart for begin, over in taken) else (start, end)


@pytest.fixture(scope="module")
def alerts(fleet):
    """(judged, unseen): fifty false and fifty right alerts to judge, of each type alike, and those that nobody judges."""
    _, _, known = fleet
    shuffled = known.sample(frac=1, random_state=5).drop_duplicates(["vehicle_id", "start"])
    false = shuffled[shuffled["label"] == "NORMAL"]
    right = shuffled[shuffled["label"] != "NORMAL"]
    in_turn = right.assign(turn=right.groupby("alert").cumcount()).sort_values("turn", kind="stable").drop(columns="turn")
    judged = pd.concat([false.groupby("alert").head(EACH // 2), in_turn.head(EACH)])
    assert len(judged) == 2 * EACH
    return judged.sort_values("start"), shuffled.drop(judged.index)


@pytest.fixture(scope="module")
def settings(simulated_bundle, trained_home, trained_registry, postgres, tmp_path_factory):
    """Of an installation whose registry is a copy of the one that the trained models lie in."""
    home = tmp_path_factory.mktemp("feedback") / "home"
    shutil.copytree(trained_home, home)
    return Settings(
        home=home,
        postgres=Postgres(url=postgres.app_url),
        mlflow=Mlflow(tracking_uri=local_tracking_uri(home)),
        training=Training(history=str(simulated_bundle), judgements=20),
    )


@pytest.fixture(scope="module")
def registry(settings) -> ModelRegistry:
    """With a champion of each model, which knows nothing of the fleet."""
    quiet_libraries()
    registry = registry_of(settings)
    for name in MODELS:
        if registry.champion(name) is None:
            promote(name, registry)
    return registry


@pytest.fixture(scope="module")
async def judging_tenant(pool, postgres, new_tenant, fleet, alerts):
    """The fleet's tenant, whose hundred alerts are judged."""
    folder, telemetry, _ = fleet
    tenant = await new_tenant()
    owner = await asyncpg.connect(postgres.owner_url)
    user = await ensure_user(owner, tenant.id, f"{tenant.slug}@example.com", "Robin", "fleet_manager", "a long password")
    master = pd.read_csv(folder / "vehicles.csv")
    fields = ["vehicle_id", "vehicle_class", "model", "age_years", "tank_l"]
    await ensure_vehicles(owner, tenant.id, [Vehicle(*row) for row in master[fields].itertuples(index=False)])
    await owner.close()
    await _store(postgres, tenant, telemetry)
    who = SignedIn(tenant.id, tenant.slug, user, "robin@example.com", "Robin", "fleet_manager", None, NOW)
    for alert in alerts[0].itertuples():
        await _raise_and_judge(pool, who, alert)
    return tenant


async def _store(postgres, tenant, telemetry):
    superuser = await asyncpg.connect(postgres.superuser_url)  # COPY does not go through row level security
    frame = telemetry.drop(columns="trip_id").rename(columns={"ts": "event_time"}).assign(tenant_id=tenant.id)
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False)
    await superuser.copy_records_to_table("telemetry", records=rows, columns=list(frame.columns))
    await superuser.close()


async def _raise_and_judge(pool, who, alert):
    vehicle, kind = VehicleId(who.slug, alert.vehicle_id), AlertType(alert.alert)
    begin, end = alert.start.to_pydatetime(), max(alert.end, alert.start + pd.Timedelta(seconds=2)).to_pydatetime()
    changes = [(EpisodeChange.OPENED, begin + timedelta(seconds=1)), (EpisodeChange.CLEARED, end)]
    events = [EpisodeEvent(vehicle, kind, change, Severity.HIGH, begin, at, 0.9, "v-1") for change, at in changes]
    assert await AlertSink(pool).record(events, {who.slug: who.tenant}) == 2
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.tenant', $1, true)", str(who.tenant))
        alert_id = await connection.fetchval("SELECT alert_id FROM alerts WHERE state = 'OPEN'")
    if alert.label == "NORMAL":
        await perform(pool, who, alert_id, Act(Deed.DISMISS, reason=DismissalReason.NORMAL_USE), NOW)
    else:
        await perform(pool, who, alert_id, Act(Deed.CONFIRM), NOW)
        await perform(pool, who, alert_id, Act(Deed.RESOLVE), NOW)


@pytest.fixture(scope="module")
async def exported(pool, judging_tenant, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    labels = await export_judged(pool, judging_tenant.id, NOW - timedelta(days=300), NOW, folder)
    assert labels == 2 * EACH
    return folder


@pytest.fixture(scope="module")
def unseen(fleet, alerts, tmp_path_factory):
    """Alerts like the judged ones, that no model learns from."""
    folder = tmp_path_factory.mktemp("unseen")
    source, telemetry, _ = fleet
    telemetry.to_parquet(folder / "telemetry.parquet")
    alerts[1].to_csv(folder / "labels.csv", index=False)
    (folder / "vehicles.csv").write_bytes((source / "vehicles.csv").read_bytes())
    return judged_set(folder)


@pytest.fixture(scope="module")
async def retrained(settings, registry, judging_tenant):
    """What the periodic job does once the alerts are judged."""
    assert await new_judgements("engine", settings, registry) >= 20
    return await asyncio.to_thread(retrain_where_due, settings)


def test_the_exported_bundle_holds_every_judgement_and_what_the_windows_need(exported, fleet):
    labels = pd.read_csv(exported / "labels.csv", parse_dates=["start", "end"])
    assert (labels["label"] == "NORMAL").sum() == (labels["label"] == labels["alert"]).sum() == EACH
    exports = pd.read_parquet(exported / "telemetry.parquet")
    assert not exports.duplicated(["vehicle_id", "ts"]).any()
    original = fleet[1].set_index(["vehicle_id", "ts"])["engine_rpm"]
    there = exports.set_index(["vehicle_id", "ts"])["engine_rpm"]
    pd.testing.assert_series_equal(there, original.loc[there.index], check_index=False, check_dtype=False)


def test_every_row_of_judged_alerts_is_learnt_from(exported):
    judged = judged_set(exported)
    assert judged.rows.judged.all()
    assert not judged.rows.held_out.any()
    assert np.bincount(judged.alert, minlength=len(judged.alerts)).max() <= 70
    dismissed = ~judged.alerts["confirmed"].to_numpy()[judged.alert]
    assert judged.rows.positive[~dismissed].any()
    own = judged.alerts["type"].to_numpy()[judged.alert[dismissed]]
    assert not judged.rows.positive[dismissed, own].any()


@pytest.mark.parametrize(
    ("name", "dismissed", "share"), [("fuel", AlertType.FUEL_THEFT, 0.75), ("engine", AlertType.MISFIRE, 0.5)]
)
def test_a_challenger_doubts_false_alerts_it_never_saw_and_holds_on_to_right_ones(
    name, dismissed, share, retrained, registry, unseen
):
    assert "learnt from" in retrained[name]
    champion, challenger = _both(name, registry)
    types, confirmed = unseen.alerts["type"], unseen.alerts["confirmed"].to_numpy()
    mine, alike = types.isin([TYPES.index(kind) for kind in MODEL_TYPES[name]]), types == TYPES.index(dismissed)
    before, after = alert_probability(champion, unseen), alert_probability(challenger, unseen)
    raised = mine.to_numpy() & (before >= 0.3)  # what the champion never takes for an alert, nobody can dismiss
    false, same, others = raised & ~confirmed, raised & confirmed & alike, raised & confirmed & ~alike
    assert false.sum() >= 3
    fall = before[false].mean() - after[false].mean()
    assert fall > 0.1 * before[false].mean()
    right = raised & confirmed
    assert before[right].mean() - after[right].mean() < share * fall
    assert before[others].mean() - after[others].mean() < fall / 4
    assert _above(after[same], after[false]) > 0.8  # most of this type were dismissed: all are doubted, the right ones least


def _above(right, false):
    """Share of pairs in which the right alert is the more probable one."""
    return np.mean(right[:, None] > false[None, :])


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Normal rows of a fleet that no model learns from."""
    folder = tmp_path_factory.mktemp("elsewhere")
    write_history(folder, 20, 0.6, 78, faults_per_vehicle_day=6.0)
    rows = training_set(folder)
    return rows.rows(rows.normal).features


@pytest.fixture(scope="module")
def trained_anew(labelled, tmp_path_factory):
    """Models like the champion that never saw a tenth of its vehicles: what training anew changes by itself."""

    def without(name, tenth):
        folder = tmp_path_factory.mktemp(name)
        mine = labelled.rows(labelled.vehicle % 10 != tenth)
        fit_of(name)(replace(mine, whole=True), folder, "")
        return load_scorer(name, folder, "anew")

    return lambda name: [without(name, tenth) for tenth in (1, 4, 8)]


@pytest.mark.parametrize("name", MODELS)
def test_elsewhere_a_challenger_differs_no_more_than_training_anew_does(name, retrained, registry, elsewhere, trained_anew):
    assert "learnt from" in retrained[name]
    columns = [TYPES.index(kind) for kind in MODEL_TYPES[name]]
    scorers = [*_both(name, registry), *trained_anew(name)]
    champion, challenger, *anew = (score_rows([scorer], elsewhere)[:, columns] for scorer in scorers)
    by_itself = np.mean([_apart(champion, other) for other in anew])
    assert _apart(champion, challenger) < min(0.02, max(HARDLY, 1.25 * by_itself))
    assert np.mean(challenger >= RAISED) <= np.mean(champion >= RAISED) + 0.001


def _apart(one, other):
    return np.nanmean(np.abs(one - other))


@pytest.mark.parametrize("name", MODELS)
def test_a_challenger_knows_every_vehicle_that_the_champion_learnt_from(name, retrained, registry, labelled):
    columns = [TYPES.index(kind) for kind in MODEL_TYPES[name]]
    measured = labelled.rows(labelled.held_out & labelled.positive[:, columns].any(axis=1))  # and learnt from: there are few
    faults = measured.positive[:, columns]
    champion, challenger = (score_rows([scorer], measured.features)[:, columns][faults] for scorer in _both(name, registry))
    assert np.nanmean(challenger) > np.nanmean(champion) - 0.05


def _both(name, registry):
    versions = registry.champion(name), registry.version(name, CHALLENGER)
    return [load_scorer(name, registry.fetch(name, version), version) for version in versions]


async def test_nothing_is_trained_until_enough_is_judged_anew(retrained, settings, registry):
    assert "learnt" not in retrained["driver"]
    versions = {name: registry.version(name, CHALLENGER) for name in MODELS}
    again = await asyncio.to_thread(retrain_where_due, settings)
    assert again == retrained | dict.fromkeys(MODELS, "0 new judgements of 20")
    assert {name: registry.version(name, CHALLENGER) for name in MODELS} == versions


async def test_a_tenant_that_judged_nothing_exports_nothing(pool, tenant, tmp_path):
    with pytest.raises(NotFound, match="confirmed"):
        await export_judged(pool, tenant.id, NOW - timedelta(days=300), NOW, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_history_without_judgements_is_refused_by_name(simulated_bundle):
    with pytest.raises(InvalidHistory, match="alert"):
        judged_set(simulated_bundle)
