"""A fill booked by an answer's totals, and the trade that tells other numbers of it."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
import sqlalchemy as sa

from core.domain.account_views import TracedOrder
from core.domain.book import Side
from core.domain.ledger import Settlement
from core.domain.order import Order, OrderStatus
from core.domain.reports import LiquidityRole, TradeReport
from core.domain.units import ZERO, Price, Size, Usdc, UserId
from core.ports import Execution
from core.services.clob.order_history import OrderHistory
from core.services.position.rebuilding import rebuild_position
from core.storage import fills
from core.storage.models import Sessions
from tests.support import rows
from tests.support.live_desk import Books, LiveDesk, books_of, open_live, taking
from tests.support.trading import START, YES

ANSWER: Final = Execution(
    OrderStatus.MATCHED,
    trade_ids=("x1",),
    matched_size=Size(Decimal(40)),
    matched_value=Usdc(Decimal(10)),
)
PROVISIONAL, CONFIRMED, FAILED = Settlement.PROVISIONAL, Settlement.CONFIRMED, Settlement.FAILED
KEYS: Final = itertools.count(1)


async def sent(desk: LiveDesk, user: UserId, answer: Execution) -> Order:
    desk.venue.is_deaf = True
    desk.venue.posts = [answer]
    return await desk.clob.place_order(taking(user, "10", f"k{next(KEYS)}"))


def told(order: Order, settlement: Settlement, size: str = "20", price: str = "0.5") -> TradeReport:
    assert order.hash is not None
    return TradeReport(
        trade_id="x1",
        hash=order.hash,
        condition_id=rows.market(1).condition_id,
        token=YES,
        side=Side.BUY,
        size=Size(Decimal(size)),
        price=Price(Decimal(price)),
        settlement=settlement,
        role=LiquidityRole.TAKER,
        at=START + timedelta(seconds=1),
    )


async def heard(desk: LiveDesk, order: Order, news: Sequence[Settlement | None]) -> Order:
    """None is the answer, the rest is the trade."""
    for each in news:
        if each is None:
            await desk.clob.news.answer(order, ANSWER)
        else:
            await desk.clob.news.trade(order.ticket.user_id, told(order, each))
    return await desk.order(order)


async def traced(desk: LiveDesk, order: Order) -> TracedOrder:
    return await OrderHistory(desk.sessions).traced(order.ticket.user_id, order.id)


async def ledger(sessions: Sessions) -> list[tuple[str, str, Decimal]]:
    query = sa.text("SELECT event_key, settlement, size FROM fills ORDER BY id")
    async with sessions.begin() as session:
        found = (await session.execute(query)).all()
    return [(key.rpartition(":")[2], settlement, size) for key, settlement, size in found]


async def rebuilds_to_itself(sessions: Sessions, user: UserId) -> bool:
    async with sessions.begin() as session:
        known = await fills.positions_with_fills(session, user)
        return not any([await rebuild_position(session, one) for one in known])


async def test_the_trade_takes_the_place_of_what_an_answer_implied(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await sent(desk, user, ANSWER)
    assert (order.filled_size, order.status) == (Decimal(40), OrderStatus.FILLED)
    before = await books_of(sessions, user)
    assert before.shares == 40
    after = await heard(desk, order, [PROVISIONAL])
    assert (after.filled_size, after.filled_value) == (Decimal(20), Decimal(10))
    assert (after.matched_size, after.failed_size) == (Decimal(20), ZERO)
    assert after.status is OrderStatus.FILLED
    books = await books_of(sessions, user)
    assert (books.shares, books.fills) == (Decimal(20), 1)
    assert books.cash == 1000 - after.filled_value - after.fee
    assert await rebuilds_to_itself(sessions, user)
    seen = await ledger(sessions)
    assert [row[1:] for row in seen] == [("failed", Decimal(40)), ("provisional", Decimal(20))]
    assert seen[0][0] == "implied"


async def test_what_was_put_right_is_no_failure_to_the_user(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await sent(desk, user, ANSWER)
    await heard(desk, order, [PROVISIONAL])
    assert (await traced(desk, order)).settlements == {PROVISIONAL}
    await heard(desk, order, [CONFIRMED])
    assert (await traced(desk, order)).settlements == {CONFIRMED}
    assert [row[1] for row in await ledger(sessions)] == ["failed", "confirmed"]


async def test_an_order_that_got_less_than_was_answered_is_not_filled(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await sent(desk, user, ANSWER)
    await desk.clob.news.trade(user, told(order, PROVISIONAL, size="12"))
    after = await desk.order(order)
    assert (after.status, after.filled_size) == (OrderStatus.PARTIAL, Decimal(12))
    assert after.is_done
    assert after.working_value == ZERO


async def test_the_same_numbers_settle_the_fill_that_was_implied(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await sent(desk, user, ANSWER)
    await desk.clob.news.trade(user, told(order, CONFIRMED, size="40", price="0.25"))
    assert await ledger(sessions) == [("implied", "confirmed", Decimal(40))]


async def test_numbers_that_were_told_are_not_put_right_by_others(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await sent(desk, user, ANSWER)
    for size in ("20", "7", "40"):
        await desk.clob.news.trade(user, told(order, PROVISIONAL, size=size))
    assert (await books_of(sessions, user)).shares == 20


@pytest.mark.parametrize("end", [CONFIRMED, FAILED])
async def test_answer_and_trade_in_any_order_end_in_the_same_books(
    sessions: Sessions, end: Settlement
) -> None:
    desk, _ = await open_live(sessions)
    results = set[tuple[Decimal, Decimal, Decimal, Decimal]]()
    news = [None, PROVISIONAL, end]
    for number, order_of in enumerate(itertools.permutations([*news, *news]), start=2):
        if number % 12:
            continue  # sixty of all the orders in which they can come
        user = await desk.user(number)
        order = await sent(desk, user, Execution(OrderStatus.DELAYED))
        after = await heard(desk, order, order_of)
        books: Books = await books_of(sessions, user)
        results.add((books.cash, books.shares, books.fees, after.filled_size))
        assert await rebuilds_to_itself(sessions, user)
    assert len(results) == 1
    assert next(iter(results))[1] == (20 if end is CONFIRMED else 0)
