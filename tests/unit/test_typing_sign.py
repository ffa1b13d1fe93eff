"""Whoever waits for an answer sees that it is being worked on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from telegram_bot.callbacks import Codec
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Pace
from telegram_bot.typing_sign import TypingSign
from tests.support.manual_clock import ManualClock, settle
from tests.support.telegram import Refusal, ScriptedTelegram, scripted_bot

ANN = 1001


class Room:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.telegram = ScriptedTelegram(self.clock)
        self.sign: TypingSign

    async def open(self) -> None:
        bot = await scripted_bot(self.telegram)
        self.sign = TypingSign(Messenger(bot, Codec("run1"), self.clock, Pace()), self.clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            part = tasks.create_task(self.sign.run())
            await settle()
            yield
            part.cancel()

    def signs(self) -> list[float]:
        return [call.at for call in self.telegram.of("sendChatAction", ANN)]


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def room() -> Room:
    room = Room()
    await room.open()
    return room


async def test_a_slow_answer_is_announced_until_it_is_there(room: Room) -> None:
    async with room.running():
        with room.sign.over(ANN):
            await room.clock.advance(10)
        await room.clock.advance(20)
    assert room.signs() == pytest.approx([0.7, 5.2, 9.7])


async def test_a_quick_answer_is_not(room: Room) -> None:
    async with room.running():
        with room.sign.over(ANN):
            await room.clock.advance(0.5)
        await room.clock.advance(20)
    assert room.signs() == []


async def test_a_sign_that_telegram_refuses_disturbs_nobody(room: Room) -> None:
    room.telegram.refuse("sendChatAction", Refusal(429, "Too Many Requests: retry after 9", 9))
    async with room.running():
        with room.sign.over(ANN):
            await room.clock.advance(16)
    assert len(room.signs()) >= 2


async def test_what_fails_is_not_announced_any_longer(room: Room) -> None:
    async with room.running():
        with pytest.raises(ZeroDivisionError), room.sign.over(ANN):
            raise ZeroDivisionError
        await room.clock.advance(20)
    assert room.signs() == []
