"""What is no plain word: each gets one short sentence and a way on, and nothing is traded."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import ANN, BEN, Chat, Person, buttons, open_chat
from tests.support.traded import everything_traded

YES, NO = examples.YES, examples.NO


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


async def said_below(person: Person, last: int) -> list[str]:
    """What the bot said after that message, once an answer to a later word is there, too."""
    end = await person.says("/cancel")
    return [
        each["text"]
        for each in await person.chat()
        if each["from"]["is_bot"] and last < each["id"] < end["id"]
    ]


@pytest.mark.parametrize(
    "kinds",
    [
        ("photo",),
        ("video",),
        ("video_note",),
        ("voice",),
        ("document",),
        ("sticker",),
        ("contact",),
        ("location",),
        ("dice",),
        ("photo", "photo", "video"),
        ("document", "document"),
    ],
    ids="+".join,
)
async def test_whatever_is_no_text_is_answered_once(
    chat: Chat, ann: Person, kinds: tuple[str, ...]
) -> None:
    await ann.says("/start")
    before = await everything_traded(chat.sessions)
    sent = await ann.attaches(*kinds)
    answer = await ann.sees(lambda message: message["id"] > sent[-1])
    assert "I read text and buttons only" in answer["text"]
    assert buttons(answer) == ["Home"]
    assert len([each for each in await said_below(ann, sent[0]) if "I read text" in each]) == 1
    assert await everything_traded(chat.sessions) == before
    assert await ann.violations() == []


async def test_an_edited_order_places_nothing(chat: Chat, ann: Person) -> None:
    await ann.says("/start")
    before = await everything_traded(chat.sessions)
    written = await ann.writes("bitcoin")
    await ann.sees(lambda message: message["id"] > written["id"])
    answer = await ann.edits(written, "bitcoin buy yes 10")
    assert "nothing was bought or sold" in answer["text"]
    assert buttons(answer) == ["Home"]
    assert await everything_traded(chat.sessions) == before
    assert await ann.violations() == []


async def test_a_secret_that_is_edited_in_is_deleted(ann: Person) -> None:
    written = await ann.writes("hello")
    await ann.sees(lambda message: message["id"] > written["id"])
    answer = await ann.edits(written, "0x" + "9f" * 32)
    assert "looks like a private key" in answer["text"]
    assert written["id"] not in [each["id"] for each in await ann.chat()]
    assert await ann.violations() == []


async def test_a_forwarded_card_does_nothing(chat: Chat, ann: Person) -> None:
    card = await ann.says("https://polymarket.com/market/bitcoin-above-100k-on-december-31")
    before = await everything_traded(chat.sessions)
    answer = await ann.forwards(card)
    assert "its buttons work on the original only" in answer["text"]
    assert await everything_traded(chat.sessions) == before
    assert await ann.violations() == []


async def test_the_buttons_of_a_card_belong_to_its_chat(chat: Chat, ann: Person) -> None:
    card = await ann.says("/start")
    data = card["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await chat.person(BEN).says("/start")
    before = await everything_traded(chat.sessions)
    answer = await chat.person(BEN).forges(data, card, chat=ANN)
    assert answer["show_alert"]
    assert await everything_traded(chat.sessions) == before
    assert await ann.violations() == []


async def test_a_tap_on_a_deleted_card_opens_a_fresh_one(chat: Chat, ann: Person) -> None:
    card = await ann.says("/markets")
    data = card["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert await chat.bot.messenger.delete(ANN, card["id"])
    assert (await ann.forges(data, card))["answered"]
    fresh = await ann.sees(lambda message: message["id"] > card["id"])
    assert "bid 61" in fresh["text"]
    kinds = {each["detail"].partition(" (")[0] for each in await ann.violations()}
    assert kinds <= {"Bad Request: message to edit not found"}


async def test_who_blocks_the_bot_is_left_alone_until_back(chat: Chat, ann: Person) -> None:
    await ann.says("/start")
    await ann.blocks()
    async with asyncio.timeout(20):
        while await chat.services.users.blocked() != [ANN]:
            await chat.person(BEN).says("/status")
    assert chat.bot.messenger.is_inactive(ANN)
    await ann.unblocks()
    await ann.says("/start")
    assert await chat.services.users.blocked() == []
    assert not chat.bot.messenger.is_inactive(ANN)
    assert await ann.violations() == []


async def test_a_new_run_remembers_who_blocked_it(sessions: Sessions) -> None:
    async with open_chat(sessions, (examples.market(),)) as chat:
        ann = chat.person()
        async with chat.running():
            await ann.says("/start")
        await chat.services.users.note_blocked(ANN, is_blocked=True)
        again = chat.with_services()
        async with again.running():
            await chat.person(BEN).says("/start")
            assert again.bot.messenger.is_inactive(ANN)
            await ann.says("/start")
            assert not again.bot.messenger.is_inactive(ANN)
        assert await chat.services.users.blocked() == []


@pytest.mark.parametrize("text", ["x" * 4096, "😀" * 2048, "0x" + "a" * 39, "buy yes", "@", "/"])
async def test_odd_words_have_an_answer_with_a_way_on(chat: Chat, ann: Person, text: str) -> None:
    await ann.says("/start")
    before = await everything_traded(chat.sessions)
    answer = await ann.says(text)
    assert "Home" in buttons(answer)
    assert await everything_traded(chat.sessions) == before
    assert await ann.violations() == []
