"""What the venue tells, in any order, any number of times, of our orders and of others."""

import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import NotFound
from core.domain.ledger import Settlement
from core.domain.order import Order, OrderHash, OrderStatus, Origin
from core.domain.reports import LiquidityRole, OrderReport, TradeReport
from core.domain.units import ZERO, ConditionId, Price, Size, UserId
from core.services.milestones import Milestone
from core.services.position.rebuilding import rebuild_position
from core.storage import fills, orders, positions
from core.storage.models import Sessions
from tests.support import rows
from tests.support.live_desk import (
    LiveDesk,
    books_of,
    open_live,
    resting,
    selling,
    taking,
)
from tests.support.scripted_exchange import settled
from tests.support.trading import MARKET_1, START, YES

OTHER = OrderHash("0x" + "ab" * 32)
CONDITION = rows.market(1).condition_id


def trade_of(
    number: int, size: str, price: str, side: Side = Side.BUY, of: OrderHash = OTHER
) -> TradeReport:
    return TradeReport(
        trade_id=f"x{number}",
        hash=of,
        condition_id=CONDITION,
        token=YES,
        side=side,
        size=Size(Decimal(size)),
        price=Price(Decimal(price)),
        settlement=Settlement.PROVISIONAL,
        role=LiquidityRole.MAKER,
        at=START + timedelta(seconds=number),
    )


def report_of(status: OrderStatus, matched: str = "0", original: str = "100") -> OrderReport:
    return OrderReport(
        hash=OTHER,
        condition_id=CONDITION,
        token=YES,
        side=Side.BUY,
        price=Price(Decimal("0.40")),
        original=Size(Decimal(original)),
        matched=Size(Decimal(matched)),
        status=status,
    )


async def known(desk: LiveDesk, user: UserId, order_hash: OrderHash = OTHER) -> Order:
    async with desk.sessions() as session:
        order = await orders.by_hash(session, user, order_hash)
    assert order is not None
    return order


async def rebuilt(sessions: Sessions) -> int:
    """How many positions are not what their ledger says."""
    async with sessions.begin() as session:
        known_ones = await fills.positions_with_fills(session, None)
        return sum([await rebuild_position(session, one) for one in known_ones])


async def test_a_failed_fill_is_taken_back_to_the_cent(sessions: Sessions) -> None:
    passed = list[Milestone]()
    desk, user = await open_live(sessions, passed.append)
    before = await books_of(sessions, user)
    desk.venue.fills = [("19.77", "0.37")]
    order = await desk.clob.place_order(taking(user, "7.33"))
    assert order.fee > 0
    (trade,) = await desk.venue.trades(user, None)
    passed.clear()
    for _ in range(2):
        await desk.clob.news.trade(user, settled(trade, Settlement.FAILED))
    assert await books_of(sessions, user) == before
    after = await desk.order(order)
    assert (after.filled_size, after.filled_value, after.fee) == (ZERO, ZERO, ZERO)
    assert after.failed_size == order.filled_size
    assert after.status is order.status  # what the book did stays done
    assert passed == [Milestone.BEFORE_REVERSAL, Milestone.REVERSAL_COMMITTED]
    await desk.clob.news.trade(user, settled(trade, Settlement.CONFIRMED))  # FAILED is final
    assert await books_of(sessions, user) == before


async def test_a_failed_fill_whose_shares_were_sold_leaves_an_explained_position(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("20", "0.50")]
    await desk.clob.place_order(taking(user, "10"))
    desk.time.seconds += 5
    desk.venue.fills = [("12", "0.60")]
    await desk.clob.place_order(selling(user, "12"))
    bought, sold = await desk.venue.trades(user, None)
    await desk.clob.news.trade(user, settled(bought, Settlement.FAILED))
    between = await books_of(sessions, user)
    assert (between.shares, between.fills) == (ZERO, 1)
    assert await rebuilt(sessions) == 0
    await desk.clob.news.trade(user, settled(sold, Settlement.FAILED))
    after = await books_of(sessions, user)
    assert (after.cash, after.shares, after.realized) == (Decimal(1000), ZERO, ZERO)


async def test_a_sale_that_failed_gives_its_shares_back_to_the_position_of_today(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    for number, (side, size, price) in enumerate(
        [(Side.BUY, "20", "0.50"), (Side.SELL, "20", "0.60"), (Side.BUY, "5", "0.70")]
    ):
        await desk.clob.news.trade(user, trade_of(number, size, price, side, hash_of(number)))
    sale = settled(trade_of(1, "20", "0.60", Side.SELL, hash_of(1)), Settlement.FAILED)
    await desk.clob.news.trade(user, sale)
    async with sessions() as session:
        (held,) = await positions.active(session, user, Account.LIVE)
    assert held.holding.amount == 25
    assert held.holding.entry_price == Decimal("0.54")
    assert await rebuilt(sessions) == 0
    late = trade_of(0, "7", "0.50", Side.BUY, hash_of(9))
    await desk.clob.news.trade(user, replace(late, trade_id="late"))
    assert (await books_of(sessions, user)).shares == 32


def hash_of(number: int) -> OrderHash:
    return OrderHash(f"0x{number:064x}")


async def test_a_trade_that_had_failed_before_it_was_told_is_no_fill(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await desk.clob.place_order(resting(user, "20"))
    assert order.hash is not None
    trade = desk.venue.match(order.hash, "20", "0.40")
    await desk.clob.news.trade(user, settled(trade, Settlement.FAILED))
    await desk.clob.news.trade(user, trade)
    books = await books_of(sessions, user)
    assert (books.shares, books.cash, books.fills) == (ZERO, Decimal(1000), 0)
    assert (await desk.order(order)).failed_size == 20


@pytest.mark.parametrize("seed", range(12))
async def test_shuffled_and_repeated_news_has_the_same_end(sessions: Sessions, seed: int) -> None:
    desk, user = await open_live(sessions)
    chance = random.Random(seed)  # noqa: S311 - reproducible shuffles
    order = await desk.clob.place_order(resting(user, "30"))
    assert order.hash is not None
    told = list[Callable[[], Awaitable[None]]]()
    for number, (size, end) in enumerate(
        [("10", Settlement.CONFIRMED), ("7.5", Settlement.FAILED), ("12.5", Settlement.CONFIRMED)]
    ):
        trade = replace(trade_of(number, size, "0.40", of=order.hash), role=LiquidityRole.TAKER)
        told += [tell_trade(desk, user, trade), tell_trade(desk, user, settled(trade, end))]
    for status, matched in ((OrderStatus.LIVE, "10"), (OrderStatus.FILLED, "30")):
        report = replace(report_of(status, matched, "30"), hash=order.hash)
        told.append(tell_order(desk, user, report))
    sale = trade_of(9, "15", "0.55", Side.SELL, hash_of(3))
    told.append(tell_trade(desk, user, sale))
    news = chance.choices(told, k=6) + told
    chance.shuffle(news)
    for tell in news:
        await tell()
    books = await books_of(sessions, user)
    assert (books.shares, books.fills) == (Decimal("7.5"), 3)
    assert books.realized + books.fees == Decimal("2.25")  # 15 x (0.55 - 0.40)
    assert books.cash == 1000 - 9 + Decimal("8.25") - books.fees
    after = await desk.order(order)
    assert (after.status, after.filled_size) == (OrderStatus.FILLED, Decimal("22.5"))
    assert desk.guards.held[order.id] == 0
    assert await rebuilt(sessions) == 0


def tell_trade(desk: LiveDesk, user: UserId, report: TradeReport) -> Callable[[], Awaitable[None]]:
    return lambda: desk.clob.news.trade(user, report)


def tell_order(desk: LiveDesk, user: UserId, report: OrderReport) -> Callable[[], Awaitable[None]]:
    return lambda: desk.clob.news.order(user, report)


@pytest.mark.parametrize("turn", range(6))
async def test_an_order_made_elsewhere_is_taken_in_whatever_comes_first(
    sessions: Sessions, turn: int
) -> None:
    desk, user = await open_live(sessions)
    news = (
        tell_order(desk, user, report_of(OrderStatus.LIVE)),
        tell_trade(desk, user, trade_of(1, "10", "0.40")),
        tell_trade(desk, user, trade_of(2, "5", "0.40")),
    )
    for tell in list(itertools.permutations(news))[turn]:
        await tell()
        await tell()
    order = await known(desk, user)
    assert order.ticket.origin is Origin.EXTERNAL
    assert (order.ticket.size, order.filled_size) == (Decimal(100), Decimal(15))
    assert order.status is OrderStatus.PARTIAL
    await desk.clob.news.order(user, report_of(OrderStatus.CANCELLED, "15"))
    assert (await known(desk, user)).status is OrderStatus.CANCELLED
    await desk.look()
    assert desk.venue.cancelled == []  # followed, never managed


async def test_shares_bought_elsewhere_can_be_sold_here_and_their_cost_is_not_made_up(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    await desk.clob.news.trade(user, trade_of(1, "10", "0.70", Side.SELL))
    books = await books_of(sessions, user)
    assert (books.shares, books.realized, books.cash) == (ZERO, ZERO, Decimal(1007))
    async with sessions() as session:
        assert await positions.active(session, user, Account.LIVE) == []


async def test_a_purchase_that_our_cash_does_not_know_the_deposit_of_is_booked(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    await desk.clob.news.trade(user, trade_of(1, "4000", "0.50"))
    assert (await books_of(sessions, user)).cash == -1000


async def test_news_of_a_market_that_nobody_knows_is_refused(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    strange = replace(trade_of(1, "10", "0.40"), condition_id=ConditionId("0x" + "99" * 32))
    with pytest.raises(NotFound):
        await desk.clob.news.trade(user, strange)
    assert (await books_of(sessions, user)).fills == 0


async def test_the_same_trade_of_two_of_our_orders_is_two_fills(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    first = await desk.clob.place_order(resting(user, "10", "a"))
    second = await desk.clob.place_order(resting(user, "10", "b"))
    for order in (first, second):
        assert order.hash is not None
        await desk.clob.news.trade(user, trade_of(1, "10", "0.40", of=order.hash))
    assert (await books_of(sessions, user)).shares == 20


async def test_somebody_elses_order_is_not_taken_in(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    other = await desk.user(telegram_id=2)
    await desk.clob.news.order(user, report_of(OrderStatus.LIVE))
    with pytest.raises(NotFound, match="somebody else"):
        await desk.clob.news.order(other, report_of(OrderStatus.LIVE))
    assert await desk.clob.open_orders(other) == ()


async def test_a_maker_pays_no_fee(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    await desk.clob.news.trade(user, trade_of(1, "10", "0.40"))
    taken = replace(trade_of(2, "10", "0.40"), role=LiquidityRole.TAKER)
    await desk.clob.news.trade(user, taken)
    async with sessions() as session:
        paid = list((await session.execute(sa.text("SELECT fee FROM fills ORDER BY id"))).scalars())
    assert paid[0] == 0
    assert paid[1] > 0


async def test_orders_of_unknown_outcome_can_be_found_by_their_market(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await desk.clob.place_order(resting(user, "10"))

    async def lost() -> list[Order]:
        async with sessions() as session:
            return await orders.unknown_in(session, Account.LIVE, user, MARKET_1)

    assert await lost() == []
    async with sessions.begin() as session:
        await session.execute(sa.text("UPDATE orders SET status = 'unknown'"))
    assert [one.id for one in await lost()] == [order.id]
