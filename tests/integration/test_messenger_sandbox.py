"""The messenger over our transport, against the sandbox's faults and its limits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
from telegram import Bot

from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from telegram_bot.callbacks import Codec
from telegram_bot.clock import SystemClock
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Pace, Urgency
from telegram_bot.screens.screen import Screen, home_button
from telegram_bot.transport import Patience, TelegramTransport
from tests.integration.sandbox_telegram_support import TOKEN, fetch, post, violations

ANN, BEN, CLEO, DAN = 1001, 1002, 1003, 1004
SCREEN = Screen("Hi", ((home_button(),),))


@dataclass
class House:
    messenger: Messenger
    users: aiohttp.ClientSession

    async def trouble(self, kind: str, method: str = "sendMessage", **details: object) -> None:
        await post(self.users, "/api/faults", {"method": method, "kind": kind, **details})

    async def texts(self, chat: int) -> list[object]:
        body = await fetch(self.users, f"/api/chats/{chat}/messages")
        return [each["text"] for each in body["messages"]][1:]


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with telegram_house(Patience()) as house:
        yield house


@asynccontextmanager
async def telegram_house(patience: Patience) -> AsyncIterator[House]:
    request = TelegramTransport(8, patience)
    async with served(TelegramSandbox(TOKEN)) as url, aiohttp.ClientSession(url) as users:
        for chat in (ANN, BEN, CLEO, DAN):
            await post(users, f"/api/chats/{chat}/send", {"text": "/start"})
        bot = Bot(TOKEN, f"{url}/bot", request=request, get_updates_request=TelegramTransport(1))
        async with bot:
            yield House(Messenger(bot, Codec("run1"), SystemClock(), Pace()), users)


async def test_a_message_that_was_accepted_without_an_answer_is_not_sent_twice(
    house: House,
) -> None:
    await house.trouble("drop_after")
    assert await house.messenger.send(ANN, SCREEN) is None
    assert await house.texts(ANN) == ["Hi"]


async def test_an_edit_that_was_accepted_without_an_answer_counts_as_done(house: House) -> None:
    message = await house.messenger.send(ANN, SCREEN)
    assert message is not None
    await house.trouble("drop_after", "editMessageText")
    assert await house.messenger.edit(ANN, message, Screen("New")) == message
    assert await house.texts(ANN) == ["New"]


async def test_a_gateways_hiccup_loses_nothing(house: House) -> None:
    await house.trouble("502", times=2)
    assert await house.messenger.send(ANN, SCREEN) is not None
    assert await house.texts(ANN) == ["Hi"]


async def test_an_answer_that_is_slow_is_not_followed_by_a_second_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with telegram_house(Patience(read=0.3)) as house:
        await house.trouble("hang")
        assert await house.messenger.send(ANN, SCREEN) is None
        assert await house.texts(ANN) == []


async def test_a_document_arrives_byte_by_byte_under_its_name(house: House) -> None:
    content = "id,price\r\n1,0.5\r\n=é\r\n".encode()
    assert await house.messenger.files.document(ANN, "trades.csv", content, SCREEN) is not None
    body = await fetch(house.users, f"/api/chats/{ANN}/messages")
    ((words, document),) = [
        (each["text"], each["document"])
        for each in body["messages"]
        if isinstance(each["document"], dict)
    ]
    assert (words, document["name"], document["size"]) == ("Hi", "trades.csv", len(content))
    async with house.users.get(document["url"]) as answer:
        assert await answer.read() == content


async def test_while_one_chat_is_slowed_down_the_others_are_served(house: House) -> None:
    messenger = house.messenger
    await house.trouble("429", retry_after=3)
    assert await messenger.send(ANN, SCREEN, within=0.2) is None
    for chat in (BEN, CLEO, DAN):
        assert await messenger.send(chat, SCREEN) is not None
    assert messenger.lanes.wait(ANN, Urgency.ORDER) > 0
    assert await messenger.send(ANN, SCREEN) is not None
    assert messenger.lanes.statistics.floods == 1


async def test_a_burst_to_one_chat_and_a_broadcast_meet_no_limit_of_telegram(house: House) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(6):
            tasks.create_task(house.messenger.send(ANN, Screen(f"{number}")))
        for chat in (BEN, CLEO, DAN):
            tasks.create_task(house.messenger.send(chat, SCREEN, urgency=Urgency.BROADCAST))
    assert await house.texts(ANN) == [f"{number}" for number in range(6)]
    assert await violations(house.users) == []
