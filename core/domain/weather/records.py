"""What was said of an event while nobody knew how it ends, and how good it turned out to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from core.domain.units import EventId
from core.domain.weather.calibration import Lead
from core.domain.weather.ladder import Bucket, Ladder, ladder
from core.domain.weather.scores import Settled, brier, climatology, log_score, naive_rule
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit, converted, whole_degree

SEASON: Final = timedelta(days=45)  # what came longer ago says little of today's climate
KELVINS: Final = {Unit.CELSIUS: 1.0, Unit.FAHRENHEIT: 5 / 9}  # of one degree
DIGITS: Final = 6  # so that 22.2 C in Fahrenheit is no hair below its cell

Lows: TypeAlias = tuple[int | None, ...]
"""A ladder as the lowest whole degree of each bucket, cold to warm; None first."""


class Occasion(StrEnum):
    """When something said is kept to be scored: once an event and occasion."""

    MIDNIGHT = "midnight"  # the last before the local day begins: all days are compared by it
    H0_6 = Lead.H0_6.value  # the first since that lead began, as the others
    H6_18 = Lead.H6_18.value
    H18_30 = Lead.H18_30.value
    H30_54 = Lead.H30_54.value
    H54_UP = Lead.H54_UP.value


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about; of its ladder only what it takes to find a bucket again."""

    event_id: EventId
    city: str
    station: StationId
    day: date
    extreme: Extreme
    unit: Unit
    rounding: Rounding
    lows: Lows


@dataclass(frozen=True, slots=True)
class SaidOf:
    """Chances of all buckets at one moment: the model's as traded on, and `raw` before its layer.

    `market` is the normalised mids. `forecast`: the plain mean of all models in Celsius, None
    where it was not known.
    """

    subject: Subject
    occasion: Occasion
    lead: Lead
    at: datetime
    version: int
    model: tuple[float, ...]
    raw: tuple[float, ...]
    market: tuple[float, ...]
    forecast: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The bucket that won, and since when that was known."""

    bucket: Bucket
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Marks:
    """Brier and log score of one rule."""

    brier: float
    log: float


@dataclass(frozen=True, slots=True)
class Scored:
    """`place` is the bucket that won; `crps` of the model in kelvins; `naive` None without a
    forecast in degrees.
    """

    said: SaidOf
    place: int
    known_at: datetime
    model: Marks
    market: Marks
    climatology: Marks
    naive: Marks | None
    crps: float


def lows_of(ladder: Ladder) -> Lows:
    return tuple(bucket.low for bucket in ladder.buckets)


def ladder_of(unit: Unit, lows: Sequence[int | None]) -> Ladder:
    """The reverse: neighbours end where the next begins. Raises: UnfitLadder."""
    ends = [None if low is None else low - 1 for low in lows[1:]]
    buckets = zip(lows, (*ends, None), strict=True)
    return ladder(unit, tuple(Bucket(low, high) for low, high in buckets))


def place_of(bucket: Bucket, among: Ladder) -> int | None:
    """None for a bucket that the ladder does not have: it was another one then."""
    return next((place for place, one in enumerate(among.buckets) if one == bucket), None)


def scored(said: SaidOf, outcome: Outcome, history: Sequence[Settled]) -> Scored | None:
    """Everything that was said against the bucket that won; None where the ladder has changed.

    `history`: settled days of the same station and extreme; those later than `said` are not used.
    """
    subject = said.subject
    own = ladder_of(subject.unit, subject.lows)
    place = place_of(outcome.bucket, own)
    if place is None or {len(said.model), len(said.market)} != {len(own.buckets)}:
        return None
    recent = [one for one in history if said.at - one.available_at <= SEASON]
    usual = climatology(recent, said.at, own, subject.rounding)
    return Scored(
        said,
        place,
        outcome.known_at,
        _marks(said.model, place),
        _marks(said.market, place),
        _marks(usual, place),
        _naive(said, own, place),
        crps_of(said.model, place, own, subject.rounding),
    )


def crps_of(chances: Sequence[float], place: int, among: Ladder, rounding: Rounding) -> float:
    """Over the ladder's edges, in kelvins: proper for an outcome of which the bucket is known.

    Source: `docs/weather.md`, "Buckets are outcomes".
    """
    edges = among.edges(rounding)
    width = (edges[-1] - edges[0]) / max(len(edges) - 1, 1) or 1.0
    total = below = 0.0
    for number in range(len(edges)):
        below += chances[number]
        total += (below - (place <= number)) ** 2
    return total * width * KELVINS[among.unit]


def settled_degrees(
    bucket: Bucket, unit: Unit, rounding: Rounding, observed: float | None
) -> float:
    """The day's extreme in Celsius: what was measured if the bucket agrees, else the bucket's."""
    if observed is not None:
        own = round(converted(observed, Unit.CELSIUS, unit), DIGITS)
        if whole_degree(own, rounding) in bucket:
            return observed
    ends = [end for end in (bucket.low, bucket.high) if end is not None]
    return converted(sum(ends) / len(ends), unit, Unit.CELSIUS)


def _marks(chances: Sequence[float], place: int) -> Marks:
    return Marks(brier(chances, place), log_score(chances, place))


def _naive(said: SaidOf, among: Ladder, place: int) -> Marks | None:
    if said.forecast is None:
        return None
    degrees = round(converted(said.forecast, Unit.CELSIUS, among.unit), DIGITS)
    named = among.index_of(whole_degree(degrees, said.subject.rounding))
    return _marks(naive_rule(named, len(among.buckets)), place)
