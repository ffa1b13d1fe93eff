"""What the strategy decided, why, on what grounds, and how long each step took."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from core.domain.account import Account
from core.domain.book import Side
from core.domain.units import EventId, MarketId, OrderId, TokenId, UserId


class Action(StrEnum):
    BUY = "buy"
    REDUCE = "reduce"
    SKIP = "skip"


class Skip(StrEnum):
    """Why nothing is ordered."""

    NO_FORECAST = "no forecast"
    STALE_FORECAST = "stale forecast"
    NO_MARKET = "market incomplete"  # a bucket has no price
    NOT_LIVE = "price not live"
    NO_EDGE = "no edge"
    DIVERGENT = "too far from the market"
    TOO_CHEAP = "too cheap"
    TOO_DEAR = "too dear"
    CLOSING = "day nearly over"
    CLOSED = "market takes no orders"
    COOLDOWN = "cooling down"
    ORDER_OUT = "an order is out"
    SAME_FORECAST = "ordered on this forecast"
    NO_STAKE = "nothing to stake"
    NO_CASH = "no cash"
    LIMIT = "limit reached"
    TOO_SMALL = "below the least order"
    LOSS = "daily loss reached"
    REFUSED = "refused"
    NO_FILL = "nobody took the other side"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Grounds:
    """The numbers of a decision, in USDC a share where they are money; None: not known then."""

    chance: float | None = None  # of the token, after it was drawn towards the market
    error: float | None = None
    model: float | None = None
    market: float | None = None
    divergence: float | None = None
    vwap: Decimal | None = None
    fee: Decimal | None = None  # USDC, of the whole order
    edge: float | None = None
    cautious: float | None = None
    spend: Decimal | None = None  # USDC
    size: Decimal | None = None  # shares


@dataclass(frozen=True, slots=True)
class Moments:
    """When the price came, when it was decided, when the order left and when it was answered."""

    received: datetime
    decided: datetime
    sent: datetime | None = None
    acknowledged: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one event; about all of it where there is no market."""

    user_id: UserId
    account: Account
    event_id: EventId
    action: Action
    version: int | None  # of the forecast
    moments: Moments
    grounds: Grounds = Grounds()
    market_id: MarketId | None = None
    token_id: TokenId | None = None
    outcome: str = ""  # for people: "14°C Yes"
    side: Side | None = None
    skip: Skip | None = None
    detail: str = ""  # a sentence of whoever refused, the scope of a limit
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """A decision as stored: how often it repeated, and when it did last."""

    decision: Decision
    times: int
    last_at: datetime
