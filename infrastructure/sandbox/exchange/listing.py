"""What is listed: events, their markets and tags, as fixed at listing time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Tag(NamedTuple):
    """A label of the catalogue."""

    id: str
    label: str
    slug: str


class Fees(NamedTuple):
    """A category's taker fee as Gamma shows it."""

    kind: str
    rate: float
    rebate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMarket:
    """One two-sided market. `activity` weighs how often somebody acts in it."""

    id: str
    condition_id: str
    question_id: str
    slug: str
    question: str
    title: str
    threshold: int
    description: str
    source: str  # where the result is read, a URL or ""
    outcomes: tuple[str, str]
    tokens: tuple[str, str]
    tick: int  # millionths
    fees: Fees | None
    neg_risk: bool
    event_id: str
    chance: float  # of the first outcome, at the start
    liquidity: float  # 0 = nearly nobody, 1 = crowded
    activity: float
    volume: float  # USDC before the start
    volume_24h: float
    created_at: datetime
    ends_at: datetime
    plays_at: datetime | None = None
    accepts_orders: bool = True
    payouts: tuple[int, int] | None = None  # of a market that had ended before the start


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """A question; `neg_risk` = exactly one of its markets ends with Yes."""

    id: str
    slug: str
    title: str
    description: str
    source: str
    tags: tuple[Tag, ...]
    neg_risk: bool
    neg_risk_id: str
    created_at: datetime
    ends_at: datetime
    markets: tuple[ListedMarket, ...]
    ladder: tuple[float, float, tuple[float, ...]] | None = None  # mean, spread, upper bounds


@dataclass(slots=True)
class Catalogue:
    """Everything listed, with the indexes that look-ups need."""

    events: dict[str, ListedEvent] = field(default_factory=dict)
    markets: dict[str, ListedMarket] = field(default_factory=dict)
    by_token: dict[str, tuple[ListedMarket, int]] = field(default_factory=dict)
    by_condition: dict[str, ListedMarket] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[ListedEvent]) -> "Catalogue":
        catalogue = cls()
        for event in events:
            catalogue.add(event)
        return catalogue

    def add(self, event: ListedEvent) -> None:
        self.events[event.id] = event
        for market in event.markets:
            self.markets[market.id] = market
            self.by_condition[market.condition_id] = market
            for outcome, token in enumerate(market.tokens):
                self.by_token[token] = (market, outcome)

    def tags(self) -> list[Tag]:
        """Each tag once, by number."""
        every = {tag for event in self.events.values() for tag in event.tags}
        return sorted(every, key=lambda tag: int(tag.id))
