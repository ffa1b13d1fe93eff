"""Takes docs/screens/chat.png from the running program: `python -m scripts.screenshot`."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Page, ViewportSize, async_playwright

from tests.support.acts import bought
from tests.support.person import Person, local_telegram
from tests.support.program import ROOT, running
from tests.support.venue_control import VenueControl, venue_control
from tests.support.watched_database import watched_database

PICTURE: Final = ROOT / "docs" / "screens" / "chat.png"
PHONE: Final = ViewportSize(width=390, height=844)
OWNER: Final = 1001
NOMINEE: Final = "Maren Holt"
TOKEN: Final = "SELECT clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE $1"  # noqa: S105 - a query
FLAT: Final = "document.documentElement.style.setProperty('--wall', '#c8dfd0')"
"""The wall's gradient would be most of the file."""
ARGUMENTS: Final = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]


async def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("needs Chromium, as `chromium` in PATH")
    folder = Path(tempfile.mkdtemp(prefix="polycool-picture-", dir="/tmp"))
    try:
        await _picture(folder, chromium)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _picture(folder: Path, chromium: str) -> None:
    settings = {"VENUE": "sandbox", "DATA_DIR": str(folder)}
    async with (
        running(settings) as program,
        local_telegram(program.page) as telegram,
        venue_control(program.exchange) as venue,
        watched_database(program.database) as database,
        _page(chromium, program.page) as page,
    ):
        (token,) = await database.row(TOKEN, f"%{NOMINEE}%")
        await _journey(telegram.person(OWNER), venue, str(token))
        await page.get_by_text("Now 37.5¢ · live").wait_for()
        await page.evaluate(FLAT)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=PICTURE, animations="disabled")


@asynccontextmanager
async def _page(chromium: str, url: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport=PHONE, device_scale_factor=2)
        await page.goto(url)
        yield page
        await browser.close()


async def _journey(owner: Person, venue: VenueControl, token: str) -> None:
    """A position whose price has moved, on its live card."""
    await venue.stand_still()
    await venue.set_price(token, "0.34")
    await owner.sends("/start", "in total")
    found = await owner.sends("maren holt", "^Search")
    card = await owner.taps(found, NOMINEE, "bid .* ask")
    receipt = await bought(owner, card, r"\$50")
    position = await owner.taps(receipt, "^Position$", "P&L")
    await venue.set_price(token, "0.375")
    await owner.sees("Now 37.5¢ · live", on=position)


if __name__ == "__main__":
    asyncio.run(main())
