"""What people are told without having asked: written down first, sent until it has arrived."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.account import Account
from core.domain.units import MarketId, Price, Size, Usdc, UserId


class NoticeKind(StrEnum):
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class Paid:
    """One position that its market's result has ended."""

    account: Account
    outcome: str
    shares: Size
    payout: Price  # USDC per share
    value: Usdc  # what all shares paid
    profit: Usdc  # of the whole position, net of all fees


@dataclass(frozen=True, slots=True)
class MarketEnded:
    """A market was resolved while its reader held shares of it."""

    market_id: MarketId
    question: str
    winner: str | None  # None for a split
    paid: tuple[Paid, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A claimed notice, to be sent now. `telegram_id` is the chat as well: all are private."""

    id: int
    user_id: UserId
    telegram_id: int
    key: str
    attempts: int  # this one included
    news: MarketEnded
