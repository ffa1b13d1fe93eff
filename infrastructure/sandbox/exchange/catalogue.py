"""From a seed and a start time to a catalogue: identifiers, volumes, dates."""

import re
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Final
from zlib import crc32

from infrastructure.sandbox.exchange.fair import Ladder
from infrastructure.sandbox.exchange.ladders import ladder_plans
from infrastructure.sandbox.exchange.listing import Catalogue, ListedEvent, ListedMarket, Tag
from infrastructure.sandbox.exchange.plans import FEES, EventPlan, MarketPlan
from infrastructure.sandbox.exchange.questions import plans, strikes

EVENTS: Final = range(10_000_000, 100_000_000)
MARKETS: Final = range(1_000_000_000, 10_000_000_000)
TAG_IDS: Final = 100_000
TOKEN_DIGITS: Final = 77
TOKENS: Final = range(10 ** (TOKEN_DIGITS - 1), 10**TOKEN_DIGITS)


def generate(seed: int, rng: Random, now: datetime, at_least: int = 0) -> Catalogue:
    """The usual catalogue, filled up with single markets to `at_least` markets."""
    builder = Builder(seed, rng, now)
    events = [builder.event(plan) for plan in plans(now) + ladder_plans(now, seed)]
    missing = at_least - sum(len(event.markets) for event in events)
    events += [builder.event(strikes(now, number)) for number in range(missing)]
    return Catalogue.of(events)


class Builder:
    """Gives plans their numbers: the same question has the same ones at every start.

    A position outlives a restart, so a number must never come to mean another question.
    """

    def __init__(self, seed: int, rng: Random, now: datetime) -> None:
        self._seed = seed
        self._rng = rng
        self._now = now

    @classmethod
    def later(cls, seed: int, now: datetime, listed: int) -> "Builder":
        """For events added when `listed` markets are there already."""
        rng = Random(f"{seed}/{listed}")  # noqa: S311 - repeatable on purpose, guards nothing
        return cls(seed, rng, now)

    def event(self, plan: EventPlan) -> ListedEvent:
        slug = plan.slug or slug_of(plan.title)
        event_id = str(self._number(f"event/{slug}", EVENTS))
        group = f"0x{self._digest(f'group/{slug}')}" if plan.neg_risk else ""
        created = min(self._now, plan.ends_at) - timedelta(days=self._rng.uniform(2, 60))
        return ListedEvent(
            id=event_id,
            slug=slug,
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
        name = f"{event_id}/{market.slug or slug_of(market.question)}"
        return ListedMarket(
            id=str(self._number(f"market/{name}", MARKETS)),
            condition_id=f"0x{self._digest(f'condition/{name}')}",
            question_id=f"{group[:-2]}{number:02x}"
            if group
            else f"0x{self._digest(f'question/{name}')}",
            slug=market.slug or slug_of(market.question),
            question=market.question,
            title=market.title,
            threshold=number,
            description=plan.rule,
            source=plan.source,
            outcomes=market.outcomes,
            tokens=(self._token(f"first/{name}"), self._token(f"second/{name}")),
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

    def _digest(self, name: str) -> str:
        """64 hexadecimal digits that belong to `name` under this seed."""
        return sha256(f"{self._seed}/{name}".encode()).hexdigest()

    def _number(self, name: str, among: range) -> int:
        return among.start + int(self._digest(name), 16) % (among.stop - among.start)

    def _token(self, name: str) -> str:
        return str(self._number(name, TOKENS))


def tag(label: str) -> Tag:
    """The same label always gives the same number."""
    slug = slug_of(label)
    return Tag(str(TAG_IDS + crc32(slug.encode()) % TAG_IDS), label, slug)


def slug_of(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'", "")).strip("-")


def _chance(plan: EventPlan, market: MarketPlan, number: int) -> float:
    return Ladder(*plan.ladder).chance(number) if plan.ladder else market.chance
