"""What everybody can see of a wallet at the venue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.domain.book import Side
from core.domain.units import ConditionId, MarketId, Price, Size, Usdc, UserId

LATE: Final = timedelta(minutes=10)  # by which the venue may tell a trade after others


@dataclass(frozen=True, slots=True)
class PublicPosition:
    """None is what the venue does not say."""

    condition: ConditionId
    title: str
    outcome: str
    size: Size
    average: Price | None
    price: Price | None
    value: Usdc | None
    pnl: Usdc | None


@dataclass(frozen=True, slots=True)
class PublicTrade:
    condition: ConditionId
    title: str
    outcome: str
    side: Side
    size: Size
    price: Price
    at: datetime
    key: str  # the same trade has the same key, whenever it is asked for


@dataclass(frozen=True, slots=True)
class PublicWallet:
    """As the venue told it at `seen_at`. None is what it could not tell; `positions` the most
    valuable first, `trades` newest first, as far as one answer goes.
    """

    address: str
    seen_at: datetime
    value: Usdc | None
    positions: tuple[PublicPosition, ...] | None
    trades: tuple[PublicTrade, ...] | None


@dataclass(frozen=True, slots=True)
class PublicWalletView:
    """With the markets that we know, by the venue's id."""

    wallet: PublicWallet
    markets: dict[ConditionId, MarketId]
    is_watched: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """A wallet somebody watches. `seen` are the keys of its newest trades at the last look, and
    `until` when the newest of them was; None before the first look.
    """

    user: UserId
    address: str
    seen: frozenset[str]
    until: datetime | None


def news_of(watched: Watched, trades: Sequence[PublicTrade]) -> list[PublicTrade]:
    """What was not there at the last look, in the order of `trades`; nothing at the first one.

    A trade that is told late counts; one from long before the last look was only out of sight.
    """
    if watched.until is None:
        return []
    since = watched.until - LATE
    return [each for each in trades if each.key not in watched.seen and each.at >= since]
