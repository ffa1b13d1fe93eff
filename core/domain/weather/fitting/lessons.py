"""Lessons and records as the database writes them, read in the worker process."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypedDict

from core.domain.weather.calibration import Forecast, Group, Lead, lead_of
from core.domain.weather.fitting.pairs import Cell, Pair
from core.domain.weather.fitting.samples import usable
from core.domain.weather.ladder import Bucket
from core.domain.weather.records import Lows, ladder_of, place_of
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit, converted

CELLS: Final = 20_000  # ladders with their winners that are kept between two jobs


class LessonText(TypedDict):
    """`at`: seconds since 1970 from when on all of it was known."""

    station: str
    extreme: str
    lead: int
    at: float
    unit: str
    rounding: str
    low: int | None
    high: int | None
    lows: list[int | None]
    models: Mapping[str, float]
    spread: float | None


class RecordText(TypedDict):
    """`model` and `market`: what each gave to the bucket at `place`, which won."""

    lead: str
    place: int
    raw: list[float]
    model: float
    market: float


@dataclass(frozen=True, slots=True)
class Record:
    lead: Lead
    place: int
    raw: tuple[float, ...]
    model: float
    market: float


def pairs_of(texts: Iterable[str]) -> tuple[list[Pair], int]:
    """What teaches, and how many days do not: without a number, or a bucket of their ladder."""
    found = [_pair(lesson) for text in texts for lesson in json.loads(text)]
    pairs = usable([pair for pair in found if pair is not None])
    return pairs, len(found) - len(pairs)


def records_of(texts: Iterable[str]) -> list[Record]:
    return [_record(record) for text in texts for record in json.loads(text)]


def _pair(told: LessonText) -> Pair | None:
    cell = _cell(told["unit"], told["rounding"], tuple(told["lows"]), told["low"], told["high"])
    if cell is None:
        return None
    group = Group(StationId(told["station"]), Extreme(told["extreme"]), lead_of(told["lead"]))
    known_at = datetime.fromtimestamp(told["at"], UTC)
    return Pair(group, known_at, Forecast(told["models"], told["spread"]), cell)


@lru_cache(maxsize=CELLS)
def _cell(
    unit_name: str, rounding_name: str, lows: Lows, low: int | None, high: int | None
) -> Cell | None:
    """Every lead of an event has the same, and so have many events."""
    unit, rounding = Unit(unit_name), Rounding(rounding_name)
    ladder = ladder_of(unit, lows)
    place = place_of(Bucket(low, high), ladder)
    if place is None:
        return None
    edges = (converted(edge, unit, Unit.CELSIUS) for edge in ladder.edges(rounding))
    return Cell(tuple(edges), place)


def _record(told: RecordText) -> Record:
    raw = tuple(told["raw"])
    return Record(Lead(told["lead"]), told["place"], raw, told["model"], told["market"])
