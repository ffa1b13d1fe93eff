"""The chat page in a real browser: what a person sees and presses."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from telegram import Bot, BotCommand, CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from tests.integration.sandbox_telegram_support import CHAT, TOKEN, next_update

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE = 20_000  # milliseconds
EMOJI = "".join(chr(0x1F600 + number % 80) for number in range(300))
PLACES = """async (button) => {
  const places = new Set();
  for (let frame = 0; frame < 12; frame += 1) {
    places.add(Math.round(button.getBoundingClientRect().top));
    await new Promise(requestAnimationFrame);
  }
  return places.size;
}"""
"""At how many places a button is seen in twelve pictures in a row."""
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> & <b>"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, as `chromium` in PATH"),
    pytest.mark.xdist_group("page"),  # they share a browser
]


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with served(TelegramSandbox(TOKEN)) as url:
        yield url


@pytest.fixture
async def bot(url: str) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, f"{url}/bot") as bot:
        await bot.set_my_commands([BotCommand("help", "What I can do")])
        yield bot


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all pages, each of which has its own cookies and storage."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, url: str, bot: Bot) -> AsyncIterator[Page]:
    """The page after a tap on Start; anything in its console that is an error fails the test."""
    errors: list[str] = []
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    await page.goto(f"{url}/?user={CHAT}&name=Ann")
    await page.get_by_test_id("start").click()
    await expect(page.get_by_test_id("text")).to_have_text(["/start"])
    await bot.get_updates(offset=-1, timeout=0)
    yield page
    await page.close()
    assert errors == []


def keyboard(count: int) -> InlineKeyboardMarkup:
    buy = InlineKeyboardButton(f"Buy {count}", callback_data=f"buy:{count}")
    copy = InlineKeyboardButton("Copy", copy_text=CopyTextButton("0xabc"))
    link = InlineKeyboardButton("Open", url="https://polymarket.com/")
    return InlineKeyboardMarkup([[buy], [copy, link]])


async def test_text_from_outside_stays_text(page: Page, bot: Bot) -> None:
    sent = await bot.send_message(CHAT, HOSTILE, reply_markup=keyboard(1))
    bubble = page.locator(f'[data-message-id="{sent.message_id}"]')
    await expect(bubble.get_by_test_id("text")).to_have_text(HOSTILE)
    assert await bubble.locator("img").count() == 0
    assert "owned" not in await page.title()


async def test_a_tap_shows_the_answer_and_an_edit_changes_the_bubble_in_place(
    page: Page, bot: Bot
) -> None:
    sent = await bot.send_message(CHAT, "Card", reply_markup=keyboard(1))
    bubble = page.locator(f'[data-message-id="{sent.message_id}"]')
    button = bubble.get_by_test_id("button").first
    element = await button.element_handle()
    await button.click()
    query = None
    offset = 0
    while query is None:
        update = await next_update(bot, offset)
        query, offset = update.callback_query, update.update_id + 1
    assert (query.data, query.from_user.id) == ("buy:1", CHAT)
    await bot.answer_callback_query(query.id, "Bought")
    await expect(page.get_by_test_id("toast")).to_have_text("Bought")
    await bot.edit_message_text("New card", CHAT, sent.message_id, reply_markup=keyboard(2))
    await expect(bubble.get_by_test_id("text")).to_have_text("New card")
    assert element is not None
    assert await element.inner_text() == "Buy 2"
    await bot.delete_message(CHAT, sent.message_id)
    await expect(bubble).to_have_count(0)


async def test_typing_commands_and_links_work_by_keyboard(page: Page, bot: Bot) -> None:
    await page.get_by_test_id("input").fill("/he")
    await page.get_by_test_id("input").press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("text").last).to_have_text("/help")
    await page.get_by_test_id("input").fill("two words")
    await page.get_by_test_id("input").press("Enter")
    await expect(page.get_by_test_id("text").last).to_have_text("two words")
    sent = await bot.send_message(CHAT, "Links", reply_markup=keyboard(1))
    link = page.locator(f'[data-message-id="{sent.message_id}"] a')
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(link).to_have_attribute("target", "_blank")


async def test_buttons_stand_still_while_their_message_arrives_and_is_edited(
    page: Page, bot: Bot
) -> None:
    await page.get_by_test_id("input").fill(EMOJI)
    await page.get_by_test_id("input").press("Enter")
    sent = await bot.send_message(CHAT, f"Card {EMOJI}", reply_markup=keyboard(1))
    button = page.locator(f'[data-message-id="{sent.message_id}"] button').first
    assert await button.evaluate(PLACES) == 1
    for number in range(5):
        text = "Price\n" * number + f"{EMOJI} {number}"
        await bot.edit_message_text(text, CHAT, sent.message_id, reply_markup=keyboard(1))
        await expect(page.get_by_test_id("text").last).to_have_text(text)
        assert await button.evaluate(PLACES) == 1
    await button.click(timeout=PATIENCE)


async def test_a_toast_is_no_obstacle_for_a_tap_below_it(page: Page, bot: Bot) -> None:
    sent = await bot.send_message(CHAT, "Card", reply_markup=keyboard(1))
    copy = page.locator(f'[data-message-id="{sent.message_id}"]').get_by_text("Copy")
    await copy.click()
    await expect(page.get_by_test_id("toast")).to_be_visible()
    place = await page.get_by_test_id("toast").bounding_box()
    assert place is not None
    hit = "([x, y]) => document.elementFromPoint(x, y).dataset.testid"
    middle = [place["x"] + place["width"] / 2, place["y"] + place["height"] / 2]
    assert await page.evaluate(hit, middle) != "toast"
