"""What people write and tap besides trading, and who is listened to at all."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.domain.units import ConditionId, MarketId
from core.services.websocket_manager import Reason
from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import ANN, SILENCE, Chat, Person, buttons, data_of, open_chat

YES, NO = examples.YES, examples.NO
RAIN = replace(
    examples.market("Will <b>it</b> rain & pour in Paris?"),
    id=MarketId("502"),
    condition_id=ConditionId("0x" + "cd" * 32),
    slug="rain-in-paris",
    category="Weather",
    outcomes=tuple(
        replace(outcome, token=type(outcome.token)(f"2{outcome.token}"))
        for outcome in examples.market().outcomes
    ),
)
SEED = "legal winner thank year wave sausage worth useful legal winner thank yellow"
KEY = "0x" + "4f3c" * 16


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(), RAIN)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


async def test_a_word_is_searched_for_and_harmless_whatever_the_title(ann: Person) -> None:
    found = await ann.says("PARIS rain")
    assert "Search · PARIS rain" in found["text"]
    assert "Will <b>it</b> rain & pour in Paris?" in found["text"]
    assert "Bitcoin" not in found["text"]
    assert await ann.violations() == []


async def test_a_pasted_link_opens_its_market_or_its_event(ann: Person) -> None:
    card = await ann.says("https://polymarket.com/event/bitcoin-in-december/rain-in-paris?tid=1")
    assert card["text"].startswith("Will <b>it</b> rain")
    event = await ann.says("polymarket.com/event/bitcoin-in-december")
    assert event["text"].startswith("Bitcoin in December")
    assert buttons(event)[0].startswith("1. Will")


async def test_an_event_follows_the_prices_of_all_its_markets(ann: Person, chat: Chat) -> None:
    card = await ann.says("polymarket.com/event/bitcoin-in-december")
    assert "1 of 2 prices live" in card["text"]
    await chat.wants({market.id: Reason.CARD for market in (examples.market(), RAIN)})
    chat.streams(RAIN.outcomes[0].token, "0.10", "0.12")
    live = await ann.sees(lambda message: "Yes 11¢" in message["text"])
    assert live["id"] == card["id"]
    assert "All prices live" in live["text"]
    assert any("11¢" in label for label in buttons(live))
    assert [data_of(live, each) for each in buttons(live)] == [
        data_of(card, each) for each in buttons(card)
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("https://polymarket.com.evil.example/event/x", "links to events and markets on"),
        ("https://polymarket.com/event/unknown-thing", "There is no event unknown-thing"),
        ("zebra", "No market has all of these words"),
        ("/nonsense", "Find a market"),
        ("/", "Find a market"),
        ("/help@polycool_sandbox_bot", "Find a market"),
        ("/status", "Stream: 2 of 2 tokens live"),
        ("/positions", "Nothing is open"),
        ("/markets now", "Markets"),
        ("x" * 4000, "No market has all of these words"),
    ],
)
async def test_every_text_has_an_answer(ann: Person, text: str, answer: str) -> None:
    assert answer in (await ann.says(text))["text"]
    assert await ann.violations() == []


async def test_categories_and_pages_lead_to_markets(ann: Person) -> None:
    markets = await ann.says("/markets")
    categories = await ann.opens(markets, "Categories")
    assert sorted(buttons(categories)[:2]) == ["Crypto · 1", "Weather · 1"]
    weather = await ann.opens(categories, "Weather · 1")
    assert weather["text"].startswith("Markets · Weather")


@pytest.mark.parametrize("secret", [KEY, KEY[2:], SEED, f"my key: {KEY} thanks"])
async def test_a_key_or_seed_is_deleted_refused_and_kept_nowhere(
    ann: Person, sessions: Sessions, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await ann.says("/start")
    answer = await ann.says(secret)
    kind = "seed phrase" if secret == SEED else "private key"
    assert f"looks like a {kind}" in answer["text"]
    assert "I deleted your message" in answer["text"]
    assert not any(secret in message["text"] for message in await ann.chat())
    ours = [each for each in caplog.records if each.name.startswith(("telegram_bot", "core"))]
    assert not any(secret in record.getMessage() for record in ours)
    async with sessions() as session:
        for table in ("facts", "orders", "money_buttons", "markets"):
            dump = await session.scalar(sa.text(f"SELECT string_agg(t::text, '') FROM {table} t"))  # noqa: S608 - our own table names
            assert secret not in (dump or "")


async def test_a_picture_gets_one_short_sentence(ann: Person) -> None:
    await ann.says("/start")
    await ann.forges_update({"message": _message(photo=[_photo()])})
    await ann.reads("I read text and buttons only")


@pytest.mark.parametrize("kind", ["edited_message", "channel_post"])
async def test_other_kinds_of_updates_do_nothing(ann: Person, kind: str) -> None:
    await ann.says("/start")
    before = len(await ann.chat())
    await ann.forges_update({kind: _message(text="/markets")})
    await ann.forges_update(
        {"message": _message(text="/markets", chat={"id": -5, "type": "group"})}
    )
    await ann.says("/help")
    assert len(await ann.chat()) == before + 2


async def test_a_fresh_card_takes_the_buttons_of_the_old_one(ann: Person) -> None:
    first = await ann.says("/home")
    await ann.says("/markets")
    stripped = await ann.sees(lambda message: message["id"] == first["id"] and not buttons(message))
    assert stripped["text"] == first["text"]


async def test_a_receipt_stays_in_the_chat(ann: Person) -> None:
    card = await ann.says("bitcoin 100k")
    for label in (buttons(card)[0], "Yes", "$10"):
        card = await ann.opens(card, label)
    await ann.taps(card, "Confirm")
    receipt = await ann.reads("Bought 15.873 Yes")
    markets = await ann.opens(receipt, "Markets")
    assert markets["id"] > receipt["id"]
    assert "Bought 15.873 Yes" in [m["text"] for m in await ann.chat()][-2]


async def test_a_market_that_is_not_streamed_opens_with_fresh_prices(
    chat: Chat, ann: Person
) -> None:
    yes = RAIN.outcomes[0].token
    chat.venue.bids[yes], chat.venue.asks[yes] = [("0.20", "50")], [("0.22", "50")]
    card = await ann.says("polymarket.com/market/rain-in-paris")
    assert "Yes 21¢ · polled just now" in card["text"]
    chat.venue.is_away = True
    again = await ann.opens(card, "Refresh")
    assert "Yes 21¢ · polled" in again["text"]


async def test_a_strangers_messages_and_taps_are_met_with_silence(
    chat: Chat, ann: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "telegram_bot")
    stranger = chat.person(6666)
    await stranger.writes("/start")
    await stranger.writes("ABCD-EFGH-JKLM")
    home = await ann.says("/start")
    answer = await stranger.forges("1.-.h", {"id": home["id"]}, wait=SILENCE)
    await ann.says("/home")
    assert not answer["answered"]
    assert not [each for each in await stranger.chat() if each["from"]["is_bot"]]
    told = [record.message for record in caplog.records if "6666" in record.message]
    assert told == ["Somebody who is not allowed wrote to the bot: 6666"]


async def test_the_console_code_makes_its_first_sender_the_owner(sessions: Sessions) -> None:
    async with open_chat(sessions, (examples.market(),), allowed=()) as chat:
        code = await chat.services.users.owner_code()
        assert code is not None
        async with chat.running():
            ann, ben = chat.person(), chat.person(1002)
            await ann.writes("/start")
            await ann.writes("WRONG-CODE-123")
            home = await ann.says(code)
            assert "$1,000.00 in total" in home["text"]
            assert len([each for each in await ann.chat() if each["from"]["is_bot"]]) == 1
            await ben.writes(code)
            assert "Find a market" in (await ann.says("/help"))["text"]
            assert not [each for each in await ben.chat() if each["from"]["is_bot"]]


def _message(**content: object) -> dict[str, object]:
    person = {"id": ANN, "is_bot": False, "first_name": "Ann"}
    chat = {"id": ANN, "type": "private", "first_name": "Ann"}
    return {"message_id": 900, "date": 1_790_000_000, "chat": chat, "from": person} | content


def _photo() -> dict[str, object]:
    return {"file_id": "p", "file_unique_id": "p", "width": 8, "height": 8}
