"""Which stations resolve which cities: a cross-check of what events say of themselves."""

import csv
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from core.domain.weather.events import city_slug, unaccented
from core.domain.weather.station import Station, StationId
from core.domain.weather.temperature import Rounding

COLUMNS: Final = (
    "id",
    "names",
    "latitude",
    "longitude",
    "zone",
    "cities",
    "resolvers",
    "rounding",
)

_ID: Final = re.compile(r"[A-Z0-9]{3,8}", re.ASCII)
_COMMON: Final = frozenset(
    {"station", "airport", "airfield", "international", "intl", "the", "of", "at", "and"}
)


class Resolver(StrEnum):
    """Who publishes what a market is resolved by."""

    WUNDERGROUND = "wunderground"
    NOAA = "noaa"
    HKO = "hko"  # the Hong Kong Observatory's daily extract
    CWA = "cwa"  # Taiwan's Central Weather Administration


class UnreadableStations(ValueError):
    """A table of stations with a line that says nothing certain. Its text tells the line."""


@dataclass(frozen=True, slots=True)
class ResolvingStation:
    """A station with the cities it stands for; `cities` as slugs spell them."""

    station: Station
    names: tuple[str, ...]  # as resolvers spell it
    cities: frozenset[str]
    resolvers: frozenset[Resolver]
    rounding: Rounding

    def is_called(self, name: str) -> bool:
        """Whether `name` can be this station's: one has all the words that the other has.

        Words that every airport has do not count, and the city's may be added: "LaGuardia" and
        "New York LaGuardia Airport" are the same, "London Heathrow" and "London City" are not.
        """
        words, city = _words(name), _words(" ".join(self.cities))
        return bool(words) and any(
            words <= own | city or own <= words for own in map(_words, self.names) if own
        )


@dataclass(frozen=True, slots=True)
class Stations:
    """A table of stations, each id once."""

    known: tuple[ResolvingStation, ...]

    def of_city(self, city: str) -> tuple[ResolvingStation, ...]:
        """`city` as slugs spell it; more than one where resolvers have changed."""
        return tuple(entry for entry in self.known if city in entry.cities)

    def by_id(self, station: str) -> ResolvingStation | None:
        return next((entry for entry in self.known if entry.station.id == station), None)

    def extended(self, more: Iterable[ResolvingStation]) -> "Stations":
        """With `more`, which replace those of the same id."""
        entries = {entry.station.id: entry for entry in (*self.known, *more)}
        return Stations(tuple(entries.values()))


def parse_stations(text: str) -> tuple[ResolvingStation, ...]:
    """The stations of a CSV with the columns `COLUMNS`; several names, cities, resolvers by ";".

    Raises:
        UnreadableStations: a column missing, a line that cannot be, or an id given twice.

    """
    rows = csv.DictReader(io.StringIO(text.strip(), newline=""), strict=True)
    try:
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise UnreadableStations(f"the first line has to be {','.join(COLUMNS)}")
        entries = [_entry(row, line) for line, row in enumerate(rows, start=2)]
    except csv.Error as error:
        raise UnreadableStations(f"line {rows.line_num} is no CSV: {error}") from error
    seen = [entry.station.id for entry in entries]
    for station in seen:
        if seen.count(station) > 1:
            raise UnreadableStations(f"{station} is there twice")
    return tuple(entries)


def _entry(row: dict[str, str], line: int) -> ResolvingStation:
    """Raises: UnreadableStations."""
    try:
        return _believed(row)
    except (ValueError, KeyError, AttributeError, TypeError, OSError) as error:
        raise UnreadableStations(f"line {line} cannot be read: {error}") from error


def _believed(row: dict[str, str]) -> ResolvingStation:
    if len(row) != len(COLUMNS):
        raise ValueError("it has more columns than the first line")
    names = _listed(row["names"], "name")
    ZoneInfo(row["zone"].strip())  # raises for one that does not exist
    station = Station(
        StationId(_identifier(row["id"])),
        names[0],
        _degrees(row["latitude"], 90),
        _degrees(row["longitude"], 180),
        row["zone"].strip(),
    )
    cities = frozenset(map(city_slug, _listed(row["cities"], "city")))
    resolvers = frozenset(map(Resolver, _listed(row["resolvers"], "resolver")))
    return ResolvingStation(station, names, cities, resolvers, Rounding(row["rounding"].strip()))


def _identifier(text: str) -> str:
    if _ID.fullmatch(text.strip()) is None:
        raise ValueError(f"{text[:20]!r} is no station's id")
    return text.strip()


def _listed(text: str, what: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(";") if part.strip())
    if not parts:
        raise ValueError(f"there is no {what}")
    return parts


def _degrees(text: str, most: int) -> float:
    value = float(text)
    if not (math.isfinite(value) and abs(value) <= most):
        raise ValueError(f"{text[:20]!r} is no coordinate")
    return value


def _words(name: str) -> frozenset[str]:
    plain = unaccented(name).replace("'", "")
    return frozenset(re.findall(r"[a-z0-9]+", plain)) - _COMMON
