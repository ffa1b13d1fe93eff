"""Orders from quote to settlement, against real Postgres and the paper exchange."""

from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    MarketClosed,
    NotEnoughShares,
    NotFound,
    OutcomeUnknown,
    PolycoolError,
    Rejected,
    StalePrice,
)
from core.domain.execution import Match
from core.domain.market import Market
from core.domain.order import Order, OrderStatus, SignedPayload, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.units import OrderId, Price, Size, Usdc, UserId
from core.ports import Execution
from core.storage.models import Sessions
from tests.support.trading import (
    ASKS,
    BIDS,
    MARKET_1,
    NO,
    YES,
    ScriptedExchange,
    buy,
    cash_of,
    counts,
    desk_of,
    opened,
    sell,
)


async def test_a_fill_moves_order_ledger_position_and_cash(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    order = await desk.clob.place_order(buy(user, "15.4"))
    assert (order.status, order.filled_size, order.filled_value, order.fee) == (
        OrderStatus.FILLED, Decimal(30), Decimal("15.4"), Decimal("0.29968"),
    )  # fmt: skip
    assert await cash_of(sessions, user) == Decimal("984.30032")
    assert await counts(sessions) == (1, 2, 1)
    portfolio = await desk.positions.portfolio(user)
    position = portfolio.positions[0].position
    assert position.holding.amount == 30
    assert position.holding.entry_price == Decimal("0.513333333333")
    assert position.current_price == Decimal("0.49")
    assert portfolio.total == portfolio.cash + 30 * Decimal("0.49")


async def test_the_market_is_wanted_from_the_purchase_to_the_last_sale(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "15.4"))
    assert desk.manager.get_user_subscriptions(user) == {MARKET_1}
    await desk.clob.place_order(sell(user, "10", "s1"))
    assert desk.manager.get_user_subscriptions(user) == {MARKET_1}
    await desk.clob.place_order(sell(user, "20", "s2"))
    assert desk.manager.get_user_subscriptions(user) == frozenset()


async def test_the_other_outcome_keeps_the_market_wanted(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "5"))
    await desk.positions.create_position(
        user, MARKET_1, token_id=NO, size=Size(Decimal(10)), price=Price(Decimal("0.5"))
    )
    await desk.clob.place_order(sell(user, "10", "s"))
    assert desk.manager.get_user_subscriptions(user) == {MARKET_1}


async def test_a_closed_position_is_frozen_and_the_next_purchase_opens_another(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "5"))
    await desk.clob.place_order(sell(user, "10", "s"))
    async with sessions() as session:
        closed = (await session.execute(sa.text("SELECT * FROM positions"))).mappings().one()
    assert (closed["status"], closed["amount"], closed["pnl_amount"]) == ("closed", 0, 0)
    assert (closed["current_price"], closed["pnl_percentage"]) == (Decimal("0.49"), None)
    assert closed["realized_pnl"] == Decimal("4.8") - 5 - closed["fees_paid"]
    assert closed["closed_at"] == desk.time.wall()
    await desk.clob.place_order(buy(user, "5", "again"))
    portfolio = await desk.positions.portfolio(user)
    assert portfolio.positions[0].position.id != closed["id"]
    assert portfolio.positions[0].position.holding.entry_price == Decimal("0.5")


async def test_the_same_key_is_the_same_order(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    first = await desk.clob.place_order(buy(user, "15.4"))
    assert await desk.clob.place_order(buy(user, "700")) == first
    assert await counts(sessions) == (1, 2, 1)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (MarketClosed("Trading has ended"), OrderStatus.REJECTED),
        (StalePrice("too old"), OrderStatus.REJECTED),
        (EmptyBook("Nobody"), OrderStatus.CANCELLED),
    ],
)
async def test_an_order_that_came_to_nothing_is_remembered_with_the_reason(
    sessions: Sessions, refusal: PolycoolError, status: OrderStatus
) -> None:
    desk = desk_of(sessions, exchange := ScriptedExchange(refusal))
    await desk.market(1)
    user = await desk.user()
    with pytest.raises(type(refusal), match=str(refusal)):
        await desk.clob.place_order(buy(user, "5"))
    order = await desk.clob.order(exchange.seen[0].id, user)
    assert (order.status, order.reason) == (status, str(refusal))
    assert await cash_of(sessions, user) == 1000


async def test_an_order_whose_answer_is_lost_is_unknown(sessions: Sessions) -> None:
    desk = desk_of(sessions, exchange := ScriptedExchange(OutcomeUnknown("no answer")))
    await desk.market(1)
    user = await desk.user()
    with pytest.raises(OutcomeUnknown):
        await desk.clob.place_order(buy(user, "5"))
    order = await desk.clob.order(exchange.seen[0].id, user)
    assert order.status is OrderStatus.UNKNOWN


async def test_a_fill_beyond_the_cash_is_rolled_back_and_rejected(sessions: Sessions) -> None:
    match = Match(Size(Decimal(100)), Price(Decimal("0.5")), Usdc(Decimal(1)))
    exchange = ScriptedExchange(Execution(OrderStatus.FILLED, (match,)))
    desk = desk_of(sessions, exchange)
    await desk.market(1)
    user = await desk.user(cash=50)
    with pytest.raises(InsufficientBalance):
        await desk.clob.place_order(buy(user, "5"))
    order = await desk.clob.order(exchange.seen[0].id, user)
    assert (order.status, order.filled_size) == (OrderStatus.REJECTED, Decimal(0))
    assert await counts(sessions) == (1, 0, 0)
    assert await cash_of(sessions, user) == 50


async def test_no_transaction_is_open_while_the_exchange_is_asked(sessions: Sessions) -> None:
    class LookingExchange(ScriptedExchange):
        async def place(
            self, order: Order, market: Market, signed: SignedPayload | None
        ) -> Execution:
            async with sessions() as session:
                open_ones = await session.scalar(
                    sa.text(
                        "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                        " AND datname = current_database()"
                    )
                )
                status = await session.scalar(sa.text("SELECT status FROM orders"))
            assert (open_ones, status) == (0, "new")
            return await super().place(order, market, signed)

    desk = desk_of(sessions, LookingExchange(EmptyBook("Nobody")))
    await desk.market(1)
    user = await desk.user()
    with pytest.raises(EmptyBook):
        await desk.clob.place_order(buy(user, "5"))


async def test_selling_more_than_held_is_refused(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "5"))
    for size in ("10.000001", "5000"):
        with pytest.raises(NotEnoughShares):
            await desk.clob.place_order(sell(user, size, f"s{size}"))
    desk.stream(NO, BIDS, ASKS)
    with pytest.raises(NotEnoughShares):
        await desk.clob.place_order(sell(user, "1", "other", NO))
    assert (await counts(sessions))[1:] == (1, 1)


@pytest.mark.parametrize(
    "ticket",
    [
        Ticket(UserId(1), Account.PAPER, MARKET_1, YES, Side.BUY, Price(Decimal("0.5")), "k"),
        Ticket(UserId(1), Account.PAPER, MARKET_1, YES, Side.SELL, Price(Decimal("0.5")), "k"),
        buy(UserId(1), "0.5"),
        buy(UserId(1), "5", worst="0"),
        buy(UserId(1), "5", worst="1.01"),
        sell(UserId(1), "-1", "k"),
    ],
)
async def test_an_impossible_ticket_is_refused_unrecorded(
    sessions: Sessions, ticket: Ticket
) -> None:
    desk, _ = await opened(sessions)
    with pytest.raises(Rejected):
        await desk.clob.place_order(ticket)
    assert await counts(sessions) == (0, 0, 0)


async def test_an_order_is_its_owner_s(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    order = await desk.clob.place_order(buy(user, "5"))
    assert await desk.clob.order(order.id, user) == order
    with pytest.raises(NotFound):
        await desk.clob.order(order.id, await desk.user(telegram_id=2))


async def test_a_filled_order_cannot_be_cancelled_and_a_working_one_can(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    order = await desk.clob.place_order(buy(user, "5"))
    with pytest.raises(Rejected, match="filled already"):
        await desk.clob.cancel_order(order.id, user)
    exchange = ScriptedExchange(Execution(OrderStatus.LIVE))
    resting = desk_of(sessions, exchange)
    live = await resting.clob.place_order(buy(user, "5", "live"))
    assert live.status is OrderStatus.LIVE
    exchange.answer = Execution(OrderStatus.CANCELLED, reason="as you wished")
    cancelled = await resting.clob.cancel_order(live.id, user)
    assert (cancelled.status, cancelled.reason) == (OrderStatus.CANCELLED, "as you wished")


async def test_orders_that_a_crash_left_are_ended_at_the_start(sessions: Sessions) -> None:
    desk = desk_of(sessions, exchange := ScriptedExchange(PolycoolError("the process ends here")))
    await desk.market(1)
    user = await desk.user()
    with pytest.raises(PolycoolError):
        await desk.clob.place_order(buy(user, "5"))
    assert (await desk.clob.order(exchange.seen[0].id, user)).status is OrderStatus.NEW
    assert await desk.clob.reconcile() == 1
    order = await desk.clob.order(exchange.seen[0].id, user)
    assert order.status is OrderStatus.REJECTED
    assert "nothing was bought or sold" in order.reason
    assert await desk.clob.reconcile() == 0


async def test_the_same_news_of_a_fill_is_booked_once(sessions: Sessions) -> None:
    match = Match(Size(Decimal(10)), Price(Decimal("0.5")), Usdc(Decimal("0.1")))
    exchange = ScriptedExchange(Execution(OrderStatus.PARTIAL, (match,)))
    desk = desk_of(sessions, exchange)
    await desk.market(1)
    user = await desk.user()
    order = await desk.clob.place_order(replace(buy(user, "10"), kind=OrderKind.GTC))
    again = await desk.clob.cancel_order(order.id, user)  # tells the same match once more
    assert again == replace(order, cancel_requested_at=again.cancel_requested_at)
    assert await cash_of(sessions, user) == Decimal("994.9")
    assert await counts(sessions) == (1, 1, 1)


async def test_an_unknown_order_is_not_found(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    with pytest.raises(NotFound):
        await desk.clob.cancel_order(OrderId(404), user)
