"""The portfolio in the chat: history and its file, sorting, dust, switching, selling all."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.errors import Unavailable
from core.domain.market import Market, Outcome
from core.domain.public_wallet import PublicPosition, PublicTrade
from core.domain.record import Period
from core.domain.units import ConditionId, MarketId, Price, Size, TokenId, Usdc, UserId
from core.services.track_record import TrackRecord
from core.services.wallet_watch import WalletCards
from core.storage import catalogue as stored_catalogue
from core.storage.models import Sessions
from telegram_bot.handlers.selling import LEGS
from tests.support import examples, portfolio_examples
from tests.support.chat import ANN, Chat, Message, Person, buttons, open_chat

YES, NO = examples.YES, examples.NO
RAIN = TokenId("21")
WALLET = portfolio_examples.ADDRESS
QUESTION = '=HYPERLINK("evil"); <b>will it rain</b>, in Paris?'
SECOND = replace(
    examples.market(QUESTION),
    id=MarketId("502"),
    condition_id=ConditionId("0x" + "cd" * 32),
    slug="rain-in-paris",
    event=None,
    outcomes=(
        Outcome("Yes", RAIN, Price(Decimal("0.5"))),
        Outcome("No", TokenId("22"), Price(Decimal("0.5"))),
    ),
    ends_at=datetime(2026, 12, 22, tzinfo=UTC),
)


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(), SECOND)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        chat.streams(RAIN, "0.49", "0.51")
        chat.streams(TokenId("22"), "0.49", "0.51")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


async def user_of(chat: Chat) -> UserId:
    user = await chat.services.users.admit(ANN, "You")
    assert user is not None
    return user.id


async def holds(chat: Chat, market: MarketId, size: str, price: str, token: TokenId) -> None:
    await chat.services.positions[Account.PAPER].create_position(
        await user_of(chat),
        market,
        token_id=token,
        size=Size(Decimal(size)),
        price=Price(Decimal(price)),
    )


async def holds_both(chat: Chat) -> None:
    """The older one is worth more; the younger one has won more, and ends sooner."""
    await holds(chat, MarketId("501"), "100", "0.62", YES)
    await holds(chat, MarketId("502"), "20", "0.2", RAIN)


def listed(card: Message) -> list[str]:
    return [label for label in buttons(card) if label[:3] in {"1. ", "2. ", "3. "}]


async def test_history_has_pages_and_a_file_that_adds_up_to_the_record(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    for _ in range(11):
        await holds(chat, MarketId("502"), "10", "0.2", RAIN)
    position = (await chat.services.positions[Account.PAPER].held(await user_of(chat)))[0]
    await chat.services.positions[Account.PAPER].close_position(position.id)
    page = await ann.says("/history")
    assert "Sold 110 Yes at 49¢" in page["text"]
    assert page["text"].count("Bought") == 9
    assert "Next" in buttons(page)
    second = await ann.opens(page, "Next")
    assert second["text"].count("Bought 10 Yes at 20¢") == 2
    assert "Next" not in buttons(second)
    await ann.taps(second, "Save as CSV")
    sent = await ann.sees(lambda message: message.get("document"))
    assert "12 trades" in sent["text"]
    content = await ann.downloads(sent)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {row["market"] for row in rows} == {f"'{QUESTION}"}
    assert [row["side"] for row in rows] == ["BUY"] * 11 + ["SELL"]
    record = await TrackRecord(sessions).of(await user_of(chat), Account.PAPER, Period.ALL)
    assert sum(Decimal(row["realized_pnl"]) for row in rows) == record.profit
    assert await ann.violations() == []


async def test_a_statement_is_in_order_of_time_and_knows_each_positions_profit(
    chat: Chat, sessions: Sessions
) -> None:
    await holds_both(chat)
    await holds(chat, MarketId("501"), "50", "0.62", YES)
    service, user = chat.services.positions[Account.PAPER], await user_of(chat)
    for position in await service.held(user):
        await service.close_position(position.id)
    told = await chat.services.histories.statement(user, Account.PAPER)
    (content,) = told.files
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    markets = [row["market"].lstrip("'") == QUESTION for row in rows]
    assert markets[:3] == [False, True, False]
    assert sorted(markets[3:]) == [False, True]
    assert [row["time_utc"] for row in rows] == sorted(row["time_utc"] for row in rows)
    booked = [Decimal(row["realized_pnl"]) for row in rows]
    record = await TrackRecord(sessions).of(user, Account.PAPER, Period.ALL)
    assert sum(booked) == told.profit == record.profit
    assert all(booked[3:])
    assert told.trades == 5


async def test_an_empty_history_says_so(ann: Person) -> None:
    page = await ann.says("/history")
    assert "Nothing was traded yet." in page["text"]
    assert "Save as CSV" not in buttons(page)


async def test_the_list_is_sorted_as_wished_and_remembers_it(chat: Chat, ann: Person) -> None:
    await holds_both(chat)
    card = await ann.says("/positions")
    assert "Bitcoin" in listed(card)[0]
    card = await ann.opens(card, "By P&L")
    assert "HYPERLINK" in listed(card)[0]
    card = await ann.opens(card, "By closing")
    assert "HYPERLINK" in listed(card)[0]
    again = await ann.says("/positions")
    assert "· By closing ·" in buttons(again)
    assert "HYPERLINK" in listed(again)[0]
    assert await ann.violations() == []


async def test_dust_is_hidden_counted_and_shown_on_wish(chat: Chat, ann: Person) -> None:
    await chat.prefers(ANN, dust_below=Usdc(Decimal(20)))
    await holds_both(chat)
    card = await ann.says("/positions")
    assert len(listed(card)) == 1
    assert "1 small hidden · show" in buttons(card)
    whole = await ann.opens(card, "1 small hidden · show")
    assert len(listed(whole)) == 2
    assert await ann.violations() == []


async def test_the_other_side_is_bought_for_what_the_first_brought(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    await holds(chat, MarketId("501"), "100", "0.62", YES)
    card = await ann.says("/positions")
    card = await ann.opens(card, listed(card)[0])
    assert "P&L net -$" in card["text"]
    await ann.taps(card, "Switch side")
    steps = await ann.reads("Switch side")
    too_soon = await ann.opens(steps, "2. Buy No")
    assert "First sell what you hold" in too_soon["text"]
    await ann.taps(steps, "1. Sell Yes")
    ticket = await ann.reads("Sell Yes?")
    await ann.taps(ticket, "Confirm")
    await ann.reads("Sold 100 Yes")
    await ann.taps(steps, "2. Buy No")
    ticket = await ann.reads("Buy No?")
    await ann.taps(ticket, "Confirm")
    await ann.reads("If No is right they pay")
    async with sessions() as session:
        query = sa.text("SELECT outcome, status FROM positions ORDER BY id")
        held = [tuple(row) for row in await session.execute(query)]
        spent = await session.scalar(
            sa.text(
                "SELECT sum(CASE side WHEN 'BUY' THEN -size * price - fee ELSE"
                " size * price - fee END) FROM fills WHERE order_id IS NOT NULL"
            )
        )
    assert held == [("Yes", "closed"), ("No", "active")]
    assert 0 <= spent < 3  # nothing but what the sale brought was used
    assert await ann.violations() == []


async def test_one_tap_sells_everything_and_says_what_did_not_sell(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    await holds_both(chat)
    card = await ann.says("/positions")
    card = await ann.opens(card, "Sell everything")
    assert "100 Yes →" in card["text"]
    assert "Sell all 2" in buttons(card)
    chat.streams(RAIN, "0.05", "0.07")  # far below what was quoted
    await ann.taps(card, "Sell all 2")
    told = await ann.reads("Sold 1 of 2")
    assert "Sold 100 Yes for" in told["text"]
    assert "Nothing was sold." in told["text"]
    async with sessions() as session:
        used = await session.scalar(
            sa.text("SELECT count(*) FROM money_buttons WHERE used_at IS NOT NULL")
        )
        placed = await session.scalar(sa.text("SELECT count(*) FROM orders"))
    assert placed <= used
    assert len(await chat.services.positions[Account.PAPER].held(await user_of(chat))) == 1
    assert await ann.violations() == []


def crowd(number: int) -> Market:
    """One of many markets."""
    yes, no = TokenId(f"{1000 + number}"), TokenId(f"{2000 + number}")
    half = Price(Decimal("0.5"))
    return replace(
        SECOND,
        id=MarketId(f"{600 + number}"),
        condition_id=ConditionId(f"0x{number:064x}"),
        slug=f"crowd-{number}",
        question=f"Will number {number} win?",
        outcomes=(Outcome("Yes", yes, half), Outcome("No", no, half)),
    )


async def holds_crowd(chat: Chat, numbers: range, size: str) -> None:
    markets = [crowd(number) for number in numbers]
    async with chat.sessions.begin() as session:
        await stored_catalogue.upsert(session, markets, datetime.now(UTC))
    for market in markets:
        chat.streams(market.tokens[0], "0.49", "0.51")
        await holds(chat, market.id, size, "0.5", market.tokens[0])


async def held_by(chat: Chat) -> int:
    return len(await chat.services.positions[Account.PAPER].held(await user_of(chat)))


async def test_more_than_one_card_holds_is_sold_by_the_next_one(chat: Chat, ann: Person) -> None:
    await holds_crowd(chat, range(LEGS + 2), "10")
    card = await ann.opens(await ann.says("/positions"), "Sell everything")
    assert "2 more positions have to wait for the next card." in card["text"]
    await ann.taps(card, f"Sell all {LEGS}")
    told = await ann.reads(f"Sold {LEGS} of {LEGS + 2}")
    assert await held_by(chat) == 2
    await ann.taps(told, "Sell 2 more")
    card = await ann.reads("Sell everything?")
    await ann.taps(card, "Sell all 2")
    await ann.reads("Sold 2 of 2")
    assert await held_by(chat) == 0
    async with chat.sessions() as session:
        used = "SELECT count(*) FROM money_buttons WHERE used_at IS NOT NULL"
        assert await session.scalar(sa.text(used)) == LEGS + 2
        assert await session.scalar(sa.text("SELECT count(*) FROM orders")) == LEGS + 2
    assert await ann.violations() == []


async def test_what_cannot_be_sold_is_named_and_takes_nobodys_place(
    chat: Chat, ann: Person
) -> None:
    await holds_crowd(chat, range(LEGS + 1), "40")
    await holds(chat, MarketId("502"), "20", "0.2", RAIN)
    ended = [replace(crowd(number), accepts_orders=False) for number in range(LEGS + 1)]
    async with chat.sessions.begin() as session:
        await stored_catalogue.upsert(session, ended, datetime.now(UTC))
    card = await ann.opens(await ann.says("/positions"), "Sell everything")
    assert f"{LEGS + 1} positions cannot be sold now: " in card["text"]
    assert "· Will number " in card["text"]
    assert "20 Yes →" in card["text"]
    await ann.taps(card, "Sell 1")
    await ann.reads(f"Sold 1 of {LEGS + 2}")
    assert await held_by(chat) == LEGS + 1
    assert await ann.violations() == []


async def test_a_second_tap_on_selling_everything_does_nothing(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    await holds(chat, MarketId("501"), "100", "0.62", YES)
    card = await ann.opens(await ann.says("/positions"), "Sell everything")
    label = next(each for each in buttons(card) if each.startswith("Sell 1"))
    data = next(
        each["callback_data"]
        for row in card["reply_markup"]["inline_keyboard"]
        for each in row
        if each["text"] == label
    )
    await ann.taps(card, label)
    await ann.reads("Sold 1 of 1")
    await ann.forges(data, card)
    await ann.reads("This tap did nothing.")
    async with sessions() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM orders")) == 1


async def test_today_counts_from_the_first_look(chat: Chat, ann: Person) -> None:
    now = datetime.now(UTC)
    chat.wall.offset = now.replace(hour=12) - now  # at midnight another day would begin
    await holds(chat, MarketId("501"), "100", "0.62", YES)
    home = await ann.says("/home")
    assert "Today $0.00" in home["text"]
    chat.streams(YES, "0.71", "0.73")
    home = await ann.opens(home, "Refresh")
    assert "Today +$10.00" in home["text"]
    user = await user_of(chat)
    assert (await chat.services.days.day_change(user, Account.LIVE)) is None
    assert await ann.violations() == []


class ShownWallets:
    """A venue that shows one wallet; `is_away`: its trades cannot be had."""

    def __init__(self) -> None:
        self.is_away = False

    async def value(self, address: str) -> Usdc | None:
        return Usdc(Decimal("4212.55")) if address == WALLET else None

    async def positions(self, _: str) -> tuple[PublicPosition, ...]:
        held = portfolio_examples.public_wallet().positions or ()
        return tuple(replace(one, condition=SECOND.condition_id) for one in held * 3)

    async def trades(self, _: str) -> tuple[PublicTrade, ...]:
        if self.is_away:
            raise Unavailable("The venue does not answer.")
        return portfolio_examples.public_wallet().trades or ()


async def test_a_pasted_wallet_is_a_card_to_read_with_ways_to_its_markets(
    sessions: Sessions,
) -> None:
    venue = ShownWallets()
    async with open_chat(sessions, (examples.market(), SECOND)) as built:
        chat = built.with_services(public_wallets=WalletCards(sessions, venue, now=built.wall))
        async with chat.running():
            ann = chat.person()
            card = await ann.says(WALLET.upper().replace("0X", "0x"))
            assert WALLET in card["text"]
            assert "Positions worth $4,212.55" in card["text"]
            assert "Newest trades" in card["text"]
            card = await ann.opens(card, "Watch")
            assert "You hear of its new trades." in card["text"]
            second = await ann.opens(card, "Next")
            assert "page 2" in second["text"]
            first = await ann.opens(second, "Previous")
            venue.is_away = True
            again = await ann.opens(first, "Refresh")
            assert "Newest trades: unavailable" in again["text"]
            market = await ann.opens(again, listed(again)[0])
            assert "HYPERLINK" in market["text"]
            assert await ann.violations() == []
