"""Every page, in every theme and three widths: axe-core, and what axe does not look at."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from fleet.alerts import AlertType, Severity

pytestmark = pytest.mark.timeout(600)
WEB = Path(__file__).parents[2] / "ui" / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 30_000
WIDTHS = (320, 768, 1280)
THEMES = ("light", pytest.param("dark", marks=pytest.mark.slow), pytest.param("contrast", marks=pytest.mark.slow))
PAGES = {
    "alerts": "/alerts",
    "filtered alerts": "/alerts?severity=HIGH&within=week&from=&q=braked",
    "alert": "/alerts/{alert}",
    "dashboard": "/dashboard",
    "vehicles": "/vehicles",
    "map": "/vehicles?as=map",
    "vehicle": "/vehicles/VH-0001",
    "drivers": "/drivers",
    "driver": "/drivers/d-3",
    "settings": "/settings",
    "people": "/settings/people",
    "devices": "/settings/devices",
    "rules": "/settings/rules",
    "a trial of rules": "/settings/rules?trial={trial}",
    "notifications": "/settings/notifications",
    "security": "/settings/security",
    "welcome": "/welcome#a-token",
    "help": "/help",
    "not found": "/nowhere",
}
STANDARDS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LEAST_PX = 44

VIOLATIONS = """async (standards) => {
  const found = await axe.run(document, { runOnly: standards, rules: { 'color-contrast-enhanced': { enabled: true } } });
  const words = ({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary}`;
  return found.violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(words)]);
}"""

# Links inside a sentence are excepted by the criterion (2.5.5, "inline"), native checkboxes are pressed through their label.
SMALL_TARGETS = """(least) => [...document.querySelectorAll('a, button, input, select, textarea, [role=slider]')]
  .filter((element) => !element.closest('[aria-hidden=true]') && !element.matches('.sr-only, input[type=hidden]'))
  .map((element) => ({ element, target: element.closest('label') ?? element }))
  .map(({ element, target }) => ({ element, box: target.getBoundingClientRect() }))
  .filter(({ element, box }) => box.width > 1 && box.height > 1 && getComputedStyle(element).visibility !== 'hidden')
  .filter(({ box }) => box.width < least - 0.5 || box.height < least - 0.5)
  .map(({ element, box }) => `${element.outerHTML.slice(0, 90)} ${Math.round(box.width)}×${Math.round(box.height)}`)"""

SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

SCROLLS_BY_POINTER_ONLY = """() => [...document.querySelectorAll('*')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX))
  .filter((element) => element.tabIndex < 0 && element !== document.scrollingElement)
  .map((element) => element.outerHTML.slice(0, 90))"""

SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
  p { margin-bottom: 2em !important; }"""

CUT_OFF = """() => [...document.querySelectorAll('a, button, h1, h2, p, th, dt, dd, label')]
  .filter((element) => !element.closest('.sr-only, [aria-hidden=true], .truncate') && !element.matches('.sr-only'))
  .filter((element) => /hidden|clip/.test(getComputedStyle(element).overflow))
  .filter((element) => element.scrollWidth > element.clientWidth + 2 || element.scrollHeight > element.clientHeight + 2)
  .map((element) => element.outerHTML.slice(0, 90))"""

# What is stuck to the screen lies over the rest on purpose, so texts are held only against those of the same layer.
OVERLAPPED = """() => {
  const layerOf = (element) => {
    for (let at = element; at; at = at.parentElement) if (/sticky|fixed/.test(getComputedStyle(at).position)) return at;
    return document.body;
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, textContent } = walker.currentNode;
    if (!textContent.trim() || parent.closest('.sr-only, script, style, noscript') || !parent.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) texts.push({ box, layer: layerOf(parent), words: textContent.trim().slice(0, 40) });
  }
  const shared = (a, b, from, to) => Math.min(a[to], b[to]) - Math.max(a[from], b[from]);
  return texts.flatMap((one, index) => texts.slice(index + 1)
    .filter((other) => one.layer === other.layer)
    .filter(({ box }) => shared(one.box, box, 'left', 'right') > 2 && shared(one.box, box, 'top', 'bottom') > 6)
    .map(({ words }) => `"${one.words}" lies over "${words}"`));
}"""

# What a frame that does not scroll cuts off, nobody can reach.
BEYOND = """() => [...document.querySelectorAll('a, button, input')]
  .filter((element) => element.checkVisibility() && !element.closest('.sr-only, [aria-hidden=true]'))
  .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .filter((element) => {
    for (let at = element.parentElement; at; at = at.parentElement)
      if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return false;
    return true;
  })
  .map((element) => element.outerHTML.slice(0, 90))"""

REACHABLE = """() => [...document.querySelectorAll('a[href], button:not([disabled]), input, [tabindex="0"]')]
  .filter((element) => element.checkVisibility() && element.tabIndex >= 0).length"""

MOVING = """() => [...document.querySelectorAll('*')]
  .filter((element) => parseFloat(getComputedStyle(element).transitionDuration) > 0).length"""

FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const name = (element.getAttribute('aria-label') || element.textContent || element.type || '').trim().slice(0, 60);
  return `${name}#${[...document.querySelectorAll('*')].indexOf(element)}`;
}"""

LISTEN = """() => {
  const region = document.querySelector('[data-testid=announcements]');
  window.told = [];
  new MutationObserver(() => window.told.push([performance.now(), region.textContent]))
    .observe(region, { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture(scope="module")
async def signed_in(desk, browser: Browser) -> dict[str, Any]:
    """The cookies of Sam, so that each page opens without signing in again."""
    context = await browser.new_context()
    answer = await context.request.post(
        f"{desk.url}/api/session",
        data={"email": "sam@desk.example", "password": "correct horse battery staple"},
        headers={"X-Requested-With": "fleetguard", "Origin": desk.url},
    )
    assert answer.ok, await answer.text()
    state = await context.storage_state()
    await context.close()
    return dict(state)


@pytest.fixture
async def opened(desk, browser, signed_in) -> AsyncIterator[Any]:
    """Opens a page of the desk: `page = await opened("dashboard", width=320, theme="dark")`."""
    contexts = []

    async def show(name: str, width: int = 1280, theme: str = "light", **options: Any) -> Page:
        context = await browser.new_context(
            storage_state=signed_in, viewport={"width": width, "height": 800}, bypass_csp=True, **options
        )
        contexts.append(context)
        await context.add_init_script(f"localStorage.setItem('fleetguard.theme', {json.dumps(theme)})")
        page = await context.new_page()
        path = PAGES[name].format(alert=(await desk.alerts())[0]["alert_id"], trial=await desk.trial())
        await page.goto(desk.url + path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
        for loading in ("Loading", "Es lädt"):
            await expect(page.get_by_text(loading, exact=False)).to_have_count(0, timeout=PATIENCE_MS)
        return page

    yield show
    for context in contexts:
        await context.close()


async def problems_of(page: Page, standards: list[str] = STANDARDS) -> list[str]:
    """What the page does wrong at its present size, a line each."""
    found = [f"{rule}: {node}" for rule, nodes in await page.evaluate(VIOLATIONS, standards) for node in nodes]
    found += [f"smaller than {LEAST_PX} px: {target}" for target in await page.evaluate(SMALL_TARGETS, LEAST_PX)]
    found += [f"scrolls, and not by keyboard: {part}" for part in await page.evaluate(SCROLLS_BY_POINTER_ONLY)]
    sideways = await page.evaluate(SIDEWAYS)
    return found + ([f"scrolls sideways by {sideways} px"] if sideways > 0 else [])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
async def test_axe_and_our_own_checks_find_nothing(opened, name, theme):
    page = await opened(name, WIDTHS[-1], theme)
    await page.add_script_tag(path=AXE)
    found: list[str] = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width} px: {problem}" for problem in await problems_of(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", THEMES)
async def test_what_is_wrong_in_a_dialog_moves_nothing_and_is_as_readable(opened, theme):
    page = await opened("vehicle", WIDTHS[-1], theme)
    await page.add_script_tag(path=AXE)
    asking = page.get_by_role("button", name="Edit the description…")
    await asking.click()
    dialog, tank = page.get_by_role("dialog", name="Description of VH-0001"), page.get_by_role("textbox", name="Tank, in litres")
    refusal = dialog.get_by_text("A tank holds 5 to 2,000 litres.")
    found: list[str] = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        await tank.fill("400")
        await tank.press("Tab")
        await expect(refusal).to_have_count(0)
        found += [f"{width} px: {problem}" for problem in await problems_of(page)]
        sound = await dialog.get_by_role("button", name="Save").bounding_box()
        await tank.fill("4")
        await tank.press("Tab")
        await expect(refusal).to_be_visible()
        assert await dialog.get_by_role("button", name="Save").bounding_box() == sound
        found += [f"{width} px, refused: {problem}" for problem in await problems_of(page)]
    assert not found, "\n".join(found)
    await page.keyboard.press("Escape")
    await expect(asking).to_be_focused()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
@pytest.mark.parametrize("theme", THEMES)
async def test_a_workshop_visit_is_recorded_in_a_form_that_everybody_can_use(opened, theme, locale):
    page = await opened("vehicle", WIDTHS[-1], theme, locale=locale)
    await page.add_script_tag(path=AXE)
    await page.get_by_role("button", name={"en-GB": "Record a visit…", "de-DE": "Besuch eintragen…"}[locale]).click()
    part, option = page.get_by_role("dialog").get_by_role("combobox"), page.get_by_role("option").first
    criteria = [standard for standard in STANDARDS if standard != "best-practice"]  # a combo box's list lies in no landmark
    found: list[str] = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width} px: {problem}" for problem in await problems_of(page) + await page.evaluate(BEYOND)]
        await part.press("ArrowDown")
        await expect(option).to_be_visible()
        found += [f"{width} px, parts shown: {problem}" for problem in await problems_of(page, criteria)]
        await part.press("Escape")
        await expect(option).to_have_count(0)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", PAGES)
async def test_wider_spacing_cuts_nothing_off(opened, name):
    page = await opened(name, 768)
    await page.add_style_tag(content=SPACED)
    assert await page.evaluate(CUT_OFF) == []
    assert await page.evaluate(SIDEWAYS) <= 0


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
@pytest.mark.parametrize("name", ["alerts", "alert", "dashboard", "vehicles", "driver", "rules"])
async def test_pages_hold_in_either_direction_of_writing(opened, name, width, direction):
    page = await opened(name, width)
    await page.evaluate("(direction) => { document.documentElement.dir = direction }", direction)
    await page.add_script_tag(path=AXE)
    assert await problems_of(page) == []
    assert await page.evaluate(OVERLAPPED) == []
    assert await page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("name", PAGES)
async def test_german_words_fit_into_320_px_too(opened, name):
    page = await opened(name, WIDTHS[0], locale="de-DE")
    assert await page.evaluate(SIDEWAYS) <= 0
    assert await page.evaluate(BEYOND) == []


@pytest.mark.parametrize("search", ["", "?vehicle=VH-1", "?from=2026-01-01&severity=HIGH"], ids=["none", "further", "days"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_filters_that_load_later_do_not_move_the_list(desk, browser, signed_in, width, search):
    context = await browser.new_context(storage_state=signed_in, viewport={"width": width, "height": 900})
    page, may_load = await context.new_page(), asyncio.Event()

    async def hold(route: Route) -> None:
        await may_load.wait()
        await route.continue_()

    await page.route("**/AlertFilters-*.js", hold)
    await page.goto(f"{desk.url}/alerts{search}")
    alerts = page.get_by_role("region", name="Alerts, newest first")
    await expect(page.get_by_text("Loading the filters…")).to_have_count(1, timeout=PATIENCE_MS)
    await page.evaluate("document.fonts.ready.then(() => null)")
    before = await alerts.bounding_box()
    may_load.set()
    await expect(page.get_by_role("search", name="Filter the alerts")).to_be_visible(timeout=PATIENCE_MS)
    after = await alerts.bounding_box()
    await context.close()
    assert before
    assert after
    assert before["y"] == pytest.approx(after["y"], abs=0.5)


async def test_with_reduced_motion_nothing_moves(opened):
    page = await opened("alerts", reduced_motion="reduce")
    moving = (
        "() => [...document.querySelectorAll('*')].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).length"
    )
    assert await page.evaluate(moving) == 0
    assert await page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("not found", "welcome")])
async def test_every_page_is_walked_by_keyboard_without_a_trap(opened, name):
    page = await opened(name)
    count = await page.evaluate(REACHABLE)
    walked: list[str] = []
    for _ in range(count + 5):
        await page.keyboard.press("Tab")
        here = await page.evaluate(FOCUSED)
        if here is None or (walked and here == walked[0]):
            break
        walked.append(here)
    assert walked[0].startswith("Skip to the content")
    assert len(walked) == len(set(walked)), "the focus came back to where it was"
    assert len(walked) >= min(count, 20)


async def test_fifty_alerts_at_once_are_told_in_few_words_and_move_no_focus(desk, opened):
    page = await opened("alerts")
    first = page.get_by_role("link", name="Open alert", exact=False).first
    await first.focus()
    await page.evaluate(LISTEN)
    focused = await page.evaluate("document.activeElement.getAttribute('aria-label')")
    for number in range(50):
        await desk.raise_alert(("VH-0001", "VH-0002", "VH-0003")[number % 3], list(AlertType)[number % 14], Severity.LOW)
    await expect(page.get_by_role("button", name="Show", exact=False).first).to_be_visible(timeout=PATIENCE_MS)
    assert await page.evaluate("document.activeElement.getAttribute('aria-label')") == focused
    told = await page.evaluate("window.told")
    assert 1 <= len(told) <= 4
    assert all(later - earlier >= 3_900 for (earlier, _), (later, _) in itertools.pairwise(told))
