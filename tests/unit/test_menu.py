"""What Telegram is told of the bot, by servers that know less than Telegram does."""

import asyncio

from telegram_bot.menu import Menu
from telegram_bot.reaching import Reaching
from tests.support.manual_clock import ManualClock
from tests.support.telegram import Refusal, ScriptedTelegram, scripted_bot

PATIENCE = 20.0  # seconds
UNKNOWN = Refusal(404, "Not Found")
ASKED = ("getMyCommands", "getMyShortDescription", "getMyDescription", "getChatMenuButton")
TOLD = ("setMyCommands", "setMyShortDescription", "setMyDescription", "setChatMenuButton")


async def told(telegram: ScriptedTelegram, reaching: Reaching) -> None:
    """The part that is for everybody, to its end."""
    menu = Menu(await scripted_bot(telegram), reaching)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(menu.run(), name="menu")
        await menu.is_told.wait()
        running.cancel()


async def test_a_server_without_descriptions_is_still_told_the_commands() -> None:
    clock = ManualClock()
    telegram, reaching = ScriptedTelegram(clock), Reaching(clock)
    for method in ("getMyShortDescription", "setMyShortDescription"):
        telegram.refuse(method, UNKNOWN, UNKNOWN)
    await told(telegram, reaching)
    assert reaching.is_up
    assert all(telegram.of(method) for method in TOLD)


async def test_a_server_that_says_yes_to_everything_is_told_everything() -> None:
    clock = ManualClock()
    telegram, reaching = ScriptedTelegram(clock), Reaching(clock)  # answers `true` to questions
    await told(telegram, reaching)
    assert reaching.is_up
    assert all(telegram.of(method) for method in (*ASKED, *TOLD))
