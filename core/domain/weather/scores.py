"""How good forecasts were: scores of one day, and the gate that real money has to pass."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.weather.ladder import Ladder
from core.domain.weather.temperature import Rounding, Unit, converted, whole_degree

LEAST_PROBABILITY: Final = 1e-6
NAIVE_SHARE: Final = 0.8
LEAST_EVENTS: Final = 300
ROOT_TWO: Final = math.sqrt(2)
ROOT_PI: Final = math.sqrt(math.pi)
ROOT_TWO_PI: Final = math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Settled:
    """A past day's extreme as it was resolved, in Celsius, and from when on it was known."""

    available_at: datetime
    degrees: float


@dataclass(frozen=True, slots=True)
class Skill:
    """1 - score / score of the reference, with the ends of its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Without `reasons` the gate is open."""

    reasons: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """`low` <= p < `high`; the band holds 90 % of what chance does to a forecast that is right."""

    low: float
    high: float
    count: int
    said: float
    seen: float
    band_low: float
    band_high: float


def brier(probabilities: Sequence[float], place: int) -> float:
    """Over all buckets: 0 = certain and right, 2 = certain and wrong."""
    return math.fsum((p - (each == place)) ** 2 for each, p in enumerate(probabilities))


def log_score(probabilities: Sequence[float], place: int) -> float:
    """-ln of what was given to the bucket that came, at most 13.8."""
    return -math.log(max(probabilities[place], LEAST_PROBABILITY))


def crps_normal(mean: float, sigma: float, value: float) -> float:
    """In the unit of the arguments. Source: Gneiting et al. (2005), equation 5."""
    z = (value - mean) / sigma
    density = math.exp(-0.5 * z * z) / ROOT_TWO_PI
    return sigma * (z * math.erf(z / ROOT_TWO) + 2 * density - 1 / ROOT_PI)


def crps_ensemble(members: Sequence[float], value: float) -> float:
    """Of the members as they are: E|X - y| - E|X - X'| / 2, in their unit."""
    count = len(members)
    apart = math.fsum(abs(member - value) for member in members) / count
    ordered = sorted(members)
    spread = math.fsum((2 * n + 1 - count) * x for n, x in enumerate(ordered)) / count**2
    return apart - spread


def pit(mean: float, sigma: float, value: float) -> float:
    """Where the outcome lies in its forecast, 0..1: evenly everywhere if forecasts are right."""
    return 0.5 * math.erfc((mean - value) / (sigma * ROOT_TWO))


def pit_counts(spans: Iterable[tuple[float, float]], bins: int = 10) -> tuple[float, ...]:
    """Counts of outcomes by bins; one of which only the bucket is known is spread over its span.

    Source: Czado, Gneiting & Held (2009), Biometrics 65, 1254.
    """
    counts = [0.0] * bins
    for low, high in spans:
        if high <= low:
            counts[min(int(low * bins), bins - 1)] += 1
            continue
        for each in range(bins):
            shared = min(high, (each + 1) / bins) - max(low, each / bins)
            counts[each] += max(shared, 0.0) / (high - low)
    return tuple(counts)


def reliability(
    forecasts: Iterable[tuple[float, bool]], bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Each bucket of each day with whether it came; bins without a bucket are left out."""
    sorted_in: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for said, came in forecasts:
        sorted_in[min(int(said * bins), bins - 1)].append((said, came))
    return tuple(
        _bin(place / bins, (place + 1) / bins, each) for place, each in enumerate(sorted_in) if each
    )


def naive_rule(place: int, count: int) -> tuple[float, ...]:
    """0.8 on the bucket of the forecast and the rest spread evenly."""
    rest = (1 - NAIVE_SHARE) / (count - 1)
    return tuple(NAIVE_SHARE if each == place else rest for each in range(count))


def climatology(
    history: Iterable[Settled], moment: datetime, ladder: Ladder, rounding: Rounding
) -> tuple[float, ...]:
    """How often each bucket came in what was settled by `moment`, with one day spread evenly."""
    count = len(ladder.buckets)
    counts = [1 / count] * count
    for settled in history:
        if settled.available_at <= moment:
            value = converted(settled.degrees, Unit.CELSIUS, ladder.unit)
            counts[ladder.index_of(whole_degree(round(value, 6), rounding))] += 1
    return tuple(each / math.fsum(counts) for each in counts)


def gate(events: int, skill: Skill | None, profit: Decimal) -> Verdict:
    """May a strategy have real money, and may it keep it: the same question every day.

    `skill`: Brier over the market's; `profit`: net, replayed with fees, books and latency, in USDC.
    """
    reasons = []
    if events < LEAST_EVENTS:
        reasons.append(f"{events} of {LEAST_EVENTS} events are resolved")
    if skill is None:
        reasons.append("the skill over the market is unknown")
    elif not skill.low > 0:
        reasons.append(
            f"the skill over the market is {skill.value:+.3f}, between {skill.low:+.3f} and "
            f"{skill.high:+.3f}: not beyond chance"
        )
    if not profit > 0:
        reasons.append(f"replayed, it made {profit:+.2f} USDC net")
    return Verdict(tuple(reasons))


def _bin(low: float, high: float, each: Sequence[tuple[float, bool]]) -> ReliabilityBin:
    count = len(each)
    said = math.fsum(p for p, _ in each) / count
    band = _binomial_band(count, said)
    return ReliabilityBin(low, high, count, said, sum(came for _, came in each) / count, *band)


def _binomial_band(count: int, chance: float) -> tuple[float, float]:
    """The shares between which 90 % of draws lie, exactly."""
    if not 0 < chance < 1:
        return chance, chance
    total, ends = 0.0, []
    for hits in range(count + 1):
        before, total = total, total + math.exp(_log_binomial(count, hits, chance))
        ends += [hits / count for level in (0.05, 0.95) if before < level <= total]
    return ends[0], ends[-1]


def _log_binomial(count: int, hits: int, chance: float) -> float:
    ways = math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
    return ways + hits * math.log(chance) + (count - hits) * math.log1p(-chance)
