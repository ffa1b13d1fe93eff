"""Positions: opened, closed, looked at."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.errors import (
    InsufficientBalance,
    InvalidQuantity,
    NotEnoughShares,
    NotFound,
    StalePrice,
)
from core.domain.order import OrderStatus
from core.domain.position import Position, PositionStatus
from core.domain.price import PriceState
from core.domain.units import MarketId, PositionId, Price, Size, TokenId, UserId
from core.storage.models import Sessions
from tests.support import rows
from tests.support.trading import (
    ASKS,
    BIDS,
    MARKET_1,
    NO,
    YES,
    Desk,
    buy,
    cash_of,
    counts,
    opened,
)


async def hold(desk: Desk, user: UserId, size: str = "100", price: str = "0.40") -> Position:
    return await desk.positions.create_position(
        user, MARKET_1, size=Size(Decimal(size)), price=Price(Decimal(price))
    )


async def test_an_opening_fill_makes_a_position_that_is_paid_and_wanted(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    position = await hold(desk, user)
    assert (position.outcome, position.token_id) == ("Yes", YES)
    assert position.holding.entry_price == Decimal("0.4")
    assert (position.current_price, position.pnl_amount) == (Decimal("0.49"), Decimal(9))
    assert position.pnl_percentage == Decimal("22.5")
    assert await cash_of(sessions, user) == 960
    assert desk.manager.get_user_subscriptions(user) == {MARKET_1}
    assert await desk.positions.held_markets() == [(user, MARKET_1)]


async def test_without_a_price_on_the_board_the_fill_s_own_marks_it(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    position = await desk.positions.create_position(
        user, MARKET_1, outcome="no", size=Size(Decimal(3)), price=Price(Decimal("0.1"))
    )
    assert (position.token_id, position.current_price) == (NO, Decimal("0.1"))
    assert (position.pnl_amount, position.pnl_percentage) == (Decimal(0), Decimal(0))


async def test_a_known_event_opens_nothing_twice(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    size, price = Size(Decimal(10)), Price(Decimal("0.5"))
    one = await desk.positions.create_position(
        user, MARKET_1, size=size, price=price, event_key="import:1"
    )
    two = await desk.positions.create_position(
        user, MARKET_1, size=size, price=price, event_key="import:1"
    )
    assert one == two
    assert await counts(sessions) == (0, 1, 1)
    assert await cash_of(sessions, user) == 995


async def test_a_position_in_another_account_leaves_paper_cash_alone(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    position = await desk.positions.create_position(
        user,
        MARKET_1,
        size=Size(Decimal(10)),
        price=Price(Decimal("0.5")),
        account=Account.LIVE,
    )
    assert position.account is Account.LIVE
    assert await cash_of(sessions, user) == 1000
    assert (await desk.positions.portfolio(user)).positions == ()


@pytest.mark.parametrize(
    ("size", "price", "refusal"),
    [
        ("0", "0.5", InvalidQuantity),
        ("-1", "0.5", InvalidQuantity),
        ("NaN", "0.5", InvalidQuantity),
        ("0.0000001", "0.5", InvalidQuantity),
        ("1E+30", "0.5", InvalidQuantity),
        ("1", "1.01", InvalidQuantity),
        ("1", "Infinity", InvalidQuantity),
        ("3000", "0.5", InsufficientBalance),
    ],
)
async def test_an_impossible_opening_changes_nothing(
    sessions: Sessions, size: str, price: str, refusal: type[Exception]
) -> None:
    desk, user = await opened(sessions)
    with pytest.raises(refusal):
        await hold(desk, user, size, price)
    assert await counts(sessions) == (0, 0, 0)
    assert await cash_of(sessions, user) == 1000


async def test_unknown_markets_tokens_and_outcomes_are_not_found(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    size, price = Size(Decimal(1)), Price(Decimal("0.5"))
    create = desk.positions.create_position
    with pytest.raises(NotFound):
        await create(user, MarketId("9"), size=size, price=price)
    with pytest.raises(NotFound):
        await create(user, MARKET_1, token_id=TokenId("99"), size=size, price=price)
    with pytest.raises(NotFound):
        await create(user, MARKET_1, outcome="Maybe", size=size, price=price)


async def test_closing_sells_everything_at_the_market(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    position = await hold(desk, user)
    order = await desk.positions.close_position(position.id)
    assert (order.status, order.filled_size) == (OrderStatus.FILLED, Decimal(100))
    closed = await desk.positions.get_position(position.id)
    assert closed.status is PositionStatus.CLOSED
    assert closed.holding.realized_pnl == order.filled_value - 40 - order.fee
    assert desk.manager.get_user_subscriptions(user) == frozenset()
    with pytest.raises(NotEnoughShares, match="closed already"):
        await desk.positions.close_position(position.id)


async def test_closing_in_parts_leaves_the_rest(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    position = await hold(desk, user, "10.000001")
    await desk.positions.close_position(position.id, 25, user)
    left = await desk.positions.get_position(position.id, user)
    assert left.holding.amount == Decimal("7.500001")
    for percent in (0, -5, 101):
        with pytest.raises(InvalidQuantity):
            await desk.positions.close_position(position.id, percent)


async def test_a_close_without_a_price_changes_nothing(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    position = await hold(desk, user)
    desk.board.set_state(YES, PriceState.SUSPECT)
    with pytest.raises(StalePrice):
        await desk.positions.close_position(position.id)
    assert await desk.positions.get_position(position.id) == position


async def test_a_position_is_its_owner_s(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    position = await hold(desk, user)
    stranger = await desk.user(telegram_id=2)
    for attempt in (
        desk.positions.get_position(position.id, stranger),
        desk.positions.view(position.id, stranger),
        desk.positions.close_position(position.id, 100, stranger),
        desk.positions.get_position(PositionId(999)),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_view_shows_the_board_s_price_and_what_selling_would_bring(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    position = await hold(desk, user)
    desk.stream(YES, (("0.60", "50"), ("0.50", "10")), (("0.62", "5"),))
    desk.time.seconds = 7
    view = await desk.positions.view(position.id, user)
    assert (view.position.current_price, view.position.pnl_amount) == (Decimal("0.61"), Decimal(21))
    assert view.position.pnl_percentage == Decimal("52.5")
    fees = Decimal("0.04") * (50 * Decimal("0.24") + 10 * Decimal("0.25"))
    assert view.liquidation == 35 - fees
    assert (view.bid, view.price_age, view.state) == (Decimal("0.60"), 7.0, PriceState.LIVE)


async def test_without_the_board_the_stored_price_is_shown_with_its_age(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    async with sessions.begin() as session:
        other = rows.market(2)
        await rows.add_markets(session, [other])
        inserted = await rows.add_position(session, user, other, other.tokens[0])
        await session.execute(
            sa.text("UPDATE markets SET price_at = :at WHERE id = '2'"), {"at": desk.time.wall()}
        )
    desk.time.seconds = 90
    view = await desk.positions.view(inserted, user)
    assert (view.position.current_price, view.liquidation) == (None, None)
    assert (view.price_age, view.state) == (90.0, PriceState.DOWN)
    assert (await desk.positions.portfolio(user)).value == 0


async def test_a_portfolio_adds_up(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "15.4"))
    await desk.clob.place_order(buy(await desk.user(telegram_id=2), "100"))
    desk.stream(YES, (("0.60", "500"),), (("0.62", "500"),))
    position = (await desk.positions.portfolio(user)).positions[0].position
    await desk.positions.close_position(position.id, 50)
    portfolio = await desk.positions.portfolio(user)
    assert portfolio.value == 15 * Decimal("0.61")
    assert portfolio.total == portfolio.cash + portfolio.value
    profit = portfolio.realized + portfolio.unrealized
    assert abs(portfolio.total - 1000 - profit) < Decimal("0.00001")


async def test_without_a_wallet_there_is_no_portfolio(sessions: Sessions) -> None:
    desk, _ = await opened(sessions)
    with pytest.raises(NotFound):
        await desk.positions.portfolio(UserId(99))


async def test_rows_from_outside_are_held_and_left_alone_by_the_rebuild(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    desk.stream(NO, BIDS, ASKS)
    async with sessions.begin() as session:
        outside = await rows.add_position(session, user, rows.market(1), NO)
    assert await desk.positions.held_markets() == [(user, MARKET_1)]
    assert await desk.positions.rebuild() == 0
    assert (await desk.positions.get_position(outside)).holding.amount == 100
