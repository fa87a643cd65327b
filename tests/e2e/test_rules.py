"""A threshold of a class in a browser: typed, tried on the past, found again after a reload, saved, opened again, given up."""

import numpy as np
import pytest
from playwright.async_api import Page, expect

from fleet.alerts import TYPE_INDEX, AlertType, Severity
from fleet.own_thresholds import OwnThresholds
from fleet.scores import ScoreBatch
from fleet.stores import alert_rules
from pipelines.budget import work_off

PATIENCE_MS = 30_000
pytestmark = pytest.mark.timeout(300)
SPEEDING = AlertType.SPEEDING


class Strict:
    """Says that more than 60 km/h is speeding, with 0.8."""

    version = "driver-1"

    def score(self, features, slow=None) -> ScoreBatch:
        scores = ScoreBatch.unknown(len(features))
        scores.probability[:, TYPE_INDEX[SPEEDING]] = np.where(features.column("speed_kmh") > 60, 0.8, 0.02)
        scores.severity[:, TYPE_INDEX[SPEEDING]] = Severity.MEDIUM
        return scores


@pytest.fixture
async def rules(desk, context, enter) -> Page:
    page = await enter(context)
    await page.goto(f"{desk.url}/settings/rules")
    await expect(page.get_by_role("button", name="Change them for")).to_be_visible(timeout=PATIENCE_MS)
    return page


async def own_of(desk) -> OwnThresholds:
    return (await alert_rules.thresholds(desk.pool, [desk.tenant])).get(desk.tenant, OwnThresholds())


async def test_a_threshold_of_a_class_is_tried_saved_and_given_up_after_a_question(desk, rules: Page):
    await rules.get_by_role("button", name="Change them for").click()
    await rules.get_by_role("option", name="Trucks").click()
    field = rules.get_by_role("textbox", name="Speeding, Trucks: an alert begins at")
    await field.fill("85")
    await field.press("Tab")
    await rules.get_by_role("button", name="Try these on the past").click()
    trial = rules.get_by_role("region", name="On the last 30 days")
    await expect(trial.get_by_role("heading", level=2)).to_be_focused(timeout=PATIENCE_MS)

    await rules.reload()
    await expect(trial.get_by_text("The past is judged anew")).to_be_visible(timeout=PATIENCE_MS)
    assert await work_off(desk.pool, lambda: [Strict()]) == 1
    await expect(trial.get_by_role("button", name="Save these thresholds")).to_be_visible(timeout=PATIENCE_MS)
    (row,) = await trial.get_by_role("row", name="Speeding").all()
    before, after, begins_at = [await cell.inner_text() for cell in await row.get_by_role("cell").all()]
    assert int(before) > 0
    assert (after, begins_at) == ("0", "85 %")
    assert await own_of(desk) == OwnThresholds()

    await trial.get_by_role("button", name="Save these thresholds").click()
    await expect(trial.get_by_text("Saved. It holds within half a minute.")).to_be_visible(timeout=PATIENCE_MS)
    assert await own_of(desk) == OwnThresholds({}, {"truck": {SPEEDING: 0.85}})

    await rules.goto(f"{desk.url}/settings/rules")
    row = rules.get_by_role("region", name="Recent trials").get_by_role("row").filter(has_text="Sam Rivera").first
    await expect(row).to_contain_text("One threshold of our own", timeout=PATIENCE_MS)
    await expect(row).to_contain_text("Saved")
    await row.get_by_role("link", name="Open the trial of", exact=False).click()
    await expect(trial.get_by_role("heading", level=2)).to_be_focused(timeout=PATIENCE_MS)
    await expect(trial.get_by_text("These thresholds were saved.")).to_be_visible(timeout=PATIENCE_MS)
    assert "trial=" in rules.url

    await rules.get_by_role("button", name="Back to the usual…").click()
    dialog = rules.get_by_role("dialog", name="Back to the usual thresholds?")
    await dialog.get_by_role("button", name="Cancel").click()
    assert await own_of(desk) == OwnThresholds({}, {"truck": {SPEEDING: 0.85}})
    await rules.get_by_role("button", name="Back to the usual…").click()
    await dialog.get_by_role("button", name="Give up our own").click()
    await expect(dialog).to_have_count(0, timeout=PATIENCE_MS)
    await expect(rules.get_by_role("heading", name="An alert begins at")).to_be_focused()
    assert await own_of(desk) == OwnThresholds()
