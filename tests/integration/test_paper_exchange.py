"""The paper exchange, and the books that it and every quote decide on."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import (
    EmptyBook,
    MarketClosed,
    NotWhole,
    Rejected,
    StalePrice,
    Unavailable,
)
from core.domain.market import Source
from core.domain.order import Order, OrderStatus, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.price import PriceState, Quote
from core.domain.units import MarketId, OrderId, Price, Size, TokenId, Usdc, UserId
from core.services.fresh_books import FreshBooks
from core.services.price_board import PriceBoard
from infrastructure.paper.paper_exchange import PaperExchange
from tests.support.rows import market
from tests.support.trading import NO, YES, Levels, Shelf, Time, book_of

ASKS = (("0.52", "100"), ("0.50", "10"))
BIDS = (("0.45", "20"), ("0.48", "10"))


class Room:
    """A board, a shelf of REST books and the exchange over both."""

    def __init__(self) -> None:
        self.time = Time()
        self.board = PriceBoard(self.time.clock)
        self.shelf = Shelf(self.time)
        self.books = FreshBooks(self.board, self.shelf, self.time.clock, self.time.wall)
        self.exchange = PaperExchange(self.books)

    def stream(self, bids: Levels, asks: Levels, state: PriceState = PriceState.LIVE) -> None:
        book = book_of(YES, bids, asks)
        now = self.time.clock()
        self.board.publish(
            Quote(YES, None, book.best_bid, book.best_ask, None, Source.WS, now, None, book)
        )
        self.board.set_state(YES, state)


def order(side: Side, amount: str, worst: str) -> Order:
    quantity = Decimal(amount)
    ticket = Ticket(
        user_id=UserId(1),
        account=Account.PAPER,
        market_id=MarketId("1"),
        token_id=YES,
        side=side,
        worst_price=Price(Decimal(worst)),
        key="k",
        spend=Usdc(quantity) if side is Side.BUY else None,
        size=Size(quantity) if side is Side.SELL else None,
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    zero = Decimal(0)
    return Order(
        OrderId(1), ticket, "Yes", OrderStatus.NEW, Size(zero), Usdc(zero), Usdc(zero), "", at
    )


async def test_a_buy_walks_the_streamed_book_and_asks_nobody() -> None:
    room = Room()
    room.stream(BIDS, ASKS)
    execution = await room.exchange.place(order(Side.BUY, "15.4", "0.52"), market(1), None)
    assert execution.status is OrderStatus.FILLED
    assert [(match.size, match.price) for match in execution.matches] == [
        (Decimal(10), Decimal("0.50")),
        (Decimal(20), Decimal("0.52")),
    ]
    assert execution.matches[0].fee == Decimal("0.1")
    assert room.shelf.asked == []


async def test_a_thin_book_fills_in_part_and_says_so() -> None:
    room = Room()
    room.stream(BIDS, ASKS)
    execution = await room.exchange.place(order(Side.SELL, "100", "0.40"), market(1), None)
    assert execution.status is OrderStatus.PARTIAL
    assert sum(match.size for match in execution.matches) == 30
    assert "thinner" in execution.reason


async def test_the_bound_of_the_ticket_is_kept() -> None:
    room = Room()
    room.stream(BIDS, ASKS)
    execution = await room.exchange.place(order(Side.BUY, "15.4", "0.51"), market(1), None)
    assert (execution.status, len(execution.matches)) == (OrderStatus.PARTIAL, 1)


def whole(order: Order) -> Order:
    return replace(order, ticket=replace(order.ticket, kind=OrderKind.FOK))


@pytest.mark.parametrize(
    ("side", "amount", "worst"),
    [
        (Side.BUY, "57.01", "0.52"),  # a cent more than the book has
        (Side.BUY, "15.4", "0.51"),  # the book has it, beyond the bound
        (Side.SELL, "30.01", "0.40"),
        (Side.SELL, "30", "0.46"),
    ],
)
async def test_all_or_nothing_is_nothing_where_a_part_is_missing(
    side: Side, amount: str, worst: str
) -> None:
    room = Room()
    room.stream(BIDS, ASKS)
    with pytest.raises(NotWhole, match="none of it was traded"):
        await room.exchange.place(whole(order(side, amount, worst)), market(1), None)


@pytest.mark.parametrize(
    ("side", "amount", "worst"), [(Side.BUY, "57", "0.52"), (Side.SELL, "30", "0.45")]
)
async def test_all_or_nothing_is_all_where_the_book_has_exactly_that(
    side: Side, amount: str, worst: str
) -> None:
    room = Room()
    room.stream(BIDS, ASKS)
    execution = await room.exchange.place(whole(order(side, amount, worst)), market(1), None)
    assert execution.status is OrderStatus.FILLED
    assert sum(match.size for match in execution.matches) == (110 if side is Side.BUY else 30)


async def test_all_or_nothing_in_an_empty_book_finds_nobody() -> None:
    room = Room()
    room.stream(BIDS, ())
    with pytest.raises(EmptyBook) as refusal:
        await room.exchange.place(whole(order(Side.BUY, "10", "0.9")), market(1), None)
    assert not isinstance(refusal.value, NotWhole)


@pytest.mark.parametrize("worst", ["0.49", "0.01"])
async def test_nobody_within_the_bound_is_an_empty_book(worst: str) -> None:
    room = Room()
    room.stream(BIDS, ASKS)
    with pytest.raises(EmptyBook):
        await room.exchange.place(order(Side.BUY, "10", worst), market(1), None)


async def test_a_closed_market_takes_no_orders() -> None:
    room = Room()
    room.stream(BIDS, ASKS)
    for closed in (replace(market(1), is_closed=True), replace(market(1), accepts_orders=False)):
        with pytest.raises(MarketClosed):
            await room.exchange.place(order(Side.BUY, "10", "0.9"), closed, None)


async def test_nothing_can_be_cancelled_on_paper() -> None:
    with pytest.raises(Rejected):
        await Room().exchange.cancel(order(Side.BUY, "10", "0.9"), None)


@pytest.mark.parametrize("state", [PriceState.SUSPECT, PriceState.RESYNCING, PriceState.DOWN])
async def test_a_book_that_is_not_live_is_fetched_for_the_decision(state: PriceState) -> None:
    room = Room()
    room.stream(BIDS, (("0.10", "1000"),), state)
    room.shelf.put(YES, BIDS, ASKS)
    execution = await room.exchange.place(order(Side.BUY, "5", "0.9"), market(1), None)
    assert execution.matches[0].price == Decimal("0.50")
    assert room.shelf.asked == [YES]


async def test_a_crossed_stream_is_not_traded_on() -> None:
    room = Room()
    room.stream((("0.60", "5"),), ASKS)
    room.shelf.put(YES, BIDS, ASKS)
    assert (await room.books.book(YES)).source is Source.POLL
    room.shelf.put(YES, (("0.60", "5"),), ASKS)
    with pytest.raises(StalePrice):
        await room.books.book(YES)


async def test_a_fetched_book_must_be_younger_than_two_seconds() -> None:
    room = Room()
    room.shelf.put(YES, BIDS, ASKS)
    room.shelf.slowness = 1.9
    assert (await room.books.book(YES)).age == pytest.approx(1.9)
    room.shelf.slowness = 2.0
    with pytest.raises(StalePrice):
        await room.books.book(YES)


async def test_without_a_book_or_a_venue_there_is_no_decision() -> None:
    room = Room()
    with pytest.raises(StalePrice):
        await room.books.book(YES)
    room.shelf.fault = Unavailable("down")
    with pytest.raises(Unavailable):
        await room.books.book(YES)


async def test_a_fetched_book_comes_to_the_board_as_polled() -> None:
    room = Room()
    room.shelf.put(YES, BIDS, ASKS, last="0.3")
    book = await room.books.book(YES)
    reading = room.board.reading(YES)
    assert (book.state, book.last_trade) == (PriceState.POLLED, Decimal("0.3"))
    assert [level.price for level in book.asks] == [Decimal("0.50"), Decimal("0.52")]
    assert reading is not None
    assert (reading.value, reading.state, reading.source) == (
        Decimal("0.49"), PriceState.POLLED, Source.POLL,
    )  # fmt: skip


async def test_a_live_token_is_not_overwritten_by_a_refresh() -> None:
    room = Room()
    room.stream(BIDS, ASKS)
    room.shelf.put(YES, (("0.1", "1"),), (("0.2", "1"),))
    room.shelf.put(NO, (("0.50", "1"),), (("0.52", "1"),))
    await room.books.refresh([YES, NO])
    streamed, fetched = room.board.quote(YES), room.board.quote(NO)
    assert streamed is not None
    assert fetched is not None
    assert (streamed.source, fetched.source) == (Source.WS, Source.POLL)


async def test_a_wide_book_without_trades_borrows_the_complement_s() -> None:
    room = Room()
    room.shelf.put(NO, (("0.30", "1"),), (("0.40", "1"),), last="0.35")
    room.shelf.put(YES, (("0.20", "1"),), (("0.80", "1"),))
    pairs = {YES: NO, NO: YES}
    await room.books.refresh([YES, NO], pairs)
    assert room.books.mark(YES) == Decimal("0.65")


async def test_an_emptied_book_keeps_the_last_price_and_its_age() -> None:
    room = Room()
    room.shelf.put(YES, BIDS, ASKS)
    await room.books.refresh([YES])
    room.time.seconds += 30
    room.shelf.put(YES)
    await room.books.refresh([YES])
    reading, quote = room.board.reading(YES), room.board.quote(YES)
    assert reading is not None
    assert quote is not None
    assert (reading.value, reading.age) == (Decimal("0.49"), 30.0)
    assert (quote.bid, quote.ask) == (None, None)


async def test_sizes_finer_than_the_ledger_are_cut() -> None:
    room = Room()
    token = TokenId("11")
    room.shelf.put(token, asks=(("0.5", "3.123456789"), ("0.6", "0.0000001")))
    book = await room.books.book(token)
    assert [level.size for level in book.asks] == [Decimal("3.123456")]


async def test_an_order_meets_the_book_as_it_is_when_it_has_got_there() -> None:
    room, slept = Room(), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        room.stream(BIDS, (("0.55", "100"), ("0.51", "4")))  # others were faster

    exchange = PaperExchange(room.books, way=lambda: 0.04, sleep=sleep)
    room.stream(BIDS, ASKS)
    execution = await exchange.place(order(Side.BUY, "15.4", "0.52"), market(1), None)
    assert slept == [0.04]
    assert execution.status is OrderStatus.PARTIAL
    assert [match.price for match in execution.matches] == [Decimal("0.51")]


async def test_a_venue_that_hardly_answers_holds_up_an_order_for_two_seconds_at_most() -> None:
    room, slept = Room(), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    room.stream(BIDS, ASKS)
    exchange = PaperExchange(room.books, way=lambda: 30.0, sleep=sleep)
    await exchange.place(order(Side.BUY, "15.4", "0.52"), market(1), None)
    assert slept == [2.0]
