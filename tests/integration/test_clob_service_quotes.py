"""Quotes of purchases and sales, against real Postgres and the paper exchange."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    MarketClosed,
    NotEnoughShares,
    NotFound,
    OrderTooSmall,
    Rejected,
    StalePrice,
)
from core.domain.price import PriceState
from core.domain.units import MarketId, PositionId, Size, TokenId, UserId
from core.storage.models import Sessions
from tests.support.trading import (
    MARKET_1,
    NO,
    YES,
    buy,
    opened,
    usdc,
)


async def test_a_quote_says_what_the_money_buys(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    quote = await desk.clob.quote_buy(user, MARKET_1, YES, usdc("15.4"))
    assert (quote.shares, quote.value, quote.fee) == (
        Decimal(30),
        Decimal("15.4"),
        Decimal("0.29968"),
    )
    assert (quote.worst_price, quote.complete) == (Decimal("0.53"), True)
    assert (quote.payout, quote.cash_after) == (Decimal(30), Decimal("984.30032"))
    assert (quote.state, quote.outcome.name) == (PriceState.LIVE, "Yes")


async def test_a_quote_of_a_thin_book_is_marked_incomplete(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    desk.stream(YES, (), (("0.5", "10"),))
    quote = await desk.clob.quote_buy(user, MARKET_1, YES, usdc(100))
    assert (quote.complete, quote.value) == (False, Decimal(5))


@pytest.mark.parametrize(
    ("spend", "refusal"),
    [
        ("0.99", OrderTooSmall),
        ("1000.01", InsufficientBalance),
        ("1000", InsufficientBalance),  # the fee comes on top
    ],
)
async def test_what_cannot_be_paid_is_not_quoted(
    sessions: Sessions, spend: str, refusal: type[Rejected]
) -> None:
    desk, user = await opened(sessions)
    with pytest.raises(refusal):
        await desk.clob.quote_buy(user, MARKET_1, YES, usdc(spend))


async def test_without_book_market_or_wallet_nothing_is_quoted(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    desk.stream(YES)
    with pytest.raises(EmptyBook):
        await desk.clob.quote_buy(user, MARKET_1, YES, usdc(5))
    with pytest.raises(StalePrice):
        await desk.clob.quote_buy(user, MARKET_1, NO, usdc(5))
    with pytest.raises(NotFound):
        await desk.clob.quote_buy(user, MarketId("9"), YES, usdc(5))
    with pytest.raises(NotFound):
        await desk.clob.quote_buy(user, MARKET_1, TokenId("99"), usdc(5))
    with pytest.raises(NotFound):
        await desk.clob.quote_buy(UserId(99), MARKET_1, YES, usdc(5))


async def test_a_closed_market_is_not_quoted(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    async with sessions.begin() as session:
        await session.execute(sa.text("UPDATE markets SET accepts_orders = false"))
    with pytest.raises(MarketClosed):
        await desk.clob.quote_buy(user, MARKET_1, YES, usdc(5))


@pytest.mark.parametrize("size", ["0", "-1", "10.000001"])
async def test_a_sale_of_what_is_not_there_is_not_quoted(sessions: Sessions, size: str) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "5"))
    held = (await desk.positions.portfolio(user)).positions[0].position
    with pytest.raises(NotEnoughShares):
        await desk.clob.quote_sell(user, held.id, Size(Decimal(size)))


async def test_a_sale_is_quoted_for_its_owner_only(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "15.4"))
    held = (await desk.positions.portfolio(user)).positions[0].position
    quote = await desk.clob.quote_sell(user, held.id, Size(Decimal(20)))
    assert (quote.value, quote.worst_price, quote.payout) == (
        Decimal("9.3"), Decimal("0.45"), Decimal(0),
    )  # fmt: skip
    stranger = await desk.user(telegram_id=2)
    with pytest.raises(NotFound):
        await desk.clob.quote_sell(stranger, held.id, Size(Decimal(1)))
    with pytest.raises(NotFound):
        await desk.clob.quote_sell(user, PositionId(999), Size(Decimal(1)))
