"""The journey as a person makes it: on the chat page, in a real browser."""

import re
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from tests.e2e.conftest import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE = 20_000  # milliseconds
MARKET = "Will the Senate pass the harbour bill"
TOKEN = "SELECT clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE $1"
PNL = """
SELECT pnl_amount FROM positions AS p JOIN users AS u ON u.id = p.user_id
WHERE u.telegram_id = $1 AND p.status = 'active'
"""
IDA = 1015

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, as `chromium` in PATH")


@pytest.fixture
async def page(world: World) -> AsyncIterator[Page]:
    """The page of one user; anything in its console that is an error fails the test."""
    errors: list[str] = []
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        await page.goto(f"{world.program.page}/?user={IDA}&name=Ida")
        yield page
        await browser.close()
    assert errors == []


def newest(page: Page) -> Locator:
    return page.get_by_test_id("message").last


async def shows(page: Page, pattern: str) -> None:
    await expect(newest(page).get_by_test_id("text")).to_have_text(re.compile(pattern))


async def taps(page: Page, label: str, pattern: str) -> None:
    """Tap the button of the newest message; then the newest message fits."""
    await newest(page).get_by_test_id("button").filter(has_text=label).first.click()
    await shows(page, pattern)


async def writes(page: Page, text: str, pattern: str) -> None:
    await page.get_by_test_id("input").fill(text)
    await page.get_by_test_id("send").click()
    await shows(page, pattern)


async def test_the_journey_works_in_a_browser_and_the_profit_moves_by_itself(
    world: World, page: Page
) -> None:
    (token,) = await world.database.row(TOKEN, f"{MARKET}%")
    await world.venue.set_price(str(token), "0.50")
    await page.get_by_test_id("start").click()
    await shows(page, "SANDBOX · paper money")
    await writes(page, "harbour bill", "^Search · harbour bill")
    await taps(page, MARKET[:20], "bid .* ask")
    await taps(page, "Yes", "How much on Yes")
    await taps(page, "$50", "This quote expires")
    await taps(page, "Confirm", "^Bought .* Yes")
    await taps(page, "Position", r"Sell|P&L -\$")

    card = newest(page).get_by_test_id("text")
    before = await card.inner_text()
    await world.venue.set_price(str(token), "0.60")
    await expect(card).to_have_text(re.compile(r"\(mid \+\$.*Now 60¢ · live", re.DOTALL))
    after = await card.inner_text()
    assert before != after
    (profit,) = await world.database.row(PNL, IDA)
    assert f"(mid +${profit:,.2f}, +" in after

    await taps(page, "Sell 50%", "This quote expires")
    await taps(page, "Confirm", "^Sold")
    await taps(page, "Position", "P&L")
    await taps(page, "Sell 100%", "This quote expires")
    await taps(page, "Confirm", "^Sold")
    await writes(page, "/positions", "Nothing is open")
