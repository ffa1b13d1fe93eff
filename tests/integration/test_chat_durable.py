"""The bot over its inbox: nothing told to it is lost, doubled, or acted upon too late."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.services.inbox import MAX_ATTEMPTS, Inbox
from core.services.milestones import Milestone
from core.storage.models import Sessions
from telegram_bot.bot import BotSettings, TelegramBot
from telegram_bot.clock import SystemClock
from telegram_bot.mailbox import STORE_DELAY
from tests.support import examples
from tests.support.chat import (
    ANN,
    BEN,
    PATIENCE,
    TOKEN,
    Chat,
    Message,
    Person,
    buttons,
    data_of,
    open_chat,
)

YES = examples.YES
KEY = "0x" + "ab" * 32
FIRST_ID = 700_000_000  # of the sandbox's own updates; those of the tests are below
STORE = sa.text("""
    INSERT INTO updates (update_id, event, telegram_id, kind, body, sent_after, attempts)
    VALUES (:id, 'of a dead run', :user, 'message', :body, :at, :attempts)
""").bindparams(sa.bindparam("body", type_=sa.JSON))


class Bell:
    """Rings whenever an update was settled."""

    def __init__(self) -> None:
        self.rang = asyncio.Event()

    def __call__(self, milestone: Milestone) -> None:
        if milestone is Milestone.UPDATE_HANDLED:
            self.rang.set()


class Patient(SystemClock):
    """Says when somebody waits for the database."""

    def __init__(self) -> None:
        self.waits = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if seconds == STORE_DELAY:
            self.waits.set()
        await super().sleep(seconds)


@dataclass
class House:
    """A chat whose bot keeps what it is told; both people have written before."""

    chat: Chat
    sessions: Sessions
    bell: Bell = field(default_factory=Bell)
    clock: Patient = field(default_factory=Patient)

    def bot(self, **settings: Any) -> TelegramBot:
        """Another run of the program."""
        place = BotSettings(TOKEN, self.chat.url, poll_timeout=2.0, is_sandbox=True)
        return TelegramBot(
            replace(place, **settings),
            self.chat.services,
            self.chat.board,
            self.chat.manager,
            inbox=Inbox(self.sessions, reached=self.bell),
            clock=self.clock,
        )

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[TelegramBot]:
        bot = self.bot(**settings)
        async with asyncio.TaskGroup() as tasks:
            part = tasks.create_task(bot.run())
            yield bot
            part.cancel()

    def person(self, user: int = ANN) -> Person:
        return self.chat.person(user)

    async def outcomes(self) -> dict[int, str | None]:
        """How the updates of the test ended."""
        query = sa.text("SELECT update_id, outcome FROM updates WHERE update_id < :first")
        async with self.sessions() as session:
            found = await session.execute(query, {"first": FIRST_ID})
            return {row.update_id: row.outcome for row in found}

    async def settled(self, *numbers: int) -> list[str | None]:
        """How those ended, once all have."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.bell.rang.clear()
                found = await self.outcomes()
                if all(found.get(number) for number in numbers):
                    return [found[number] for number in numbers]
                await self.bell.rang.wait()

    async def left(self, update: dict[str, Any], *, ago: float = 0.0, attempts: int = 1) -> None:
        """A run that died stored this and did not answer it."""
        at = datetime.now(UTC) - timedelta(seconds=ago)
        values = {"id": update["update_id"], "user": ANN, "body": update, "at": at}
        async with self.sessions.begin() as session:
            await session.execute(STORE, values | {"attempts": attempts})

    async def answers(self, words: str, user: int = ANN) -> list[Message]:
        messages = await self.person(user).chat()
        return [each for each in messages if each["from"]["is_bot"] and words in each["text"]]

    async def rename(self, table: str, name: str) -> None:
        async with self.sessions.begin() as session:
            await session.execute(sa.text(f"ALTER TABLE {table} RENAME TO {name}"))


@pytest.fixture
async def house(sessions: Sessions) -> AsyncIterator[House]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(YES, "0.61", "0.63")
        house = House(chat, sessions)
        async with house.running():
            for user in (ANN, BEN):
                await house.person(user).says("/home")
        yield house


def written(text: str, number: int, user: int = ANN) -> dict[str, Any]:
    """An update as Telegram tells it."""
    person = {"id": user, "is_bot": False, "first_name": "Somebody"}
    now = int(datetime.now(UTC).timestamp())
    body = {"message_id": 900 + number, "date": now, "from": person, "text": text}
    body["chat"] = {"id": user, "type": "private"}
    return {"update_id": number, "message": body}


async def test_an_update_that_is_told_again_is_answered_once(house: House) -> None:
    async with house.running():
        update = written("/help", 5)
        await house.person().forges_update(update)
        assert await house.settled(5) == ["answered"]
        await house.person().forges_update(update)
        await house.person().says("/status")
        assert len(await house.answers("Find a market")) == 1


async def test_what_a_dead_run_left_is_answered_first_and_in_order(house: House) -> None:
    said = [("/help", ANN), ("/positions", ANN), ("/home", BEN), ("/status", ANN)]
    for number, (words, user) in enumerate(said, 1):
        await house.left(written(words, number, user))
    async with house.running():
        assert set(await house.settled(1, 2, 3, 4)) == {"answered"}
    shown = [each["text"] for each in await house.answers("")][1:]
    assert len(shown) == 3
    assert "Find a market" in shown[0]
    assert "Stream" in shown[2]


async def test_what_was_cut_off_half_way_is_answered_by_the_next_run(house: House) -> None:
    house.chat.venue.answers.clear()
    ann = house.person()
    async with house.running():
        await ann.writes("polymarket.com/event/unheard-of")
        await ann.sees_typing()
    house.chat.venue.answers.set()
    async with house.running():
        await ann.reads("There is no event unheard-of.")


async def test_words_about_money_that_come_too_late_do_nothing(house: House) -> None:
    await house.left(written("buy yes", 1), ago=61)
    await house.left(written("/help", 2), ago=3 * 3600)
    async with house.running():
        late = await house.person().reads("Expired, write it again.")
        assert "no money moved" in late["text"]
        assert buttons(late) == ["Home"]
        assert await house.settled(1, 2) == ["late", "answered"]


async def test_a_tap_from_an_outage_is_explained_once_and_makes_no_order(house: House) -> None:
    ann = house.person()
    async with house.running():
        await ann.says("polymarket.com/market/" + examples.market().slug)
        card = await ann.opens(await ann.reads("Yes 62¢"), "Yes")
        ticket = await ann.opens(card, "$10")
    person = {"id": ANN, "is_bot": False, "first_name": "Ann"}
    shown = {"message_id": ticket["id"], "date": 1, "chat": {"id": ANN, "type": "private"}}
    query = {"id": "1", "from": person, "chat_instance": "1", "message": shown}
    query["data"] = data_of(ticket, "Confirm")
    for number in (1, 2):
        await house.left({"update_id": number, "callback_query": query}, ago=3 * 3600)
    async with house.running():
        assert await house.settled(1, 2) == ["late", "late"]
        assert len(await house.answers("Expired, tap again.")) == 1
    async with house.sessions() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM orders")) == 0


async def _ticket(house: House) -> Message:
    """A ticket for ten dollars that a run has shown before it ended."""
    ann = house.person()
    async with house.running():
        await ann.says("polymarket.com/market/" + examples.market().slug)
        card = await ann.opens(await ann.reads("Yes 62¢"), "Yes")
        return await ann.opens(card, "$10")


def _tapped(ticket: Message, label: str, number: int) -> dict[str, Any]:
    person = {"id": ANN, "is_bot": False, "first_name": "Ann"}
    chat, now = {"id": ANN, "type": "private"}, int(datetime.now(UTC).timestamp())
    shown = {"message_id": ticket["id"], "date": now, "chat": chat}
    query = {"id": str(number), "from": person, "chat_instance": "1", "message": shown}
    return {"update_id": number, "callback_query": query | {"data": data_of(ticket, label)}}


async def _orders(house: House) -> list[str]:
    async with house.sessions() as session:
        return list(await session.scalars(sa.text("SELECT status FROM orders")))


async def test_a_tap_stored_before_a_crash_is_one_order(house: House) -> None:
    ticket = await _ticket(house)
    for number in (1, 2):
        await house.left(_tapped(ticket, "Confirm", number))
    async with house.running():
        assert await house.settled(1, 2) == ["answered", "answered"]
        await house.person().reads("Bought 15.873 Yes")
    assert await _orders(house) == ["filled"]


async def test_a_tap_on_a_ticket_of_an_earlier_run_that_comes_later_is_no_order(
    house: House,
) -> None:
    ticket = await _ticket(house)
    async with house.running():
        await house.person().forges_update(_tapped(ticket, "Confirm", 1))
        assert await house.settled(1) == ["answered"]
        await house.person().reads("Nothing was bought or sold by it")
    assert await _orders(house) == []


async def test_a_tap_that_made_its_order_and_is_found_too_late_tells_of_the_order(
    house: House,
) -> None:
    ann = house.person()
    ticket = await _ticket(house)
    await house.left(_tapped(ticket, "Confirm", 1))
    async with house.running():
        assert await house.settled(1) == ["answered"]
        receipt = await ann.reads("Bought 15.873 Yes")
    await house.left(_tapped(ticket, "Confirm", 2), ago=3600)
    async with house.running():
        assert await house.settled(2) == ["late"]
        await ann.sees(lambda one: one["id"] > receipt["id"] and "Bought 15.873" in one["text"])
    assert await house.answers("no money moved") == []
    assert await _orders(house) == ["filled"]


async def test_a_typed_order_that_a_crash_cut_off_leads_to_its_ticket_and_to_one_order(
    house: House,
) -> None:
    words = f"polymarket.com/market/{examples.market().slug} buy yes 10"
    await house.left(written(words, 1), ago=90)
    async with house.running():
        ticket = await house.person().reads("Buy Yes?")
        assert await house.settled(1) == ["answered"]
        assert await _orders(house) == []
        await house.person().taps(ticket, "Confirm")
        await house.person().reads("Bought 15.873 Yes")
    assert await _orders(house) == ["filled"]


async def test_a_typed_order_that_cannot_be_had_any_more_is_explained_after_a_crash(
    house: House,
) -> None:
    words = f"polymarket.com/market/{examples.market().slug} sell yes all"
    await house.left(written(words, 1))
    async with house.running():
        await house.person().reads("You hold nothing of this")


@pytest.mark.parametrize("ago", [0, 3600])
async def test_an_amount_whose_question_a_crash_forgot_is_explained_and_not_searched_for(
    house: House, ago: int
) -> None:
    await house.left(written("$25", 1), ago=ago)
    async with house.running():
        told = await house.person().reads("I was restarted while I worked on your answer.")
        assert buttons(told) == ["Orders", "Positions", "Home"]
    assert await house.answers("no money moved") == []
    assert await _orders(house) == []


async def test_a_ticket_that_was_cancelled_is_no_order_after_a_crash(house: House) -> None:
    ticket = await _ticket(house)
    await house.left(_tapped(ticket, "Cancel", 1))
    await house.left(_tapped(ticket, "Confirm", 2))
    async with house.running():
        assert await house.settled(1, 2) == ["answered", "answered"]
    assert await _orders(house) == []


async def test_an_update_that_runs_die_over_is_given_up(house: House) -> None:
    await house.left(written("/help", 1), attempts=MAX_ATTEMPTS)
    await house.left(written("/status", 2), attempts=MAX_ATTEMPTS - 1)
    async with house.running():
        assert await house.settled(1, 2) == ["given up", "answered"]
    assert await house.answers("Find a market") == []
    async with house.sessions() as session:
        query = "SELECT attempts FROM updates WHERE update_id = 2"
        assert await session.scalar(sa.text(query)) == MAX_ATTEMPTS


async def test_a_handler_that_fails_has_said_so_and_is_not_run_again(house: House) -> None:
    house.chat.venue.is_broken = True
    await house.left(written("/status", 1))
    async with house.running():
        assert await house.settled(1) == ["failed"]
    assert len(await house.answers("Something went wrong here")) == 1


async def test_a_pasted_key_is_never_in_the_database_and_still_refused_after_a_crash(
    house: House,
) -> None:
    ann = house.person()
    async with house.running():
        await ann.writes(KEY)
        refused = await ann.reads("private key")
    async with house.sessions.begin() as session:
        stored = await session.scalars(sa.text("SELECT body::text FROM updates"))
        assert all(KEY[2:] not in body for body in stored)
        await session.execute(
            sa.text("UPDATE updates SET handled_at = NULL WHERE body::text LIKE :zeros"),
            {"zeros": f"%{'0' * 64}%"},
        )
    async with house.running():
        await ann.sees(lambda one: "private key" in one["text"] and one["id"] > refused["id"])


async def test_what_cannot_be_stored_stays_with_telegram_until_it_can(house: House) -> None:
    async with house.running():
        ann = house.person()
        await house.rename("updates", "away")
        house.clock.waits.clear()
        await ann.writes("/help")
        async with asyncio.timeout(PATIENCE):
            await house.clock.waits.wait()
        assert await house.answers("Find a market") == []
        await house.rename("away", "updates")
        await ann.reads("Find a market")
        assert len(await house.answers("Find a market")) == 1


async def test_a_pushed_update_is_stored_before_telegram_is_thanked(house: House) -> None:
    await house.left(written("/status", 1))
    pushed = json.dumps(written("/help", 2)).encode()
    settings = {"webhook_url": "http://127.0.0.1:9/none", "webhook_secret": "s"}
    async with house.running(**settings) as bot:
        await house.settled(1)
        assert await bot.webhook(pushed, "s") == 200
        assert await house.settled(2) == ["answered"]
        await house.rename("updates", "away")
        assert await bot.webhook(json.dumps(written("/home", 3)).encode(), "s") == 503
        await house.rename("away", "updates")
        assert await bot.webhook(pushed, "s") == 200
        assert len(await house.answers("Find a market")) == 1
