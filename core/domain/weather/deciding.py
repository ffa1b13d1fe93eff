"""Whether to buy, what, and for how much: the strategy's rules, without clock, socket or database.

Everything is per event: its buckets exclude each other, so their stakes are decided together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple

from core.domain.book import Level, Side
from core.domain.execution import Walk, walk_buy, walk_sell
from core.domain.fees import FeeSchedule
from core.domain.units import ONE, ZERO, MarketId, Price, Size, TokenId, Usdc
from core.domain.weather.decision import Skip
from core.domain.weather.edge import Belief, Edge, edge_of, worst_price
from core.domain.weather.kelly import Leg, joint_stakes
from core.domain.weather.limits import Scope, StrategyLimits, capped

LEAST_SPEND: Final = Usdc(ONE)  # USDC; the venue refuses a marketable buy below it
MOST_LEGS: Final = 8  # staked together; more of them are never worth an order at once
CENT: Final = Decimal("0.01")
LEAST_WEALTH: Final = 1.0  # USDC: whoever could lose all of it in an outcome stakes nothing


@dataclass(frozen=True, slots=True)
class Offer:
    """One token, what we believe of it, and who would trade: asks to a buyer, bids to a seller."""

    place: int  # of its bucket
    is_yes: bool
    market_id: MarketId
    token_id: TokenId
    belief: Belief
    levels: Sequence[Level]  # best first
    tick: Decimal
    fees: FeeSchedule


@dataclass(frozen=True, slots=True)
class Held:
    """Shares of one of the event's tokens and what they cost, open orders included."""

    place: int
    is_yes: bool
    shares: Size
    cost: Usdc


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What has to be right before anything is entered, whatever it costs."""

    now: datetime
    heard_at: datetime | None  # the forecast; None without one
    most_age: timedelta
    ends_at: datetime  # of the local day
    divergence: float
    result_today: Usdc  # of the strategy's account, below 0 for a loss
    since_order: float | None = None  # seconds since the last one in the event


@dataclass(frozen=True, slots=True)
class Purse:
    """Money of the account: `bankroll` counts what is held at cost, `free` can be spent."""

    bankroll: Usdc
    free: Usdc
    at_stake: Mapping[Scope, Usdc]  # of all scopes but the bucket
    in_bucket: Mapping[MarketId, Usdc]


@dataclass(frozen=True, slots=True)
class Order:
    """Something to order: `walk` is what it would get now, no further than `worst`."""

    offer: Offer
    side: Side
    walk: Walk
    worst: Price
    edge: Edge
    spend: Usdc | None = None  # of a buy
    size: Size | None = None  # of a sale


class Refusal(NamedTuple):
    """Nothing is ordered; `offer` is what came nearest to it, and its edge."""

    skip: Skip
    offer: Offer | None = None
    edge: Edge | None = None
    detail: str = ""


class _Leg(NamedTuple):
    offer: Offer
    walk: Walk
    worst: Price
    edge: Edge


def hindrance(seen: Circumstances, limits: StrategyLimits) -> Refusal | None:
    """What forbids every entry now; sales that reduce are asked about the forecast alone."""
    stale = staleness(seen)
    if stale is not None:
        return Refusal(stale)
    if seen.ends_at - seen.now < timedelta(seconds=limits.closing):
        return Refusal(Skip.CLOSING)
    if seen.divergence > limits.most_divergence:
        return Refusal(Skip.DIVERGENT, detail=f"{seen.divergence:.2f}")
    if seen.result_today <= -limits.daily_loss:
        return Refusal(Skip.LOSS, detail=f"{seen.result_today:.2f}")
    if seen.since_order is not None and seen.since_order < limits.cooldown:
        return Refusal(Skip.COOLDOWN)
    return None


def staleness(seen: Circumstances) -> Skip | None:
    if seen.heard_at is None:
        return Skip.NO_FORECAST
    return Skip.STALE_FORECAST if seen.now - seen.heard_at > seen.most_age else None


def entry(
    offers: Sequence[Offer],
    chances: Sequence[float],
    held: Sequence[Held],
    purse: Purse,
    limits: StrategyLimits,
) -> Order | Refusal:
    """The one purchase that gains most: among all legs with an edge, by their joint stakes."""
    looked = [_leg(offer, limits) for offer in offers]
    legs = [leg for leg in looked if isinstance(leg, _Leg)]
    if not legs:
        return _nearest([one for one in looked if isinstance(one, Refusal)])
    legs = sorted(legs, key=lambda leg: -leg.edge.cautious)[:MOST_LEGS]
    have = wealth(len(chances), held, purse.bankroll, limits)
    if min(have) < LEAST_WEALTH:
        return Refusal(Skip.NO_STAKE, legs[0].offer, legs[0].edge)
    bets = [_bet(leg, len(chances)) for leg in legs]
    stakes = joint_stakes(chances, have, bets)
    leg, stake = max(zip(legs, stakes, strict=True), key=lambda one: one[1] * one[0].edge.expected)
    return _sized(leg, stake, purse, limits)


def reduction(offer: Offer, held: Size, limits: StrategyLimits) -> Order | Refusal:
    """What to sell of `held` shares, as `offer.levels` bid more than they are worth to us."""
    worst = worst_price(
        offer.belief,
        Side.SELL,
        offer.fees,
        offer.tick,
        wanted=limits.minimum_edge,
        deviations=limits.deviations,
    )
    if worst is None:
        return Refusal(Skip.NO_EDGE, offer)
    walk = walk_sell(offer.levels, held, worst, offer.fees)
    edge = edge_of(walk, offer.belief, Side.SELL, limits.deviations)
    if edge is None:
        return Refusal(Skip.NO_EDGE, offer, edge)
    return Order(offer, Side.SELL, walk, worst, edge, size=walk.size)


def wealth(
    outcomes: int, held: Sequence[Held], bankroll: Usdc, limits: StrategyLimits
) -> list[float]:
    """USDC by outcome: the share of the bankroll that Kelly may see, and what is held already.

    What is held was paid from that share, so that the same prices want nothing a second time.
    """
    base = limits.kelly_fraction * float(bankroll) - sum(float(one.cost) for one in held)
    return [
        base + sum(float(one.shares) for one in held if (one.place == place) is one.is_yes)
        for place in range(outcomes)
    ]


def screened(belief: Belief, ask: float, limits: StrategyLimits) -> bool:
    """Whether the best ask, before any fee, is worth a closer look: what each tick costs."""
    return belief.chance - ask - limits.deviations * belief.error > limits.minimum_edge


def _leg(offer: Offer, limits: StrategyLimits) -> _Leg | Refusal:
    if not offer.levels:
        return Refusal(Skip.NO_EDGE, offer)
    worst = worst_price(
        offer.belief,
        Side.BUY,
        offer.fees,
        offer.tick,
        wanted=limits.minimum_edge,
        deviations=limits.deviations,
    )
    best = offer.levels[0].price
    if worst is None or best > worst:
        return Refusal(Skip.NO_EDGE, offer, _edge_at_best(offer, limits))
    if best < limits.cheapest:
        return Refusal(Skip.TOO_CHEAP, offer, _edge_at_best(offer, limits))
    if best > limits.dearest:
        return Refusal(Skip.TOO_DEAR, offer, _edge_at_best(offer, limits))
    worst = Price(min(worst, limits.dearest))
    walk = walk_buy(offer.levels, limits.most[Scope.ORDER], worst, offer.fees)
    edge = edge_of(walk, offer.belief, Side.BUY, limits.deviations)
    if edge is None or edge.cautious < limits.minimum_edge:
        return Refusal(Skip.NO_EDGE, offer, edge)
    return _Leg(offer, walk, worst, edge)


def _edge_at_best(offer: Offer, limits: StrategyLimits) -> Edge | None:
    """Of the first level alone: what nearly was enough."""
    best = offer.levels[0]
    spend = Usdc(best.price * best.size)
    walk = walk_buy(offer.levels[:1], spend, best.price, offer.fees)
    return edge_of(walk, offer.belief, Side.BUY, limits.deviations)


def _nearest(refusals: Sequence[Refusal]) -> Refusal:
    """A price out of bounds says more than no edge; among equals the largest edge."""
    if not refusals:
        return Refusal(Skip.NO_EDGE)

    def rank(one: Refusal) -> tuple[bool, float]:
        edge = float("-inf") if one.edge is None else one.edge.cautious
        return one.skip is not Skip.NO_EDGE, edge

    return max(refusals, key=rank)


def _bet(leg: _Leg, outcomes: int) -> Leg:
    offer, walk = leg.offer, leg.walk
    pays = tuple(float((place == offer.place) is offer.is_yes) for place in range(outcomes))
    cost = float((walk.value + walk.fee) / walk.size)
    return Leg(pays, cost, float(walk.size))


def _sized(leg: _Leg, stake: float, purse: Purse, limits: StrategyLimits) -> Order | Refusal:
    offer, walk = leg.offer, leg.walk
    average = walk.value / walk.size
    wanted = _cents(min(Decimal(repr(stake)) * average, walk.value))
    at_stake = {**purse.at_stake, Scope.BUCKET: purse.in_bucket.get(offer.market_id, Usdc(ZERO))}
    allowed = capped(wanted, at_stake, limits)
    afford = _cents(purse.free * walk.value / (walk.value + walk.fee))
    spend = _cents(min(allowed.spend, afford))
    if spend < LEAST_SPEND:
        return _too_little(leg, wanted, allowed.by, allowed.spend)
    final = walk_buy(offer.levels, spend, leg.worst, offer.fees)
    edge = edge_of(final, offer.belief, Side.BUY, limits.deviations)
    if edge is None or edge.cautious < limits.minimum_edge:
        return Refusal(Skip.NO_EDGE, offer, edge)
    return Order(offer, Side.BUY, final, leg.worst, edge, spend=spend)


def _too_little(leg: _Leg, wanted: Usdc, by: Scope | None, allowed: Usdc) -> Refusal:
    if wanted <= 0:
        return Refusal(Skip.NO_STAKE, leg.offer, leg.edge)
    if wanted < LEAST_SPEND:
        return Refusal(Skip.TOO_SMALL, leg.offer, leg.edge, f"{wanted:.2f}")
    if by is not None and allowed < LEAST_SPEND:
        return Refusal(Skip.LIMIT, leg.offer, leg.edge, by.value)
    return Refusal(Skip.NO_CASH, leg.offer, leg.edge)


def _cents(value: Decimal) -> Usdc:
    return Usdc(max(value, ZERO).quantize(CENT, rounding=ROUND_DOWN))
