"""The owner hears once of prices beyond the limit, and not more than once an hour."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import InterfaceError

from telegram_bot.callbacks import Codec
from telegram_bot.left_out import LeftOutNotice
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Pace
from tests.support.manual_clock import ManualClock, settle
from tests.support.telegram import Refusal, ScriptedTelegram, scripted_bot

OWNER = 1001


class House:
    """The owner's chat, on one clock. `owner` is None until somebody has claimed the bot."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.telegram = ScriptedTelegram(self.clock)
        self.owner: int | None = OWNER
        self.troubles: list[Exception] = []
        self.notice: LeftOutNotice

    async def open(self) -> None:
        bot = await scripted_bot(self.telegram)
        messenger = Messenger(bot, Codec("run1"), self.clock, Pace())
        self.notice = LeftOutNotice(self._find, messenger, self.clock, 1000)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            part = tasks.create_task(self.notice.run())
            await settle()
            yield
            part.cancel()

    async def tells(self, *counts: int) -> None:
        for count in counts:
            self.notice.tell(count)
            await settle()

    def sent(self) -> list[float]:
        return [call.at for call in self.telegram.of("sendMessage", OWNER)]

    async def _find(self) -> int | None:
        if self.troubles:
            raise self.troubles.pop()
        return self.owner


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def house() -> House:
    house = House()
    await house.open()
    return house


async def test_an_episode_is_told_once_however_its_number_moves(house: House) -> None:
    async with house.running():
        await house.tells(2, 8, 4)
        await house.clock.advance(7300)
    assert house.sent() == [0]
    assert "2 prices are polled instead of streamed." in house.telegram.calls[0].text
    assert "limit of 1000" in house.telegram.calls[0].text


async def test_a_limit_that_is_crossed_again_and_again_is_told_once_an_hour(house: House) -> None:
    async with house.running():
        for _ in range(100):
            await house.tells(2, 0)
            await house.clock.advance(60)
        await house.tells(2)
        await house.clock.advance(3600)
    assert house.sent() == [0, 3600, 7200]


async def test_an_episode_that_ended_within_the_hour_is_not_told_afterwards(house: House) -> None:
    async with house.running():
        await house.tells(2, 0, 3, 0)
        await house.clock.advance(8000)
    assert house.sent() == [0]


async def test_without_an_owner_it_waits_for_one(house: House) -> None:
    house.owner = None
    async with house.running():
        await house.tells(2)
        house.owner = OWNER
        await house.clock.advance(60)
    assert house.sent() == [60]


async def test_a_database_or_a_telegram_that_is_away_is_asked_again(house: House) -> None:
    house.troubles.append(InterfaceError("SELECT 1", None, OSError("away")))
    house.telegram.refuse(str(OWNER), Refusal(429, "Too Many Requests: retry after 300", 300))
    async with house.running():
        await house.tells(2)
        await house.clock.advance(1000)
    assert house.sent()[0] == 60
    assert len(house.sent()) == 2


async def test_nothing_is_said_while_everything_is_streamed(house: House) -> None:
    async with house.running():
        await house.tells(0)
        await house.clock.advance(4000)
    assert house.telegram.calls == []
