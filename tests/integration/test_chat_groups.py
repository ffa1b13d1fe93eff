"""The bot in groups and typed in other chats: what everybody may see, and never an order."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.domain.units import ConditionId, MarketId
from core.storage.models import Sessions
from core.storage.search import learn_words
from telegram_bot.callbacks import Codec
from telegram_bot.group_codec import READ_ONLY
from tests.support import examples
from tests.support.acts_of_every_kind import every_kind
from tests.support.chat import (
    ANN,
    BEN,
    SILENCE,
    Chat,
    Group,
    Person,
    buttons,
    data_of,
    open_chat,
)
from tests.support.traded import everything_traded

YES, NO = examples.YES, examples.NO
STRANGER = 1999
GROUP = -100_200
LINK = "https://polymarket.com/event/bitcoin-in-december/bitcoin-above-100k-on-december-31"
MANY = tuple(
    replace(
        examples.market(f"Will it rain in town {place}?"),
        id=MarketId(str(600 + place)),
        condition_id=ConditionId(f"0x{place:064x}"),
        slug=f"rain-{place}",
        event=None,
        title=f"Rain {place}",
        outcomes=tuple(
            replace(outcome, token=type(outcome.token)(f"7{place:02}{outcome.token}"))
            for outcome in examples.market().outcomes
        ),
    )
    for place in range(25)
)


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(), *MANY)) as chat:
        async with sessions.begin() as session:
            await learn_words(session)
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


@pytest.fixture
async def group(ann: Person) -> Group:
    return await ann.founds(GROUP, BEN, STRANGER)


async def test_a_market_in_a_group_shows_nothing_of_anybody(ann: Person, group: Group) -> None:
    await ann.taps(await ann.says(f"{LINK} buy yes 10"), "Confirm")
    await ann.reads("Bought")
    card = await group.says(f"/market@polycool_sandbox_bot {LINK}")
    assert "bid 61" in card["text"]
    assert not [word for word in ("You hold", "Cash", "paper", "$10.00") if word in card["text"]]
    assert buttons(card) == [
        "All outcomes", "Chart", "Order book", "Refresh", "Trade privately",
    ]  # fmt: skip
    link = card["reply_markup"]["inline_keyboard"][-1][0]["url"]
    assert link == "https://t.me/polycool_sandbox_bot?start=m_501"
    opened = await ann.says("/start m_501")
    assert "You hold" in opened["text"]
    assert await ann.violations() == []


async def test_only_who_asked_may_tap(group: Group) -> None:
    found = await group.says("/search rain")
    assert "Next" in buttons(found)
    for other in (BEN, STRANGER):
        answer = await group.as_other(other).taps(found, "Next")
        assert answer["show_alert"]
        assert "Not your screen" in answer["text"]
    following = await group.opens(found, "Next")
    assert "page 2" in following["text"]
    label = next(each for each in buttons(following) if "rain" in each)
    assert "Trade privately" in buttons(await group.opens(following, label))
    assert await group.violations() == []


async def test_words_of_strangers_and_words_for_others_are_not_answered(group: Group) -> None:
    await group.as_other(STRANGER).writes("/search rain")
    await group.writes("/search@other_bot rain")
    await group.writes("bitcoin buy yes 10")
    helped = await group.says("/help")
    assert "In groups I only show what everybody may see" in helped["text"]
    assert [each["id"] for each in await group.chat() if each["from"]["is_bot"]] == [helped["id"]]
    assert "private chat only" in (await group.says("/positions@polycool_sandbox_bot"))["text"]
    assert await group.violations() == []


async def test_an_order_in_a_group_is_none(chat: Chat, group: Group) -> None:
    await chat.person().says("/start")
    before = await everything_traded(chat.sessions)
    answer = await group.says(f"/market@polycool_sandbox_bot {LINK} buy yes 10")
    assert "private chat only" in answer["text"]
    assert await everything_traded(chat.sessions) == before


async def test_no_forged_tap_in_a_group_does_anything(
    chat: Chat, ann: Person, group: Group
) -> None:
    card = await group.says("/help")
    run = data_of(await ann.says("/help"), "Markets").split(".")[1]
    codec = Codec(run)
    before = await everything_traded(chat.sessions)
    shown = await group.chat()
    for action in every_kind():
        data = codec.encode(action)
        forged = [data] if type(action) in READ_ONLY else [data, f"g{ANN}.{data}"]
        for each in forged:
            answer = await ann.forges(each, card, chat=GROUP)
            assert answer["answered"], each
            assert answer["show_alert"], each
    assert await everything_traded(chat.sessions) == before
    assert await group.chat() == shown
    assert await ann.violations() == []


async def test_a_tap_on_an_inline_message_is_answered_once(ann: Person) -> None:
    await ann.says("/start")
    for data in ("x", "g1.1.a.m.501"):
        assert (await ann.forges_inline(data))["answered"]
    assert await ann.violations() == []


async def test_a_secret_in_a_group_is_deleted(ann: Person) -> None:
    group = await ann.founds(GROUP, BEN, bot_is_admin=True)
    written = await group.writes("0x" + "9f" * 32)
    told = await group.reads("looks like a private key")
    assert buttons(told) == ["Open the private chat"]
    assert written["id"] not in [each["id"] for each in await group.chat()]
    assert await ann.violations() == []


async def test_markets_are_found_from_any_chat_twenty_at_a_time(ann: Person) -> None:
    found = await ann.asks_inline("rain")
    results = found["answer"]["results"]
    assert len(results) == 20
    assert found["answer"]["is_personal"]
    rest = await ann.asks_inline("rain", found["answer"]["next_offset"])
    ids = {each["id"] for each in (*results, *rest["answer"]["results"])}
    assert len(ids) == 25
    assert rest["answer"]["next_offset"] == ""
    text = results[0]["input_message_content"]["message_text"]
    assert "rain" in text
    assert "You hold" not in text
    assert await ann.violations() == []


async def test_a_result_sent_to_the_bot_itself_opens_its_market(ann: Person) -> None:
    found = await ann.asks_inline("m_501")
    sent = await ann.chooses(found, "m_501")
    assert buttons(sent) == ["Trade privately"]
    card = await ann.sees(lambda message: message["id"] > sent["id"])
    assert "bid 61" in card["text"]
    assert await ann.violations() == []


async def test_strangers_and_secrets_find_nothing(chat: Chat, ann: Person) -> None:
    stranger = await chat.person(STRANGER).asks_inline("rain", wait=SILENCE)
    assert stranger["answer"] is None
    secret = await ann.asks_inline("0x" + "9f" * 32)
    assert secret["answer"]["results"] == []
    assert await ann.violations() == []


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("m_501", "bid 61"),
        ("e_77", "bid 61"),
        ("m_77", "no such market"),
        ("w_0x" + "ab" * 20, "wallet"),
        ("nonsense", "Cash"),
        ("i_aB3dE6gH9", "Cash"),
    ],
)
async def test_a_link_opens_what_it_names(ann: Person, payload: str, words: str) -> None:
    answer = await ann.says(f"/start {payload}")
    assert words in answer["text"]
    assert "Home" in buttons(answer) or "Cash" in answer["text"]
    assert await ann.violations() == []
