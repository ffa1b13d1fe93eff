"""What is seen of one event from price to price: plain numbers, so that a tick costs a look."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from core.domain.account import Account
from core.domain.book import Side
from core.domain.price import PriceState, Quote
from core.domain.units import MarketId, TokenId, UserId
from core.domain.weather.belief import Blend, ForecastVersion, Mids, mid_of
from core.domain.weather.deciding import screened
from core.domain.weather.edge import Belief
from core.domain.weather.limits import StrategyLimits
from core.services.weather.candidates import Candidate

BELIEVED: Final = frozenset({PriceState.LIVE, PriceState.POLLED})
NOBODY_BIDS, NOBODY_ASKS = -1.0, 2.0  # prices at which nothing is worth a look


class Spot(NamedTuple):
    """One token of an event, and its price that came nearest to an edge or passed it."""

    place: int
    is_yes: bool
    edge: float  # before the fee, at the cautious end; may be below 0


@dataclass(slots=True)
class Own:
    """What one user has to do with the event."""

    is_busy: bool = False  # an order of theirs is being decided on or placed
    retry_at: float = 0.0  # monotonic seconds
    ordered_at: float | None = None  # monotonic seconds
    ordered_on: int | None = None  # version of the forecast
    seen_version: int | None = None  # a new one is looked at without waiting
    spent: set[tuple[Account, MarketId, Side, int]] = field(
        default_factory=set
    )  # keys that were used
    held: dict[Account, frozenset[TokenId]] = field(default_factory=dict)  # as of the last look

    def holds(self, token: TokenId) -> bool:
        return any(token in tokens for tokens in self.held.values())


class Watched:
    """The prices of one event's Yes tokens; No is the mirror of Yes."""

    __slots__ = ("_asks", "_bids", "_mids", "blend", "candidate", "own", "pairs", "places")

    def __init__(self, candidate: Candidate) -> None:
        buckets = len(candidate.markets)
        self.candidate = candidate
        self.pairs = [(market.tokens[0], market.tokens[1]) for market in candidate.markets]
        self.places = {yes: place for place, (yes, _) in enumerate(self.pairs)}
        self._mids = Mids(buckets)
        self._bids = [NOBODY_BIDS] * buckets
        self._asks = [NOBODY_ASKS] * buckets
        self.own: dict[UserId, Own] = {}
        self.blend: Blend | None = None

    def token(self, place: int, *, is_yes: bool) -> TokenId:
        return self.pairs[place][0 if is_yes else 1]

    def put(self, place: int, quote: Quote | None, state: PriceState) -> None:
        """A price, or the loss of one, of that bucket's Yes."""
        if state not in BELIEVED or quote is None:
            quote = None
        self._mids.put(place, mid_of(quote))
        bid = None if quote is None else quote.bid
        ask = None if quote is None else quote.ask
        self._bids[place] = NOBODY_BIDS if bid is None else float(bid)
        self._asks[place] = NOBODY_ASKS if ask is None else float(ask)

    def believe(self, version: ForecastVersion) -> Blend | None:
        """What is believed at these prices; None while a bucket has none."""
        self.blend = self._mids.blend(version.opinion)
        return self.blend

    def entries(self, blend: Blend, limits: StrategyLimits) -> list[Spot]:
        """Tokens whose best ask leaves an edge before the fee, the largest first."""
        found = list[Spot]()
        for place, (bid, ask) in enumerate(zip(self._bids, self._asks, strict=True)):
            chance, error = blend.chances[place], limits.deviations * blend.errors[place]
            if chance - ask - error > limits.minimum_edge:
                found.append(Spot(place, is_yes=True, edge=chance - ask - error))
            if bid - chance - error > limits.minimum_edge:
                found.append(Spot(place, is_yes=False, edge=bid - chance - error))
        found.sort(key=lambda spot: -spot.edge)
        return found

    def exits(self, blend: Blend, own: Own, limits: StrategyLimits) -> list[Spot]:
        """Held tokens for which somebody bids more than they are worth to us, before the fee."""
        found = list[Spot]()
        for place, (yes, no) in enumerate(self.pairs):
            chance = blend.chances[place]
            error = blend.errors[place]
            bid, ask = self._bids[place], self._asks[place]
            if own.holds(yes) and _is_overpaid(bid, Belief(chance, error), limits):
                found.append(Spot(place, is_yes=True, edge=bid - chance))
            if own.holds(no) and _is_overpaid(1 - ask, Belief(1 - chance, error), limits):
                found.append(Spot(place, is_yes=False, edge=chance - ask))
        return found

    def nearest(self, blend: Blend, limits: StrategyLimits) -> Spot:
        """What came nearest to an edge."""
        best = Spot(0, is_yes=True, edge=float("-inf"))
        for place, (bid, ask) in enumerate(zip(self._bids, self._asks, strict=True)):
            chance, error = blend.chances[place], limits.deviations * blend.errors[place]
            if chance - ask - error > best.edge:
                best = Spot(place, is_yes=True, edge=chance - ask - error)
            if bid - chance - error > best.edge:
                best = Spot(place, is_yes=False, edge=bid - chance - error)
        return best


@dataclass(frozen=True, slots=True)
class Glance:
    """One look at an event, and when what it is for was received."""

    watched: Watched
    version: ForecastVersion | None
    since: float  # monotonic seconds
    received_at: datetime


def _is_overpaid(bid: float, belief: Belief, limits: StrategyLimits) -> bool:
    """The rule of an entry reversed: buying the complement at 1 - bid would have an edge."""
    return screened(belief.of_complement, 1 - bid, limits)
