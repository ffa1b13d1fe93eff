"""Many trades at once: nothing is spent, sold or told twice."""

import asyncio
from decimal import Decimal

from core.domain.errors import (
    InsufficientBalance,
    NotEnoughShares,
)
from core.domain.order import Order, OrderStatus
from core.domain.units import Price, Size
from core.storage.models import Sessions
from tests.support.trading import (
    ASKS,
    BIDS,
    MARKET_1,
    NO,
    YES,
    buy,
    cash_of,
    counts,
    opened,
    sell,
)


async def test_whatever_trades_at_once_the_wish_agrees_with_what_is_held(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    for round_number in range(6):
        key = f"r{round_number}"
        await desk.clob.place_order(buy(user, "5", f"{key}-first"))
        await asyncio.gather(
            desk.clob.place_order(sell(user, "10", f"{key}-sell")),
            desk.clob.place_order(buy(user, "5", f"{key}-buy")),
            desk.clob.place_order(sell(user, "10", f"{key}-again")),
            return_exceptions=True,
        )
        held = {market for _, market in await desk.positions.held_markets()}
        assert desk.manager.get_user_subscriptions(user) == held


async def test_the_same_key_at_once_is_one_order(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    placed = await asyncio.gather(*(desk.clob.place_order(buy(user, "5")) for _ in range(12)))
    assert len({order.id for order in placed}) == 1
    assert (await counts(sessions))[0] == 1
    assert await cash_of(sessions, user) == Decimal("994.9")


async def test_shares_sold_at_once_are_sold_once(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "5"))
    results = await asyncio.gather(
        *(desk.clob.place_order(sell(user, "4", f"s{n}")) for n in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Order) for result in results) == 2
    assert sum(isinstance(result, NotEnoughShares) for result in results) == 6


async def test_two_hundred_purchases_at_once_cannot_overspend(sessions: Sessions) -> None:
    desk, user = await opened(sessions, cash=100)
    desk.stream(YES, BIDS, (("0.50", "100000"),))
    results = await asyncio.gather(
        *(desk.clob.place_order(buy(user, "5", f"k{n}")) for n in range(200)),
        return_exceptions=True,
    )
    filled = [result for result in results if isinstance(result, Order)]
    assert len(filled) == 19  # 5.10 each with the fee
    assert sum(isinstance(result, InsufficientBalance) for result in results) == 181
    assert await cash_of(sessions, user) == 100 - 19 * Decimal("5.1")
    assert (await counts(sessions))[1:] == (19, 1)


async def test_buyers_and_sellers_in_two_markets_never_deadlock(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    desk.stream(NO, BIDS, ASKS)
    for token in (YES, NO):
        await desk.positions.create_position(
            user, MARKET_1, token_id=token, size=Size(Decimal(200)), price=Price(Decimal("0.5"))
        )
    trades = [
        desk.clob.place_order(ticket)
        for n in range(20)
        for ticket in (
            sell(user, "2", f"y{n}"),
            sell(user, "2", f"n{n}", NO),
            buy(user, "2", f"b{n}"),
        )
    ]
    async with asyncio.timeout(30):
        orders = await asyncio.gather(*trades)
    assert {order.status for order in orders} == {OrderStatus.FILLED}
