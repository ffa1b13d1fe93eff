"""The journey as a person makes it: on the chat page, in a real browser."""

import csv
import io
import os
import re
import shutil
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, ViewportSize, async_playwright, expect

from scripts.tour.camera import FOLDER, keep
from tests.e2e.conftest import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE = 20_000  # milliseconds
PHONE = ViewportSize(width=390, height=844)
IS_KEEPING = "KEEP_JOURNEY" in os.environ  # pictures of it in docs/screens
MARKET = "Will the Senate pass the harbour bill"
SUBJECT = """
SELECT slug, event_slug, clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE $1
"""
HELD = """
SELECT p.id, round(p.pnl_amount, 2) FROM positions AS p JOIN users AS u ON u.id = p.user_id
WHERE u.telegram_id = $1 AND p.status = 'active'
"""
BOOKED = "SELECT status, realized_pnl FROM positions WHERE id = $1"
IDA = 1015
ANSWERS = ".message.theirs:not(:has(~ .message.mine))"
"""What the bot said since one wrote last; a notice may be the newest at any moment."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, as `chromium` in PATH")


@pytest.fixture
async def page(world: World) -> AsyncIterator[Page]:
    """The page of one user; anything in its console that is an error fails the test."""
    errors: list[str] = []
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport=PHONE, device_scale_factor=1.5)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        await page.goto(f"{world.program.page}/?user={IDA}&name=Ida")
        yield page
        await browser.close()
    assert errors == []


def saying(page: Page, pattern: str) -> Locator:
    """The newest of the answers whose text fits; `^` is the beginning of any line."""
    fits = page.get_by_test_id("text").filter(has_text=re.compile(pattern, re.MULTILINE))
    return page.locator(ANSWERS).filter(has=fits).last


def button_on(card: Locator, label: str) -> Locator:
    return card.get_by_test_id("button").filter(has_text=re.compile(label)).first


async def taps(page: Page, card: Locator, label: str, pattern: str) -> Locator:
    """The card that fits after a tap on that button, there or below."""
    button = button_on(card, label)
    await expect(button).not_to_have_attribute("aria-busy", "true")
    await button.click()
    shown = saying(page, pattern)
    await expect(shown).to_be_visible()
    return shown


async def writes(page: Page, text: str, pattern: str) -> Locator:
    await page.get_by_test_id("input").fill(text)
    await page.get_by_test_id("send").click()
    await expect(page.locator(".message.mine").last.get_by_test_id("text")).to_have_text(text)
    shown = saying(page, pattern)
    await expect(shown).to_be_visible()
    return shown


async def kept(page: Page, name: str) -> None:
    if IS_KEEPING:
        await keep(page, FOLDER / f"journey_{name}.png")


async def test_the_whole_journey_works_in_a_browser_from_a_pasted_link_to_a_spreadsheet(
    world: World, page: Page
) -> None:
    slug, event, token = (str(each) for each in await world.database.row(SUBJECT, f"{MARKET}%"))
    await world.venue.set_price(token, "0.50")
    await page.get_by_test_id("start").click()
    await expect(saying(page, "SANDBOX · paper money")).to_be_visible()
    card = await writes(page, f"https://polymarket.com/event/{event}/{slug}", "bid .* ask")
    await kept(page, "1_link")
    await watches_and_sets_an_alert(page, card)
    position_id = await buys(world, page, slug)
    await profits_while_looking(world, page, token)
    await is_told_and_takes_profit(world, page, token)
    await sells_the_rest(world, page, position_id)
    await reads_what_it_came_to(world, page, position_id)


async def watches_and_sets_an_alert(page: Page, card: Locator) -> None:
    await button_on(card, "^Watch$").click()
    await expect(button_on(card, "^Unwatch$")).to_be_visible()
    new = await taps(page, card, "^Alert$", "^New alert")
    await taps(page, new, "55¢", "^Yes at 55¢ or above")
    await kept(page, "2_alert")


async def buys(world: World, page: Page, slug: str) -> int:
    card = await writes(page, slug, "bid .* ask")
    ticket = await taps(page, card, r"^\$25$", "This quote expires")
    await kept(page, "3_ticket")
    receipt = await taps(page, ticket, "^Confirm$", "^Bought .* Yes")
    await kept(page, "4_bought")
    await taps(page, receipt, "^Position$", "P&L")
    position_id, _ = await world.database.row(HELD, IDA)
    assert isinstance(position_id, int)
    return position_id


async def profits_while_looking(world: World, page: Page, token: str) -> None:
    """The card moves by itself, to what Postgres has."""
    card = saying(page, "P&L").get_by_test_id("text")
    before = await card.inner_text()
    await world.venue.set_price(token, "0.52")
    await expect(card).to_have_text(re.compile(r"\(mid \+\$.*Now 52¢ · live", re.DOTALL))
    after = await card.inner_text()
    assert before != after
    told = re.search(r"\(mid \+\$([\d.]+),", after)
    assert told is not None, after
    position_id, _ = await world.database.row(HELD, IDA)
    await world.database.until(HELD, IDA, are=[(position_id, Decimal(told.group(1)))])
    await kept(page, "5_position")


async def is_told_and_takes_profit(world: World, page: Page, token: str) -> None:
    """One price does both: the alert's level is passed, and the profit is worth taking."""
    sales = await taps(page, saying(page, "P&L"), "^TP / SL$", "Nothing is armed")
    await button_on(sales, "^50%$").click()
    await expect(button_on(sales, "^✓ 50%$")).to_be_visible()
    await taps(page, sales, r"^TP \+10%$", r"^1\. ")
    await kept(page, "6_take_profit")
    await world.venue.set_price(token, "0.60")
    await expect(saying(page, "Alert: Yes at 55¢")).to_be_visible()
    await expect(saying(page, "^Take profit sold")).to_be_visible()
    await kept(page, "7_told")


async def sells_the_rest(world: World, page: Page, position_id: int) -> None:
    positions = await writes(page, "/positions", r"^1\. ")
    position = await taps(page, positions, r"^1\. ", "P&L net")
    ticket = await taps(page, position, "^Sell 100%$", "This quote expires")
    await taps(page, ticket, "^Confirm$", "^Sold")
    await kept(page, "8_sold")
    status, _ = await world.database.row(BOOKED, position_id)
    assert status == "closed"


async def reads_what_it_came_to(world: World, page: Page, position_id: int) -> None:
    """The picture is shown, and the spreadsheet adds up to what Postgres booked."""
    picture = (await writes(page, "/pnl", "P&L")).locator("img")
    width = await picture.get_attribute("width")
    await expect(picture).to_have_js_property("naturalWidth", int(width or 0))
    assert int(width or 0) > PHONE["width"]
    await kept(page, "9_pnl")

    history = await writes(page, "/history", "^History")
    sent = await taps(page, history, "^Save as CSV$", "^Your trades, paper money")
    link = sent.locator("a.file")
    await expect(link).to_have_attribute("download", re.compile(r"\.csv$"))
    async with page.expect_download(timeout=PATIENCE) as arriving:
        await link.click()
    text = Path(await (await arriving.value).path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    _, booked = await world.database.row(BOOKED, position_id)
    assert [row["side"].lower() for row in rows].count("buy") == 1
    assert len(rows) == 3
    assert sum(Decimal(row["realized_pnl"]) for row in rows) == booked
    await kept(page, "10_csv")
