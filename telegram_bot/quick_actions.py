"""What a button orders in one tap: each carries the one-shot token of its card."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.units import PositionId
from telegram_bot.callback_readers import Forms, button_id, number, percent, position_id


@dataclass(frozen=True, slots=True)
class QuickBuy:
    """`outcome` is its place in the card's market, `amount` in cents of a USDC."""

    button_id: str
    outcome: int
    amount: int


@dataclass(frozen=True, slots=True)
class QuickSell:
    button_id: str
    position_id: PositionId
    percent: int


QuickAction: TypeAlias = QuickBuy | QuickSell

FORMS: Final[Forms[QuickAction]] = {
    "qb": (QuickBuy, (button_id, number, number)),
    "qs": (QuickSell, (button_id, position_id, percent)),
}
