"""People in the chat: invited by a link, promoted, demoted, blocked; the owner's business alone."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.one_time_code import STEP, one_time_code
from core.domain.user import Role
from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import ANN, BEN, SILENCE, Chat, Message, Person, buttons, open_chat
from tests.support.live_chat import LiveChat, open_live_chat
from tests.support.withdrawals import SECRET, enrol

CAT, EVE = 1003, 1004
LINK = re.compile(r"https://t\.me/\w+\?start=(i_[\w-]{22})")


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(examples.YES, "0.61", "0.63")
        chat.streams(examples.NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    async with open_live_chat(sessions, tmp_path) as chat:
        yield chat


async def invitation(ann: Person, label: str = "Invite a trader") -> str:
    """What the reader of a link would send first."""
    shown = await ann.opens(await ann.says("/people"), label)
    found = LINK.search(shown["text"])
    assert found is not None
    return f"/start {found[1]}"


async def is_met_with_silence(chat: Chat, person: Person, text: str) -> bool:
    """By the time that what somebody else wrote after it is answered."""
    before = len(await person.chat())
    await person.writes(text)
    await chat.person(ANN).says("/help")
    return len(await person.chat()) == before + 1


async def the_person(ann: Person, number: int) -> Message:
    card = await ann.says("/people")
    return await ann.opens(card, next(one for one in buttons(card) if one.startswith(f"{number}.")))


async def test_a_link_lets_one_person_in_and_nobody_after(chat: Chat) -> None:
    ann, cat, eve = chat.person(ANN), chat.person(CAT), chat.person(EVE)
    assert await is_met_with_silence(chat, cat, "/start")
    opening = await invitation(ann)
    assert "Markets" in buttons(await cat.says(opening))
    assert await is_met_with_silence(chat, eve, opening)
    assert "Markets" in buttons(await cat.says(opening))
    assert "People · 2 people" in (await ann.says("/people"))["text"]
    assert await ann.violations() == []


async def test_a_link_that_is_too_old_or_made_up_is_met_with_silence(chat: Chat) -> None:
    opening = await invitation(chat.person(ANN))
    chat.wall.offset = timedelta(hours=25)
    assert await is_met_with_silence(chat, chat.person(CAT), opening)
    assert await is_met_with_silence(chat, chat.person(CAT), "/start i_" + "x" * 500)
    assert await is_met_with_silence(chat, chat.person(EVE), "/start i_")


async def test_people_are_the_owners_business(chat: Chat) -> None:
    ann, ben = chat.person(ANN), chat.person(BEN)
    assert "Only the owner" in (await ben.says("/people"))["text"]
    assert "Invite a viewer" in buttons(await ann.says("/people"))
    ben_as_seen, owner = await the_person(ann, 1), await the_person(ann, 2)
    assert {"Make a viewer", "Block"} <= set(buttons(ben_as_seen))
    assert not {"Make a viewer", "Block"} & set(buttons(owner))


async def test_who_is_blocked_is_out_at_once_and_comes_back_as_before(chat: Chat) -> None:
    ann, ben = chat.person(ANN), chat.person(BEN)
    await ann.says("/start")
    found = await ben.says("bitcoin")
    card = await ben.opens(found, buttons(found)[0])
    person = await the_person(ann, 2)
    assert "go on selling" in person["text"]
    blocked = await ann.opens(person, "Block")
    assert "trader, blocked now." in blocked["text"]
    assert await is_met_with_silence(chat, ben, "/start")
    assert not (await ben.forges("1.-.h", card, wait=SILENCE))["answered"]
    back = await ann.opens(await the_person(ann, 2), "Let in again")
    assert "trader now." in back["text"]
    assert "Markets" in buttons(await ben.says("/start"))
    assert await ann.violations() == []


async def test_a_viewer_looks_and_confirms_nothing(live: LiveChat, sessions: Sessions) -> None:
    user = await live.goes_live()
    ticket = await live.ann.opens(await live.ann.opens(await live.card(), "Yes"), "$10")
    async with sessions.begin() as session:
        await session.execute(
            sa.text("UPDATE users SET role = 'viewer' WHERE id = :user"), {"user": user}
        )
    await live.ann.taps(ticket, "Confirm")
    refused = await live.ann.reads("You may look, not trade")
    assert "Nothing was bought or sold" in refused["text"]
    async with sessions() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM orders")) == 0
    again = await live.ann.opens(await live.ann.opens(await live.card(), "Yes"), "$10")
    assert "You may look, not trade" in again["text"]
    assert "stopped" in (await live.ann.says("/stop"))["text"]


async def test_a_viewer_sees_no_button_that_trades_and_a_trader_sees_them_again(
    chat: Chat,
) -> None:
    ann, cat = chat.person(ANN), chat.person(CAT)
    assert "Markets" in buttons(await cat.says(await invitation(ann, "Invite a viewer")))
    found = await cat.says("bitcoin")
    card = await cat.opens(found, buttons(found)[0])
    shown = set(buttons(card))
    assert {"Refresh", "Home"} <= shown
    assert not {"Yes", "No", "$10", "$25", "$50"} & shown
    assert not any("Limit" in label for label in shown)
    chat.streams(examples.YES, "0.70", "0.72")
    moved = await cat.sees(lambda message: "71¢" in message["text"])
    assert set(buttons(moved)) == shown
    await ann.opens(await the_person(ann, 2), "Make a trader")
    assert {"$10", "$25", "$50"} <= set(buttons(await cat.opens(moved, "Refresh")))
    assert await cat.violations() == []


async def test_letting_more_people_do_more_needs_a_code_and_less_needs_none(
    live: LiveChat,
) -> None:
    ann, users = live.ann, live.chat.services.users
    await enrol(live.home, await live.user())
    assert await users.admit(BEN, "Ben") is not None

    async def role() -> Role | None:
        found = await users.admit(BEN, "Ben")
        return None if found is None else found.role

    def code() -> str:
        live.home.clock.advance(seconds=STEP)
        return one_time_code(SECRET, int(live.home.clock.unix()) // STEP)

    viewer = await ann.opens(await the_person(ann, 2), "Make a viewer")
    assert await role() is Role.VIEWER
    asked = await ann.opens(viewer, "Make a trader")
    assert "Type the code" in asked["text"]
    assert await role() is Role.VIEWER
    typed = code()
    assert "trader now." in (await ann.says(typed))["text"]
    assert typed not in [message["text"] for message in await ann.chat()]
    assert await role() is Role.TRADER
    asked = await ann.opens(await ann.says("/people"), "Invite a viewer")
    assert "It lets somebody new in." in asked["text"]
    assert LINK.search((await ann.says(code()))["text"])
    assert await ann.violations() == []
