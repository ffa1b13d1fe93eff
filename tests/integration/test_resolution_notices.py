"""Holders are told of a result: once, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.account import Account
from core.domain.market import Market
from core.domain.notice import MarketEnded, NoticeKind
from core.domain.units import ONE, ZERO, PositionId, Price, Size, UserId
from core.services.outbox import FIRST_PAUSE, MAX_ATTEMPTS, REMEMBERED, Outbox
from core.services.position.resolution_service import ResolutionService
from core.storage import notices
from core.storage.models import Sessions
from telegram_bot.callbacks import Codec
from telegram_bot.clock import SystemClock
from telegram_bot.messenger import Messenger
from telegram_bot.notices import NoticeSender
from telegram_bot.pacing import Pace
from tests.support import examples
from tests.support.chat import ANN, BEN, Chat, Person, buttons, open_chat
from tests.support.endings import NOTICES, rows_of
from tests.support.telegram import Refusal, ScriptedTelegram, scripted_bot

ENDED = replace(
    examples.market(),
    is_closed=True,
    is_resolved=True,
    accepts_orders=False,
    resolved_outcome="Yes",
    payouts=(Price(ONE), Price(ZERO)),
)


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        yield chat


def sender_of(chat: Chat, outbox: Outbox) -> NoticeSender:
    return NoticeSender(outbox, chat.bot.messenger, chat.bot.clock)


@asynccontextmanager
async def talking(chat: Chat, outbox: Outbox) -> AsyncIterator[None]:
    """The bot with its notices."""
    async with chat.running(), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(sender_of(chat, outbox).run())
        yield
        running.cancel()


async def holder(chat: Chat, person: int = ANN) -> PositionId:
    """Somebody known to the bot, with ten shares of Yes."""
    user = await chat.services.users.admit(person, "Ann")
    assert user is not None
    position = await chat.services.positions[Account.PAPER].create_position(
        user.id, ENDED.id, size=Size(Decimal(10)), price=Price(Decimal("0.6"))
    )
    return position.id


async def resolve(chat: Chat, sessions: Sessions, outbox: Outbox, end: Market = ENDED) -> int:
    service = ResolutionService(sessions, chat.manager, outbox, now=chat.wall)
    return await service.take_over([end])


async def told(person: Person) -> list[str]:
    """Every notice in the chat."""
    return [each["text"] for each in await person.chat() if each["text"].startswith("Resolved")]


async def test_holders_are_told_at_once_what_they_were_paid(chat: Chat, sessions: Sessions) -> None:
    outbox, ann, ben = Outbox(sessions, now=chat.wall), chat.person(ANN), chat.person(BEN)
    await holder(chat, ANN)
    await holder(chat, BEN)
    async with talking(chat, outbox):
        for person in (ann, ben):
            await person.says("/home")
        await resolve(chat, sessions, outbox)
        notice = await ann.reads("Resolved: Yes")
        assert "Your 10 Yes paid $10.00.\nP&L +$4.00 after all fees" in notice["text"]
        assert buttons(notice) == ["Positions", "Home"]
        await ben.reads("Resolved: Yes")
        shown = await ann.opens(notice, "Positions")
        assert shown["id"] > notice["id"]
        assert "cash $1,004.00" in shown["text"]
        assert "Nothing is open" in shown["text"]
        assert await ann.violations() == []
    assert (len(await told(ann)), len(await told(ben))) == (1, 1)


async def test_a_restart_between_payment_and_notice_loses_and_repeats_nothing(
    chat: Chat, sessions: Sessions
) -> None:
    await holder(chat)
    async with chat.running():
        await chat.person().says("/home")
        assert await resolve(chat, sessions, Outbox(sessions, now=chat.wall)) == 1
    for due in (1, 0):
        outbox = Outbox(sessions, now=chat.wall)
        async with chat.running():
            assert await sender_of(chat, outbox).send_due() == due
            assert await resolve(chat, sessions, outbox) == 0
        chat.wall.offset += timedelta(hours=2)
    assert len(await told(chat.person())) == 1


async def test_a_notice_is_nobody_s_while_it_is_being_sent(chat: Chat, sessions: Sessions) -> None:
    outbox = Outbox(sessions, now=chat.wall)
    await holder(chat)
    await resolve(chat, sessions, outbox)
    claims = await asyncio.gather(*(outbox.claim() for _ in range(4)))
    assert sorted(len(claim) for claim in claims) == [0, 0, 0, 1]
    chat.wall.offset = FIRST_PAUSE + timedelta(seconds=5)
    (again,) = await outbox.claim()
    assert again.attempts == 2


async def test_somebody_who_blocked_the_bot_is_noted_and_left_alone(
    chat: Chat, sessions: Sessions
) -> None:
    outbox = Outbox(sessions, now=chat.wall)
    await holder(chat)
    async with chat.running():
        await chat.person().says("/home")
        await chat.person().blocks()
        await resolve(chat, sessions, outbox)
        assert await sender_of(chat, outbox).send_due() == 1
    (row,) = await rows_of(sessions, NOTICES)
    assert (row["sent_at"], row["attempts"]) == (None, 1)
    assert row["dropped_at"] is not None
    chat.wall.offset = timedelta(days=1)
    assert await outbox.claim() == []


async def test_a_telegram_that_is_away_gets_the_notice_later(
    chat: Chat, sessions: Sessions
) -> None:
    outbox, ann = Outbox(sessions, now=chat.wall), chat.person()
    sender = sender_of(chat, outbox)
    await holder(chat)
    async with chat.running():
        await ann.says("/home")
        await ann.trouble("sendMessage", "502", times=4)
        await resolve(chat, sessions, outbox)
        assert await sender.send_due() == 1
        assert await sender.send_due() == 0
        assert await told(ann) == []
        chat.wall.offset = FIRST_PAUSE + timedelta(seconds=5)
        assert await sender.send_due() == 1
        assert len(await told(ann)) == 1
    (row,) = await rows_of(sessions, NOTICES)
    assert row["attempts"] == 2
    assert row["sent_at"] is not None


async def test_what_an_ended_program_had_claimed_is_due_after_the_next_start(
    chat: Chat, sessions: Sessions
) -> None:
    await holder(chat)
    async with chat.running():
        await chat.person().says("/home")
    await resolve(chat, sessions, Outbox(sessions, now=chat.wall))
    assert len(await Outbox(sessions, now=chat.wall).claim()) == 1
    async with talking(chat, Outbox(sessions, now=chat.wall)):
        await chat.person().reads("Resolved: Yes")
    assert len(await told(chat.person())) == 1


async def test_what_never_arrives_is_given_up_some_day(chat: Chat, sessions: Sessions) -> None:
    outbox = Outbox(sessions, now=chat.wall)
    await holder(chat)
    await resolve(chat, sessions, outbox)
    for _ in range(MAX_ATTEMPTS):
        (notice,) = await outbox.claim()
        await outbox.not_sent(notice)
        chat.wall.offset += timedelta(hours=2)
    assert await outbox.claim() == []
    (row,) = await rows_of(sessions, NOTICES)
    assert (row["attempts"], row["sent_at"]) == (MAX_ATTEMPTS, None)
    assert row["dropped_at"] is not None


async def test_a_notice_that_nobody_can_read_stops_no_other(chat: Chat, sessions: Sessions) -> None:
    outbox = Outbox(sessions, now=chat.wall)
    user = await chat.services.users.admit(ANN, "Ann")
    assert user is not None
    async with sessions.begin() as session:
        for key, kind in (("bad", NoticeKind.RESOLUTION), ("unknown", NoticeKind.PEOPLE)):
            told = notices.Told(kind, {"market_id": 5})
            assert await notices.add(session, user.id, key, told, chat.wall())
        good = MarketEnded(ENDED.id, ENDED.question, "Yes", ())
        await outbox.write_down(session, user.id, "good", good)
    (notice,) = await outbox.claim()
    assert (notice.key, notice.news) == ("good", good)
    assert [row["dropped_at"] is None for row in await rows_of(sessions, NOTICES)] == [
        False,
        False,
        True,
    ]


async def test_waiting_notices_are_counted_until_they_arrive_or_are_given_up(
    chat: Chat, sessions: Sessions
) -> None:
    outbox = Outbox(sessions, now=chat.wall)
    await holder(chat)
    await holder(chat, BEN)
    await resolve(chat, sessions, outbox)
    first, second = await outbox.claim()
    await outbox.count()
    assert outbox.statistics.waiting == 2
    await outbox.sent(first, 1)
    await outbox.undeliverable(second, "nobody is there")
    await outbox.count()
    figures = outbox.statistics
    assert (figures.waiting, figures.sent, figures.given_up) == (0, 1, 1)


async def test_a_silent_notice_comes_without_a_sound_and_is_known_by_its_message(
    chat: Chat, sessions: Sessions
) -> None:
    outbox, ann = Outbox(sessions, now=chat.wall), chat.person(ANN)
    user = await chat.services.users.admit(ANN, "Ann")
    assert user is not None
    async with chat.running():
        home = await ann.says("/home")
        async with sessions.begin() as session:
            end = MarketEnded(ENDED.id, "Quiet?", "Yes", ())
            await outbox.write_down(session, user.id, "quiet", end, silent=True)
        assert await sender_of(chat, outbox).send_due() == 1
        told = await ann.reads("Quiet?")
    assert (home["silent"], told["silent"]) == (False, True)
    (row,) = await rows_of(sessions, NOTICES)
    assert (row["silent"], row["sent_message_id"]) == (True, told["id"])


async def test_a_known_key_writes_nothing_down(chat: Chat, sessions: Sessions) -> None:
    outbox = Outbox(sessions, now=chat.wall)
    user = await chat.services.users.admit(ANN, "Ann")
    assert user is not None
    for _ in range(2):
        async with sessions.begin() as session:
            await outbox.write_down(session, user.id, "one", MarketEnded(ENDED.id, "?", None, ()))
    assert len(await rows_of(sessions, NOTICES)) == 1


async def test_old_notices_are_forgotten_and_waiting_ones_never(
    chat: Chat, sessions: Sessions
) -> None:
    outbox = Outbox(sessions, now=chat.wall)
    user = await chat.services.users.admit(ANN, "Ann")
    assert user is not None
    await _three_notices(sessions, outbox, user.id)
    chat.wall.offset = REMEMBERED + timedelta(hours=1)
    await outbox.resume()
    assert [row["key"] for row in await rows_of(sessions, NOTICES)] == ["waiting"]


async def _three_notices(sessions: Sessions, outbox: Outbox, user: UserId) -> None:
    """One sent, one given up, one that waits."""
    async with sessions.begin() as session:
        for key in ("sent", "dropped", "waiting"):
            await outbox.write_down(session, user, key, MarketEnded(ENDED.id, "?", None, ()))
    sent, dropped, _ = await outbox.claim()
    await outbox.sent(sent, 1)
    await outbox.undeliverable(dropped, "a test")


async def test_an_open_card_says_how_its_market_ended(chat: Chat, sessions: Sessions) -> None:
    outbox, ann = Outbox(sessions, now=chat.wall), chat.person()
    chat.streams(examples.YES, "0.61", "0.63")
    await holder(chat)
    async with talking(chat, outbox):
        card = await ann.says("bitcoin")
        card = await ann.opens(card, buttons(card)[0])
        await resolve(chat, sessions, outbox)
        await ann.reads("Your 10 Yes paid")
        chat.streams(examples.YES, "0.97", "0.99")
        ended = await ann.reads("Yes pays 100¢ a share")
        assert ended["id"] == card["id"]
        assert "You hold" not in ended["text"]
        assert buttons(ended) == ["All outcomes", "Watch", "Chart", "Share", "Refresh", "Home"]


async def test_a_notice_to_somebody_telegram_does_not_know_stops_no_other(
    chat: Chat, sessions: Sessions
) -> None:
    """As for a user who was put into the database by hand."""
    outbox = Outbox(sessions, now=chat.wall)
    await holder(chat, BEN)
    await holder(chat, ANN)
    async with chat.running():
        await chat.person().says("/home")
        await resolve(chat, sessions, outbox)
        assert await sender_of(chat, outbox).send_due() == 2
    assert [row["sent_at"] is None for row in await rows_of(sessions, NOTICES)] == [True, False]
    assert len(await told(chat.person())) == 1


async def test_a_notice_that_telegram_refuses_is_given_up(chat: Chat, sessions: Sessions) -> None:
    outbox, clock = Outbox(sessions, now=chat.wall), SystemClock()
    telegram = ScriptedTelegram(clock)
    telegram.refuse("sendMessage", Refusal(400, "Bad Request: can't parse entities"))
    messenger = Messenger(await scripted_bot(telegram), Codec("run1"), clock, Pace())
    await holder(chat)
    await resolve(chat, sessions, outbox)
    assert await NoticeSender(outbox, messenger, clock).send_due() == 1
    chat.wall.offset = timedelta(days=1)
    assert await outbox.claim() == []
    assert (await rows_of(sessions, NOTICES))[0]["dropped_at"] is not None
