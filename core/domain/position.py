"""Holdings as a fold of fills, at average cost."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import NotEnoughShares
from core.domain.ledger import Fill
from core.domain.units import (
    MICRO,
    ZERO,
    MarketId,
    PositionId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
    times,
    usdc,
)

ENTRY_STEP: Final = Decimal("0.000000000001")  # 12 decimals of average cost
PERCENT_STEP: Final = Decimal("0.0001")


class PositionStatus(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a run of fills amounts to.

    `entry_price` is the average cost per share without fees; `realized_pnl` is net of all fees,
    which also stand apart in `fees_paid`.
    """

    amount: Size = Size(ZERO)
    entry_price: Price = Price(ZERO)
    realized_pnl: Usdc = Usdc(ZERO)
    fees_paid: Usdc = Usdc(ZERO)


@dataclass(frozen=True, slots=True)
class Position:
    """One stored position of one user in one outcome token."""

    id: PositionId
    user_id: UserId
    account: Account
    market_id: MarketId
    token_id: TokenId
    outcome: str
    holding: Holding
    current_price: Price | None
    pnl_amount: Usdc
    pnl_percentage: Decimal | None
    status: PositionStatus
    opened_at: datetime
    updated_at: datetime


def apply_fill(holding: Holding, fill: Fill) -> Holding:
    """The holding after one more fill.

    A buy moves the average; a sell leaves it and realises (price - average) x size.
    Raises: NotEnoughShares if more is sold than is held.
    """
    fees = usdc(holding.fees_paid + fill.fee)
    if fill.side is Side.BUY:
        amount = holding.amount + fill.size
        with localcontext(prec=50):
            cost = holding.amount * holding.entry_price + fill.size * fill.price
            entry = (cost / amount).quantize(ENTRY_STEP, rounding=ROUND_HALF_EVEN)
        realized = usdc(holding.realized_pnl - fill.fee)
        return Holding(Size(amount), Price(entry), realized, fees)
    if fill.size > holding.amount:
        raise NotEnoughShares("You cannot sell more shares than you hold.")
    profit = usdc(times(fill.size, fill.price - holding.entry_price))
    return replace(
        holding,
        amount=Size(holding.amount - fill.size),
        realized_pnl=usdc(holding.realized_pnl + profit - fill.fee),
        fees_paid=fees,
    )


def replay(fills: Iterable[Fill]) -> Holding:
    """The holding that a position's fills, in their order, amount to.

    Raises: NotEnoughShares.
    """
    holding = Holding()
    for fill in fills:
        holding = apply_fill(holding, fill)
    return holding


def unrealized_pnl(holding: Holding, mark: Price) -> Usdc:
    """Profit if every share were worth `mark`, before fees; 6 decimals, half-even.

    >>> held = Holding(Size(Decimal("150.5")), Price(Decimal("0.55")))
    >>> unrealized_pnl(held, Price(Decimal("0.6")))
    Decimal('7.525000')
    """
    return usdc(times(holding.amount, mark - holding.entry_price))


def pnl_percentage(holding: Holding, pnl: Usdc) -> Decimal | None:
    """`pnl` in percent of the cost, 4 decimals half-even; None where nothing was paid."""
    cost = holding.amount * holding.entry_price
    if cost == 0:
        return None
    with localcontext(prec=50):
        return (100 * pnl / cost).quantize(PERCENT_STEP, rounding=ROUND_HALF_EVEN)


def shares_of(holding: Holding, percent: Decimal) -> Size:
    """`percent` of the shares held, rounded down to 6 decimals; 100 is every last one."""
    if percent == 100:  # noqa: PLR2004 - a hundred percent
        return holding.amount
    return Size((holding.amount * percent / 100).quantize(MICRO, rounding="ROUND_DOWN"))
