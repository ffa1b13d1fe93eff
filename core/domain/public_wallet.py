"""What everybody can see of a wallet at the venue."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.book import Side
from core.domain.units import ConditionId, MarketId, Price, Size, Usdc


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
