"""What a question of the generated catalogue consists of, before it gets numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from infrastructure.sandbox.exchange.listing import Fees

YES_NO: Final = ("Yes", "No")
COARSE: Final = 10_000
QUARTER: Final = 2_500
FINE: Final = 1_000

FEES: Final[dict[str, Fees | None]] = {
    "Politics": Fees("politics_fees", 0.04, 0.25),
    "Geopolitics": None,
    "Sports": Fees("sports_fees_v2", 0.05, 0.15),
    "Crypto": Fees("crypto_fees_v2", 0.07, 0.2),
    "Economics": Fees("economics_fees", 0.05, 0.25),
    "Culture": Fees("culture_fees", 0.05, 0.25),
    "Tech": Fees("tech_fees", 0.04, 0.25),
    "Weather": Fees("weather_fees", 0.05, 0.25),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPlan:
    """One market to be; `title` is its short name inside the event."""

    question: str
    chance: float
    title: str = ""
    outcomes: tuple[str, str] = YES_NO
    slug: str = ""
    accepts_orders: bool = True
    payouts: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlan:
    """One event to be; `ends_at` may lie before the start for what has ended."""

    title: str
    category: str
    rule: str
    ends_at: datetime
    markets: tuple[MarketPlan, ...]
    labels: tuple[str, ...] = ()
    neg_risk: bool = False
    tick: int = COARSE
    liquidity: float = 0.5
    activity: float = 1.0
    source: str = ""
    slug: str = ""
    ladder: tuple[float, float, tuple[float, ...]] | None = None
    plays_at: datetime | None = None
