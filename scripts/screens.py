"""Takes docs/screens/*.png from the running program: `make screens`, or some of them by name."""

import asyncio
import io
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Page, ViewportSize, async_playwright

from tests.support.live_program import MANY
from tests.support.person import Message, Person, local_telegram
from tests.support.program import ROOT, running
from tests.support.venue_control import VenueControl, venue_control
from tests.support.watched_database import watched_database

FOLDER: Final = ROOT / "docs" / "screens"
PHONE: Final = ViewportSize(width=390, height=844)
OWNER: Final = 1001
FRIEND: Final = 1002
NOMINEE: Final = "Maren Holt"
SUBJECT: Final = "SELECT slug, clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE $1"
FLAT: Final = "document.documentElement.style.setProperty('--wall', '#c8dfd0')"
"""The wall's gradient would be most of the file."""
COLOURS: Final = 128
ARGUMENTS: Final = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]


@dataclass(frozen=True, slots=True)
class Tour:
    """Somebody who goes through the chat, and the camera beside them."""

    person: Person
    venue: VenueControl
    slug: str
    token: str
    shoot: Callable[[str], Awaitable[None]]

    async def market(self) -> Message:
        return await self.person.sends(self.slug, "bid .* ask")

    async def says(self, name: str, text: str, pattern: str) -> Message:
        shown = await self.person.sends(text, pattern)
        await self.shoot(name)
        return shown

    async def taps(self, name: str, card: Message, label: str, pattern: str) -> Message:
        shown = await self.person.taps(card, label, pattern)
        await self.shoot(name)
        return shown


async def main(wanted: Collection[str]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("needs Chromium, as `chromium` in PATH")
    folder = Path(tempfile.mkdtemp(prefix="polycool-screens-", dir="/tmp"))
    try:
        await _all(folder, chromium, wanted)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _all(folder: Path, chromium: str, wanted: Collection[str]) -> None:
    settings = {
        "VENUE": "sandbox",
        "DATA_DIR": str(folder),
        "WEATHER_ENABLED": "true",
        "TELEGRAM_ALLOWED_USERS": f"{OWNER},{FRIEND}",
        "TELEGRAM_MESSAGES_PER_MINUTE": str(MANY),
    }
    async with (
        running(settings) as program,
        local_telegram(program.page) as telegram,
        venue_control(program.exchange) as venue,
        watched_database(program.database) as database,
    ):
        slug, token = await database.row(SUBJECT, f"%{NOMINEE}%")
        await venue.stand_still()
        await venue.set_price(str(token), "0.34")
        for who, tour in ((OWNER, _evening), (FRIEND, _soiree)):
            async with _camera(chromium, f"{program.page}/?user={who}", wanted) as shoot:
                await tour(Tour(telegram.person(who), venue, str(slug), str(token), shoot))


@asynccontextmanager
async def _camera(
    chromium: str, url: str, wanted: Collection[str]
) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport=PHONE, device_scale_factor=1.5)
        await page.goto(url)

        async def shoot(name: str) -> None:
            if not wanted or name in wanted:
                await _keep(page, FOLDER / f"{name}.png")

        yield shoot
        await browser.close()


async def _keep(page: Page, path: Path) -> None:
    """As few bytes as the chat's flat colours need."""
    await page.wait_for_load_state("networkidle")
    await page.evaluate(FLAT)
    shot = await page.screenshot(animations="disabled")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS).save(path, optimize=True)


async def _evening(tour: Tour) -> None:
    """The owner's, in English: everything there is, in the order in which one meets it."""
    await tour.says("start", "/start", "in total")
    await _finds(tour)
    await _buys_and_sells(tour)
    await _settles_in(tour)
    await _owns(tour)


async def _finds(tour: Tour) -> None:
    await tour.says("search", "maren holt", "^Search")
    await tour.says("markets", "/markets", "^Markets")
    found = await tour.person.sends("presidential nominee", "^Search")
    event = await tour.taps("event", found, "Presidential nominee", "at most one of these")
    await tour.taps("market", event, NOMINEE, "bid .* ask")
    await _draws(tour, "chart", "Chart")
    await _draws(tour, "depth", "Order book")


async def _draws(tour: Tour, name: str, label: str) -> None:
    """A picture comes below the card it was asked for on."""
    card = await tour.market()
    seen = await tour.person.revision()
    await tour.person.touches(card, f"^{label}$")
    await tour.person.sees(NOMINEE, after=seen, button="^Market$")
    await tour.shoot(name)


async def _buys_and_sells(tour: Tour) -> None:
    ann = tour.person
    card = await tour.market()
    ticket = await tour.taps("ticket", card, r"^\$50$", "This quote expires")
    receipt = await tour.taps("receipt", ticket, "^Confirm$", "^Bought")
    position = await ann.taps(receipt, "^Position$", "P&L")
    await tour.venue.set_price(tour.token, "0.375")
    await ann.sees("Now 37.5¢ · live", on=position)
    await tour.shoot("position")
    sales = await tour.taps("triggers", position, "^TP / SL$", "Nothing is armed")
    await ann.taps(sales, r"^TP \+50%$", "(?m)^1\\. ")
    await tour.says("positions", "/positions", r"(?m)^1\. ")
    position = await ann.taps(await ann.sends("/positions", r"(?m)^1\. "), r"^1\. ", "P&L")
    ticket = await tour.taps("ticket_sell", position, "^Sell 50%$", "This quote expires")
    await tour.taps("sold", ticket, "^Confirm$", "^Sold")
    await tour.says("pnl", "/pnl", "P&L")
    await tour.says("history", "/history", "^History")
    await tour.says("orders", "/orders", "Open orders")


async def _settles_in(tour: Tour) -> None:
    card = await tour.market()
    new = await tour.taps("alert_new", card, "^Alert$", "New alert")
    await tour.person.taps(new, "↑", "or above")
    await tour.says("alerts", "/alerts", "^Alerts")
    settings = await tour.says("settings", "/settings", "^Settings")
    for name, label in (("confirming", "Confirming"), ("notices", "Notices")):
        await tour.taps(name, settings, f"^{label}$", label[:6])
        settings = await tour.person.sends("/settings", "^Settings")
    await tour.says("wallet", "/wallet", "(?i)wallet|money")
    await tour.says("help", "/help", "Find a market")
    await tour.says("status", "/status", "Newest price")
    await tour.says("rubbish", "no such words anywhere", "No market has all")


async def _owns(tour: Tour) -> None:
    admin = await tour.says("admin", "/admin", "^Admin")
    await tour.taps("health", admin, "^Health$", "Health")
    await tour.says("people", "/people", "(?i)invit|people|owner")
    weather = await tour.says("weather", "/weather", "^Weather")
    ladder = await tour.taps("weather_event", weather, "London", "(?s)mod.*mkt")
    seen = await tour.person.revision()
    await tour.person.touches(ladder, "^Forecast$")
    await tour.person.sees("Highest|Lowest", after=seen, button="^Ladder$")
    await tour.shoot("weather_forecast")


async def _soiree(tour: Tour) -> None:
    """A guest's first steps in French."""
    ben = tour.person
    languages = await ben.taps(await ben.sends("/settings", "^Settings"), "^Language$", "^Language")
    await ben.taps(languages, "Français", "Français")
    await tour.says("french_start", "/start", "au total")
    card = await tour.says("french_market", tour.slug, "bid .* ask")
    await tour.taps("french_ticket", card, r"^\$50$", "expire")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
