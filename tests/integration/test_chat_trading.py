"""Trading in the chat: from a search to money, one tap one order."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.units import MarketId, TokenId, UserId
from core.services.websocket_manager import Reason
from core.storage.models import Sessions
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.chat_figures import ChatFigures
from tests.support import examples
from tests.support.chat import BEN, Chat, Message, Person, buttons, data_of, open_chat

YES, NO = examples.YES, examples.NO
OTHER = replace(
    examples.market("Will <b>it</b> rain & pour in Paris?"),
    id=MarketId("502"),
    condition_id=type(examples.market().condition_id)("0x" + "cd" * 32),
    slug="rain-in-paris",
    event=None,
    category="Weather",
    outcomes=(
        replace(examples.market().outcomes[0], token=TokenId("21")),
        replace(examples.market().outcomes[1], token=TokenId("22")),
    ),
)


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(), OTHER)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


async def _ticket(ann: Person, amount: str = "$10") -> Message:
    card = await ann.says("bitcoin")
    card = await ann.opens(card, buttons(card)[0])
    card = await ann.opens(card, "Yes")
    return await ann.opens(card, amount)


async def _count(sessions: Sessions, table: str) -> int:
    async with sessions() as session:
        return int(await session.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - our own table names


async def test_the_whole_journey_from_start_to_a_closed_position(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    home = await ann.says("/start")
    assert home["text"].startswith("SANDBOX · paper money")
    assert "$1,000.00 in total" in home["text"]
    markets = await ann.opens(home, "Markets")
    assert "1. Will Bitcoin close above $100k on 31 December?" in markets["text"]
    card = await ann.opens(markets, buttons(markets)[0])
    assert "Yes 62¢ · live\nbid 61¢ · ask 63¢ · spread 2¢" in card["text"]
    amounts = await ann.opens(card, "Yes")
    assert buttons(amounts)[:4] == ["$10", "$25", "$50", "Other"]
    ticket = await ann.opens(amounts, "$25")
    assert "You get 39.6825 shares" in ticket["text"]
    assert re.search(r"expires in 4[45] s", ticket["text"])
    assert buttons(ticket) == ["Confirm", "Cancel", "All or nothing: off"]
    await ann.taps(ticket, "Confirm")
    receipt = await ann.reads("Bought 39.6825 Yes")
    assert receipt["id"] == ticket["id"]
    position = await ann.opens(receipt, "Position")
    assert position["id"] > receipt["id"]
    assert "P&L net -$1.17 (mid -$0.40, " in position["text"]
    assert buttons(position)[:4] == ["Sell 25%", "Sell 50%", "Sell 100%", "Other"]
    chat.streams(YES, "0.69", "0.71")
    moved = await ann.reads("(mid +$2.78, ")
    assert moved["id"] == position["id"]
    ticket = await ann.opens(moved, "Sell 100%")
    assert "Sell Yes?" in ticket["text"]
    await ann.taps(ticket, "Confirm")
    await ann.reads("Sold 39.6825 Yes")
    async with sessions() as session:
        row = (await session.execute(sa.text("SELECT status, realized_pnl FROM positions"))).one()
        cash = await session.scalar(sa.text("SELECT cash FROM wallets"))
    assert row.status == "closed"
    assert cash == Decimal(1000) + row.realized_pnl
    empty = await ann.says("/positions")
    assert "Nothing is open" in empty["text"]
    assert await ann.violations() == []


async def test_four_taps_at_once_make_one_order_and_three_explanations(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    ticket = await _ticket(ann)
    answers = await asyncio.gather(*(ann.taps(ticket, "Confirm") for _ in range(4)))
    await ann.reads("Bought 15.873 Yes")
    texts = sorted(str(answer["text"]) for answer in answers)
    assert texts[0] in {"", "None", "Submitting…"}
    assert all("used already" in text for text in texts[1:])
    assert chat.bot.refused_taps()["used"] == 3
    metrics, bot = Metrics(), chat.bot
    figures = ChatFigures(metrics, bot.messenger.lanes, bot.live, bot.refused_taps)
    for _ in range(2):
        figures.refresh()
        told = metrics.registry.get_sample_value("taps_refused_total", {"why": "used"})
        assert told == 3
    assert (await _count(sessions, "orders"), await _count(sessions, "fills")) == (1, 1)


async def test_an_expired_quote_buys_nothing_and_offers_a_new_one(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    ticket = await _ticket(ann)
    chat.wall.offset += type(chat.wall.offset)(seconds=46)
    answer = await ann.taps(ticket, "Confirm")
    assert "expired" in str(answer["text"])
    expired = await ann.reads("This quote has expired. Nothing was bought.")
    assert buttons(expired) == ["Re-quote", "Home"]
    assert await _count(sessions, "orders") == 0
    again = await ann.opens(expired, "Re-quote")
    await ann.taps(again, "Confirm")
    await ann.reads("Bought 15.873 Yes")


async def test_a_cancelled_ticket_leads_back_and_cannot_be_confirmed_any_more(
    ann: Person, sessions: Sessions
) -> None:
    ticket = await _ticket(ann)
    confirm = data_of(ticket, "Confirm")
    card = await ann.opens(ticket, "Cancel")
    assert "bid 61¢" in card["text"]
    answer = await ann.forges(confirm, card)
    assert answer["text"] == "You cancelled this ticket. Nothing was bought or sold."
    assert await _count(sessions, "orders") == 0


async def test_another_users_tap_on_a_ticket_does_nothing_but_explain(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    ticket = await _ticket(ann)
    ben = chat.person(BEN)
    card = await ben.says("/start")
    own_chat = await ben.forges(data_of(ticket, "Confirm"), card)
    anns_chat = await ben.forges(data_of(ticket, "Confirm"), ticket, chat=ann.user_id)
    assert "not yours" in str(own_chat["text"])
    assert anns_chat["text"] == own_chat["text"]
    assert await _count(sessions, "orders") == 0


@pytest.mark.parametrize("data", ["1.x.k.a1B2c3D4e5F6", "buy:all", "1.-.k.a1B2c3D4e5F6", "🤡"])
async def test_a_forged_button_gets_an_old_screen_and_the_way_home(
    ann: Person, sessions: Sessions, data: str
) -> None:
    home = await ann.says("/home")
    answer = await ann.forges(data, home)
    assert "This screen is old" in str(answer["text"])
    notice = await ann.reads("This screen is old")
    assert buttons(notice) == ["Home"]
    assert "in total" in (await ann.opens(notice, "Home"))["text"]
    assert await _count(sessions, "orders") == 0


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("nan", "not a number of dollars"),
        ("1e3", "not a number of dollars"),
        ("-5", "not a number of dollars"),
        ("1,000", "a thousand or a decimal"),
        ("12.345", "At most 2 decimals"),
        ("0", "more than zero"),
        ("0.5", "smallest purchase"),
        ("5000", "You have 1,000.00 USDC"),
    ],
)
async def test_an_amount_that_cannot_be_used_is_explained_and_may_be_typed_again(
    ann: Person, sessions: Sessions, typed: str, sentence: str
) -> None:
    await _ticket(ann, "Other")
    refusal = await ann.says(typed)
    assert sentence in refusal["text"]
    ticket = await ann.says("12.50")
    assert "You get 19.8412 shares" in ticket["text"]
    assert await _count(sessions, "orders") == 0


async def test_a_typed_amount_buys_exactly_that_and_a_typed_part_sells_exactly_that(
    ann: Person, sessions: Sessions
) -> None:
    await _ticket(ann, "Other")
    ticket = await ann.says("$12.50")
    await ann.taps(ticket, "Confirm")
    receipt = await ann.reads("Bought 19.8412 Yes")
    position = await ann.opens(receipt, "Position")
    question = await ann.opens(position, "Other")
    assert "You hold 19.8412 shares" in question["text"]
    ticket = await ann.says("30%")
    assert "You sell 5.9523 shares" in ticket["text"]
    await ann.taps(ticket, "Confirm")
    await ann.reads("Sold 5.9523 Yes")
    async with sessions() as session:
        held = await session.scalar(sa.text("SELECT amount FROM positions"))
    assert held == Decimal("13.88884")


async def test_a_question_is_forgotten_at_the_next_command(ann: Person) -> None:
    await _ticket(ann, "Other")
    assert "Forgotten" in (await ann.says("/cancel"))["text"]
    assert "Nothing was waiting" in (await ann.says("/cancel"))["text"]
    assert "Search · 25" in (await ann.says("25"))["text"]


async def test_a_thin_book_is_said_before_and_after(chat: Chat, ann: Person) -> None:
    chat.streams(YES, "0.61", "0.63", size="10")
    ticket = await _ticket(ann)
    assert "only $6.30 of your $10.00 finds a seller" in ticket["text"]
    await ann.taps(ticket, "Confirm")
    receipt = await ann.reads("Bought 10 Yes")
    assert "Filled in part. $3.70 of $10.00 stayed in cash." in receipt["text"]


async def test_a_price_that_ran_away_buys_nothing_and_says_so(chat: Chat, ann: Person) -> None:
    ticket = await _ticket(ann)
    chat.streams(YES, "0.80", "0.82")
    await ann.taps(ticket, "Confirm")
    refusal = await ann.reads("as before")
    assert "Re-quote" in buttons(refusal)


async def test_an_open_card_keeps_its_market_wanted_and_a_position_holds_it(
    chat: Chat, ann: Person
) -> None:
    ticket = await _ticket(ann)
    await chat.wants({MarketId("501"): Reason.CARD})
    await ann.taps(ticket, "Confirm")
    await ann.reads("Bought")
    await chat.wants({MarketId("501"): Reason.HELD})
    assert chat.manager.get_user_subscriptions(UserId(1)) == {MarketId("501")}


async def test_somebody_elses_position_is_not_found(chat: Chat, ann: Person) -> None:
    ticket = await _ticket(ann)
    await ann.taps(ticket, "Confirm")
    receipt = await ann.reads("Bought")
    ben = chat.person(BEN)
    home = await ben.says("/home")
    await ben.forges(data_of(receipt, "Position").replace("+", ""), home)
    assert "There is no such position" in (await ben.reads("That did not work"))["text"]


async def test_refreshing_what_was_just_shown_is_told_to_be_the_newest(ann: Person) -> None:
    found = await ann.says("bitcoin")
    card = await ann.opens(found, buttons(found)[0])
    async with asyncio.timeout(20):
        while not (answer := await ann.taps(card, "Refresh"))["text"]:
            pass  # more than a second went by: it was drawn anew
    assert answer["text"] == "These are the newest prices."
