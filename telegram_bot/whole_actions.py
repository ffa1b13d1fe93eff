"""What a button can ask for about orders that are all or nothing (fill or kill)."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.units import MarketId, PositionId
from telegram_bot.callback_readers import Forms, market_id, number, position_id


@dataclass(frozen=True, slots=True)
class BuyWhole:
    """`outcome` is its place in the market, `amount` in cents of a USDC."""

    market_id: MarketId
    outcome: int
    amount: int


@dataclass(frozen=True, slots=True)
class SellWhole:
    """`amount` in millionths of a share."""

    position_id: PositionId
    amount: int


WholeAction: TypeAlias = BuyWhole | SellWhole

FORMS: Final[Forms[WholeAction]] = {
    "wb": (BuyWhole, (market_id, number, number)),
    "ws": (SellWhole, (position_id, number)),
}
