"""From a seed and a start time to a catalogue: identifiers, volumes, dates."""

import re
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Final
from zlib import crc32

from infrastructure.sandbox.exchange.fair import Ladder
from infrastructure.sandbox.exchange.ladders import ladder_plans
from infrastructure.sandbox.exchange.listing import Catalogue, ListedEvent, ListedMarket, Tag
from infrastructure.sandbox.exchange.plans import FEES, EventPlan, MarketPlan
from infrastructure.sandbox.exchange.questions import plans, strikes

FIRST_EVENT: Final = 700_001
FIRST_MARKET: Final = 3_100_001
TAG_IDS: Final = 100_000
TOKEN_DIGITS: Final = 77


def generate(rng: Random, now: datetime, at_least: int = 0) -> Catalogue:
    """The usual catalogue, filled up with single markets to `at_least` markets."""
    builder = Builder(rng, now)
    events = [builder.event(plan) for plan in plans(now) + ladder_plans(now, rng)]
    missing = at_least - sum(len(event.markets) for event in events)
    events += [builder.event(strikes(now, number)) for number in range(missing)]
    return Catalogue.of(events)


class Builder:
    """Gives plans their numbers; the same order of calls gives the same numbers."""

    def __init__(self, rng: Random, now: datetime) -> None:
        self._rng = rng
        self._now = now
        self._events = count(FIRST_EVENT)
        self._markets = count(FIRST_MARKET)

    @classmethod
    def later(cls, seed: int, now: datetime, listed: int) -> "Builder":
        """For events added when `listed` markets are there already: numbers behind theirs."""
        rng = Random(f"{seed}/{listed}")  # noqa: S311 - repeatable on purpose, guards nothing
        builder = cls(rng, now)
        builder._events = count(FIRST_EVENT + listed)
        builder._markets = count(FIRST_MARKET + listed)
        return builder

    def event(self, plan: EventPlan) -> ListedEvent:
        event_id = str(next(self._events))
        group = self._hex() if plan.neg_risk else ""
        created = min(self._now, plan.ends_at) - timedelta(days=self._rng.uniform(2, 60))
        return ListedEvent(
            id=event_id,
            slug=plan.slug or slug_of(plan.title),
            title=plan.title,
            description=plan.rule,
            source=plan.source,
            tags=tuple(tag(label) for label in (plan.category, *plan.labels)),
            neg_risk=plan.neg_risk,
            neg_risk_id=group,
            created_at=created,
            ends_at=plan.ends_at,
            markets=tuple(
                self._market(plan, market, (event_id, number), group, created)
                for number, market in enumerate(plan.markets)
            ),
            ladder=plan.ladder,
        )

    def _market(
        self,
        plan: EventPlan,
        market: MarketPlan,
        place: tuple[str, int],
        group: str,
        created: datetime,
    ) -> ListedMarket:
        event_id, number = place
        share = self._rng.lognormvariate(9 + 4 * plan.liquidity, 0.7) * plan.activity
        volume = round(share / len(plan.markets), 6)
        return ListedMarket(
            id=str(next(self._markets)),
            condition_id=self._hex(),
            question_id=f"{group[:-2]}{number:02x}" if group else self._hex(),
            slug=market.slug or slug_of(market.question),
            question=market.question,
            title=market.title,
            threshold=number,
            description=plan.rule,
            source=plan.source,
            outcomes=market.outcomes,
            tokens=(self._token(), self._token()),
            tick=plan.tick,
            fees=FEES[plan.category],
            neg_risk=plan.neg_risk,
            event_id=event_id,
            chance=_chance(plan, market, number),
            liquidity=plan.liquidity,
            activity=plan.activity / len(plan.markets),
            volume=volume,
            volume_24h=round(volume * self._rng.uniform(0.01, 0.2), 6),
            created_at=created,
            ends_at=plan.ends_at,
            plays_at=plan.plays_at,
            accepts_orders=market.accepts_orders and market.payouts is None,
            payouts=market.payouts,
        )

    def _hex(self) -> str:
        return f"0x{self._rng.getrandbits(256):064x}"

    def _token(self) -> str:
        return str(self._rng.randrange(10 ** (TOKEN_DIGITS - 1), 10**TOKEN_DIGITS))


def tag(label: str) -> Tag:
    """The same label always gives the same number."""
    slug = slug_of(label)
    return Tag(str(TAG_IDS + crc32(slug.encode()) % TAG_IDS), label, slug)


def slug_of(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'", "")).strip("-")


def _chance(plan: EventPlan, market: MarketPlan, number: int) -> float:
    return Ladder(*plan.ladder).chance(number) if plan.ladder else market.chance
