"""What one decision is made of, and how it is put on record."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.units import UserId
from core.domain.weather.belief import Blend, ForecastVersion
from core.domain.weather.choices import Choices
from core.domain.weather.deciding import Circumstances, Offer, Order, Refusal
from core.domain.weather.decision import Action, Decision, Grounds, Moments
from core.domain.weather.limits import StrategyLimits
from core.services.weather.means import Means
from core.services.weather.watching import Watched


@dataclass(frozen=True, slots=True)
class Rules:
    """The operator's: limits that users may lower, and when forecasts are too old."""

    limits: StrategyLimits
    most_age: timedelta
    slippage_percent: Decimal  # beyond what an order reaches now the guards refuse its bound


@dataclass(frozen=True, slots=True)
class Chance:
    """What the engine saw, and when the price behind it came."""

    watched: Watched
    user: UserId
    choices: Choices
    version: ForecastVersion
    received: float  # monotonic seconds
    received_at: datetime
    series: int  # which unbroken series of prices it belongs to, of all the event's tokens


@dataclass(frozen=True, slots=True)
class Basis:
    """All that one decision is made of."""

    chance: Chance
    account: Account
    limits: StrategyLimits
    blend: Blend
    seen: Circumstances
    means: Means


def outcome_of(watched: Watched, offer: Offer) -> str:
    market = watched.candidate.markets[offer.place]
    return f"{market.title} {market.outcome_of(offer.token_id).name}"


def on_record(
    chance: Chance, account: Account, blend: Blend | None, found: Order | Refusal, at: datetime
) -> Decision:
    """As a skip; who orders changes that."""
    offer = found.offer
    return Decision(
        user_id=chance.user,
        account=account,
        event_id=chance.watched.candidate.event.event_id,
        action=Action.SKIP,
        version=chance.version.number,
        moments=Moments(chance.received_at, at),
        grounds=_grounds(chance.version, blend, found),
        market_id=None if offer is None else offer.market_id,
        token_id=None if offer is None else offer.token_id,
        outcome="" if offer is None else outcome_of(chance.watched, offer),
        side=found.side if isinstance(found, Order) else None,
        skip=found.skip if isinstance(found, Refusal) else None,
        detail=found.detail if isinstance(found, Refusal) else "",
    )


def _grounds(version: ForecastVersion, blend: Blend | None, found: Order | Refusal) -> Grounds:
    offer = found.offer
    if blend is None or offer is None:
        return Grounds(divergence=None if blend is None else blend.divergence)
    model, market = version.opinion.chances[offer.place], blend.market[offer.place]
    walk = found.walk if isinstance(found, Order) else None
    return Grounds(
        chance=offer.belief.chance,
        error=offer.belief.error,
        model=model if offer.is_yes else 1 - model,
        market=market if offer.is_yes else 1 - market,
        divergence=blend.divergence,
        vwap=None if walk is None else walk.average_price,
        fee=None if walk is None else walk.fee,
        edge=None if found.edge is None else found.edge.expected,
        cautious=None if found.edge is None else found.edge.cautious,
        spend=None if walk is None else walk.value,
        size=None if walk is None else walk.size,
    )
