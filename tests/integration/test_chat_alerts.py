"""Alerts in the chat: set by taps and in words, told once, muted, removed; how people are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.alert import MOST_ALERTS, AlertKind, NewAlert
from core.domain.notice import Broadcast, ClosingSoon, NoticeKind, Warned
from core.domain.preferences import ConfirmMode, NoticeMode
from core.domain.units import MarketId, UserId
from core.services.alerts.alert_engine import AlertEngine
from core.services.alerts.alert_wishes import AlertWishes
from core.services.outbox import Outbox
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from telegram_bot.notices import NoticeSender
from tests.support import examples
from tests.support.chat import ANN, Chat, Message, Person, buttons, open_chat

YES = examples.YES
LINK = "https://polymarket.com/event/bitcoin-in-december/bitcoin-above-100k-on-december-31"
PATIENCE = 20.0  # seconds


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(examples.NO, "0.37", "0.39")
        yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


@asynccontextmanager
async def telling(chat: Chat) -> AsyncIterator[Outbox]:
    """The bot with its alerts and its notices, as one run of the program has them."""
    outbox = Outbox(chat.sessions, now=chat.wall)
    alerts = chat.services.alerts
    assert alerts is not None
    wishes = AlertWishes(chat.manager)
    engine = AlertEngine(chat.sessions, chat.board, alerts, outbox, wishes, now=chat.wall)
    bot = chat.bot
    sender = NoticeSender(
        outbox,
        bot.messenger,
        bot.clock,
        preferences_of=chat.services.preferences.of,
        act_of=bot.act_of,
    )
    async with chat.running(), asyncio.TaskGroup() as tasks:
        parts = [tasks.create_task(engine.run()), tasks.create_task(sender.run())]
        yield outbox
        for part in parts:
            part.cancel()


async def opens_new_alert(ann: Person) -> Message:
    card = await ann.says("bitcoin")
    card = await ann.opens(card, buttons(card)[0])
    return await ann.opens(card, "Alert")


async def all_are_settled(chat: Chat) -> None:
    """What was sent is marked so: a run that ends in between would send it again."""
    waiting = sa.text("SELECT count(*) FROM notices WHERE coalesce(sent_at, dropped_at) IS NULL")
    async with asyncio.timeout(PATIENCE):
        while True:
            async with chat.sessions() as session:
                if await session.scalar(waiting) == 0:
                    return


async def told(person: Person) -> list[Message]:
    return [each for each in await person.chat() if each["text"].startswith("🔔")]


async def test_an_alert_set_by_taps_is_told_once_also_after_a_restart(
    chat: Chat, ann: Person
) -> None:
    async with telling(chat):
        card = await opens_new_alert(ann)
        card = await ann.opens(card, "↑ 67¢")
        assert "Set on this market:\nYes at 67¢ or above" in card["text"]
        chat.streams(YES, "0.69", "0.71")
        notice = await ann.reads("🔔 Alert: Yes at 67¢ or above")
        assert "Yes is at 70¢" in notice["text"]
        assert buttons(notice) == ["Market", "Buy $10 Yes"]
        chat.streams(YES, "0.70", "0.72")
        await all_are_settled(chat)
    chat = chat.with_services()  # the next run of the program
    async with telling(chat):
        chat.streams(YES, "0.71", "0.73")
        card = await ann.opens(await ann.says("/alerts"), "Remove 1")
        assert "No alert is set." in card["text"]
        stopped_poll = "getUpdates"  # of the run before
        broken = [each for each in await ann.violations() if each["method"] != stopped_poll]
        assert broken == []
    assert len(await told(ann)) == 1


async def holds(chat: Chat, ann: Person, mode: ConfirmMode) -> Message:
    """Ann with shares, and the alert on them that has just fired."""
    await chat.prefers(ANN, confirm_mode=mode)
    ticket = await ann.says(f"{LINK} buy yes 10")
    await ann.taps(ticket, "Confirm")
    await ann.reads("Bought 15.873 Yes")
    await ann.opens(await opens_new_alert(ann), "↑ 67¢")
    chat.streams(YES, "0.69", "0.71")
    notice = await ann.reads("🔔 Alert: Yes at 67¢ or above")
    assert buttons(notice) == ["Market", "Sell 100% Yes"]
    return notice


async def test_an_alert_sells_with_one_tap_and_stays(chat: Chat, ann: Person) -> None:
    async with telling(chat):
        notice = await holds(chat, ann, ConfirmMode.STANDARD)
        await ann.taps(notice, "Sell 100% Yes")
        sold = await ann.reads("Sold 15.873 Yes")
        assert sold["id"] > notice["id"]
        again = await ann.taps(notice, "Sell 100% Yes")
        assert "used already" in str(again["text"])
        assert notice["text"] in [each["text"] for each in await ann.chat()]
        assert await ann.violations() == []


async def test_an_alert_leads_to_a_ticket_where_somebody_is_asked_or_it_is_old(
    chat: Chat, ann: Person
) -> None:
    async with telling(chat):
        notice = await holds(chat, ann, ConfirmMode.STANDARD)
        chat.wall.offset += timedelta(minutes=11)
        assert "Sell Yes?" in (await ann.opens(notice, "Sell 100% Yes"))["text"]
        assert not any("Sold" in each["text"] for each in await ann.chat())


async def is_clean(ann: Person) -> bool:
    """But for the poll of the run before, which was cut off."""
    broken = [each for each in await ann.violations() if each["method"] != "getUpdates"]
    return broken == []


async def test_after_a_restart_an_alert_still_sells_once_and_opens_its_market(
    chat: Chat, ann: Person
) -> None:
    async with telling(chat):
        notice = await holds(chat, ann, ConfirmMode.STANDARD)
        await all_are_settled(chat)
    async with telling(chat.with_services()):  # the next run of the program
        await ann.taps(notice, "Market")
        card = await ann.sees(lambda each: each["id"] > notice["id"] and "24 h" in each["text"])
        assert "$10" in buttons(card)
        await ann.taps(notice, "Sell 100% Yes")
        await ann.reads("Sold 15.873 Yes")
        again = await ann.taps(notice, "Sell 100% Yes")
        assert "used already" in str(again["text"])
        assert await is_clean(ann)


async def test_after_a_restart_an_alert_leads_to_its_ticket_where_somebody_is_asked(
    chat: Chat, ann: Person
) -> None:
    async with telling(chat):
        notice = await holds(chat, ann, ConfirmMode.CAREFUL)
        await all_are_settled(chat)
    async with telling(chat.with_services()):
        ticket = await ann.opens(notice, "Sell 100% Yes")
        assert "Sell Yes?" in ticket["text"]
        assert "Confirm" in buttons(ticket)
        assert await is_clean(ann)


async def test_a_level_crossed_while_the_program_was_down_is_told_once(
    chat: Chat, ann: Person
) -> None:
    async with telling(chat):
        await ann.opens(await opens_new_alert(ann), "↓ 57¢")
    chat = chat.with_services()
    chat.streams(YES, "0.40", "0.42")
    async with telling(chat):
        await ann.reads("🔔 Alert: Yes at 57¢ or below")
        await ann.says("/alerts")
    assert len(await told(ann)) == 1


async def test_levels_can_be_typed_and_nonsense_is_asked_again(chat: Chat, ann: Person) -> None:
    async with telling(chat):
        question = await ann.opens(await opens_new_alert(ann), "Other price")
        assert "At what price?" in question["text"]
        refused = await ann.says("soon")
        assert "Nothing was changed. Type it again, or cancel." in refused["text"]
        card = await ann.says("45")
        assert "Yes at 45¢ or below" in card["text"]
        for typed, level in (("+5", "67¢"), ("+5%", "65.1¢"), ("-10%", "55.8¢")):
            await ann.opens(card, "Other price")
            card = await ann.says(typed)
            assert f"Yes at {level} or" in card["text"]
        await ann.opens(card, "Other price")
        assert "beyond what a price can be" in (await ann.says("+50"))["text"]
        assert await ann.violations() == []


async def test_an_alert_is_muted_and_unmuted(chat: Chat, ann: Person) -> None:
    async with telling(chat):
        await ann.opens(await opens_new_alert(ann), "± 5¢ · 10 min")
        card = await ann.opens(await ann.says("/alerts"), "Mute 8 h")
        assert "muted until" in card["text"]
        card = await ann.opens(card, "Unmute 1")
        assert "muted until" not in card["text"]


async def writes(chat: Chat, outbox: Outbox, user: UserId, *keys: str) -> None:
    """Notices of ends, in one transaction."""
    ends = chat.wall() + timedelta(minutes=50)
    async with as_worker(chat.sessions) as session:
        for key in keys:
            news = ClosingSoon(MarketId("501"), f"Rain {key}?", ends)
            await outbox.write_down(session, user, key, news)


async def test_many_of_a_kind_are_one_message_and_a_kind_can_be_silent_or_off(
    chat: Chat, ann: Person
) -> None:
    modes = {NoticeKind.CLOSING: NoticeMode.SILENT, NoticeKind.BROADCAST: NoticeMode.OFF}
    user = await chat.prefers(ANN, notice_modes=modes)
    async with telling(chat) as outbox:
        await ann.says("/home")
        async with as_worker(chat.sessions) as session:
            await outbox.write_down(session, user.id, "b", Broadcast("Nobody hears this."))
        await writes(chat, outbox, user.id, *"vwxyz")
        message = await ann.reads("Markets that end soon · 5 at once")
        assert all(f"Rain {key}?" in message["text"] for key in "vwxyz")
        assert buttons(message) == ["Positions", "Home"]
        assert message["silent"]
        async with as_worker(chat.sessions) as session:
            await outbox.write_down(session, user.id, "warn", Warned("Look here."))
            await outbox.write_down(session, user.id, "alarm", Warned("Look there."))
        assert not (await ann.reads("Look there."))["silent"]
        assert not any("Nobody hears" in each["text"] for each in await ann.chat())
        assert await ann.violations() == []


async def test_quiet_hours_hold_back_what_is_not_pressing(chat: Chat, ann: Person) -> None:
    chat.wall.offset = datetime(2026, 11, 21, 23, tzinfo=UTC) - datetime.now(UTC)
    user = await chat.prefers(ANN, quiet_from=time(22), quiet_until=time(7))
    async with telling(chat) as outbox:
        await ann.says("/home")
        await writes(chat, outbox, user.id, "late")
        async with as_worker(chat.sessions) as session:
            await outbox.write_down(session, user.id, "w", Warned("Look here."))
        await ann.reads("Look here.")  # both were written before it was sent
        assert not any("Rain late?" in each["text"] for each in await ann.chat())
    chat.wall.offset += timedelta(hours=8, minutes=1)
    async with telling(chat):
        await ann.reads("Rain late?")


async def test_the_fifty_first_alert_is_refused_in_a_sentence(chat: Chat, ann: Person) -> None:
    user = await chat.prefers(ANN)
    alerts = chat.services.alerts
    assert alerts is not None
    for number in range(MOST_ALERTS):
        level = Decimal(9_000 + number) / 10_000
        await alerts.set(user.id, MarketId("501"), 0, NewAlert(AlertKind.ABOVE, level))
    async with telling(chat):
        card = await ann.opens(await opens_new_alert(ann), "↑ 67¢")
        assert "You have 50 alerts already; remove one first." in card["text"]
        page = await ann.opens(await ann.says("/alerts"), "Next")
        assert "Alerts · 50 of 50 set" in page["text"]
