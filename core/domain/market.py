"""Markets, their outcomes and the events they belong to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from core.domain.errors import NotFound
from core.domain.fees import NO_FEE, FeeSchedule
from core.domain.units import ConditionId, EventId, MarketId, Price, Size, TokenId


class Source(StrEnum):
    """Where a market's stored price came from: `markets.source`."""

    WS = "ws"  # both tokens live by socket at the time of writing
    POLL = "poll"
    API = "api"  # the catalogue only


@dataclass(frozen=True, slots=True)
class EventRules:
    """What decides an event, in the venue's words; `tags` by their slugs."""

    description: str
    resolution_source: str = ""
    ends_at: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A question with one or many markets; its rules are kept where a program reads them."""

    id: EventId
    slug: str
    title: str
    neg_risk: bool = False  # at most one of its markets resolves to Yes
    rules: EventRules | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One side of a market. `price` is the catalogue's: delayed, not for trading."""

    name: str
    token: TokenId
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """One market as the catalogue describes it; `outcomes` in the venue's order."""

    id: MarketId
    condition_id: ConditionId
    slug: str
    question: str
    title: str  # short name inside its event; the question where there is none
    outcomes: tuple[Outcome, ...]
    tick: Decimal  # USDC
    minimum_size: Size
    fees: FeeSchedule = NO_FEE
    event: Event | None = None
    category: str = ""
    neg_risk: bool = False
    version: str = "v1"
    volume: Decimal = Decimal(0)  # USDC, all time
    volume_24h: Decimal = Decimal(0)  # USDC
    liquidity: Decimal = Decimal(0)  # USDC
    ends_at: datetime | None = None
    listed_at: datetime | None = None  # when it was first open
    accepts_orders: bool = True
    is_closed: bool = False
    is_resolved: bool = False
    resolved_outcome: str | None = None  # None also for split payouts
    payouts: tuple[Price, ...] | None = None  # by outcome; None until the result can be read

    @property
    def tokens(self) -> tuple[TokenId, ...]:
        return tuple(outcome.token for outcome in self.outcomes)

    def outcome_of(self, token: TokenId) -> Outcome:
        """Raises: NotFound if `token` is none of this market's."""
        for outcome in self.outcomes:
            if outcome.token == token:
                return outcome
        raise NotFound("This outcome does not belong to the market")

    def complement(self, token: TokenId) -> TokenId | None:
        """The other token of a two-sided market."""
        others = [other for other in self.tokens if other != token]
        return others[0] if len(others) == 1 else None
