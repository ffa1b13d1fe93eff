"""Fills: the append-only record from which positions and cash follow."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.account import Account
from core.domain.book import Side
from core.domain.units import MarketId, OrderId, Price, Size, TokenId, Usdc, UserId, times, usdc


class Settlement(StrEnum):
    """How final a fill is; an order's state says nothing about it."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self is not Settlement.PROVISIONAL


@dataclass(frozen=True, slots=True)
class Fill:
    """One match of one order at one price. `event_key` is unique per account and user."""

    event_key: str
    user_id: UserId
    account: Account
    market_id: MarketId
    token_id: TokenId
    outcome: str
    side: Side
    size: Size
    price: Price
    fee: Usdc
    at: datetime
    order_id: OrderId | None = None
    settlement: Settlement = Settlement.CONFIRMED
    trade_id: str | None = None  # the venue's
    transaction: str | None = None  # its hash, once there is one

    @property
    def value(self) -> Usdc:
        """Shares times price, before the fee."""
        return usdc(times(self.size, self.price))

    @property
    def cash_change(self) -> Usdc:
        """What the fill does to the account's cash: a buy costs value and fee."""
        if self.side is Side.BUY:
            return usdc(-self.value - self.fee)
        return usdc(self.value - self.fee)
