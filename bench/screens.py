"""Every page of the app in three widths and three colour schemes, a sheet each, to be looked at: docs/screens.md."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bench.machine import Occasion
from bench.progress import Progress
from bench.stack import StackUnderTest
from fleet.errors import Unavailable

WIDTHS: Final = (1280, 768, 320)
THEMES: Final = ("light", "dark", "contrast")
HEIGHT: Final = 900
SHEET_SCALE: Final = 0.5
GAP: Final = 16
QUALITY: Final = 70
SETTLES_MS: Final = 1200
PAGES: Final = {
    "alerts": "/alerts",
    "alert": "/alerts/{alert}",
    "dashboard": "/dashboard?period=week",
    "vehicles": "/vehicles",
    "map": "/vehicles?as=map",
    "vehicle": "/vehicles/{vehicle}",
    "drivers": "/drivers",
    "driver": "/drivers/{driver}",
    "settings": "/settings",
    "security": "/settings/security",
    "people": "/settings/people",
    "devices": "/settings/devices",
    "rules": "/settings/rules",
    "notifications": "/settings/notifications",
    "help": "/help",
    "sign-in": "/sign-in",
    "welcome": "/welcome#a-token",
    "not found": "/nowhere",
}


async def draw(stack: StackUnderTest, chromium: str, folder: Path, progress: Progress) -> dict[str, Path]:
    """A sheet of nine pictures per page: a row per colour scheme, the widths beside each other; returns where each lies.

    Raises:
        Unavailable: nobody can sign in, or there is nothing to show yet.
    """
    person = next(user for user in json.loads((stack.home / "demo.json").read_text())["users"] if user["role"] == "fleet_manager")
    subjects = await _subjects(stack, person)
    folder.mkdir(parents=True, exist_ok=True)
    sheets = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with progress.step("Drawing", len(PAGES) * len(THEMES)) as advance:
            shots: dict[str, list[list[Image.Image]]] = {name: [] for name in PAGES}
            for theme in THEMES:
                async with _signed_in(browser, stack, person, theme) as page:
                    for name, path in PAGES.items():
                        shots[name].append(await _row(page, stack.url + path.format(**subjects)))
                        advance(1)
        await browser.close()
    for name, rows in shots.items():
        sheets[name] = folder / f"{name.replace(' ', '-')}.webp"
        _sheet(rows).save(sheets[name], quality=QUALITY)
    return sheets


async def _subjects(stack: StackUnderTest, person: dict[str, str]) -> dict[str, str]:
    """The newest alert with its vehicle, and a driver, to be looked at."""
    async with httpx.AsyncClient(base_url=stack.url, headers={"X-Requested-With": "fleetguard"}) as client:
        try:
            await client.post("/api/session", json={"email": person["email"], "password": person["password"]})
            alerts = (await client.get("/api/anomalies", params={"limit": 1})).raise_for_status().json()["items"]
            drivers = (await client.get("/api/drivers/scores")).raise_for_status().json()["items"]
        except httpx.HTTPError as error:
            raise Unavailable(f"{stack.url} does not answer as it should: {error!r}.") from error
    if not alerts:
        raise Unavailable("There is no alert to show yet: let the demo run for some minutes.")
    driver = drivers[0]["driverId"] if drivers else alerts[0]["driverId"] or "d-1"
    return {"alert": alerts[0]["id"], "vehicle": alerts[0]["vehicleId"], "driver": driver}


@asynccontextmanager
async def _signed_in(browser: Browser, stack: StackUnderTest, person: dict[str, str], theme: str) -> AsyncIterator[Page]:
    context: BrowserContext = await browser.new_context(reduced_motion="reduce")
    await context.add_init_script(f"localStorage.setItem('fleetguard.theme', {json.dumps(theme)})")
    page = await context.new_page()
    await page.goto(f"{stack.url}/sign-in")
    await page.get_by_label("Email").fill(person["email"])
    await page.get_by_label("Password").fill(person["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/alerts*")
    yield page
    await context.close()


async def _row(page: Page, url: str) -> list[Image.Image]:
    await page.goto(url)
    row: list[Image.Image] = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        await page.wait_for_timeout(SETTLES_MS)  # charts draw themselves to the new width
        row.append(Image.open(io.BytesIO(await page.screenshot())))
    return row


def _sheet(rows: list[list[Image.Image]]) -> Image.Image:
    """(themes, widths) pictures on one sheet, made smaller."""
    size = (sum(WIDTHS) + GAP * (len(WIDTHS) - 1), HEIGHT * len(rows) + GAP * (len(rows) - 1))
    sheet = Image.new("RGB", size, "#8a94a6")
    for line, row in enumerate(rows):
        for place, picture in enumerate(row):
            sheet.paste(picture, (sum(WIDTHS[:place]) + GAP * place, line * (HEIGHT + GAP)))
    return sheet.resize((round(size[0] * SHEET_SCALE), round(size[1] * SHEET_SCALE)), Image.Resampling.LANCZOS)


def page_of(when: Occasion, sheets: dict[str, Path], base: Path) -> str:
    """docs/screens.md."""
    pictures = "\n\n".join(
        f"## {name.capitalize()}\n![{name.capitalize()}: light, dark and high contrast, each at {', '.join(map(str, WIDTHS))} px]"
        f"({path.relative_to(base).as_posix()})"
        for name, path in sheets.items()
    )
    return f"""# Every page, to be looked at

Drawn by `{when.command}` on {when.at:%Y-%m-%d}, revision {when.revision}: light, dark and high contrast from top to
bottom, {WIDTHS[0]}, {WIDTHS[1]} and {WIDTHS[2]} px from left to right, the first {HEIGHT} px of each page at half their size.

{pictures}
"""
