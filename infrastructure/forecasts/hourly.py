"""Hourly numbers as providers tell them: onto a grid of whole hours, or refused."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from core.domain.errors import Unavailable
from core.domain.weather.temperature import Unit, converted

HOUR: Final = 3_600  # seconds
MOST_HOURS: Final = 24 * 20
COLDEST: Final = -90.0  # degrees Celsius; no station has measured less
WARMEST: Final = 60.0
UNITS: Final[Mapping[str, Unit]] = {
    "°C": Unit.CELSIUS,
    "C": Unit.CELSIUS,
    "wmoUnit:degC": Unit.CELSIUS,
    "°F": Unit.FAHRENHEIT,
    "F": Unit.FAHRENHEIT,
    "wmoUnit:degF": Unit.FAHRENHEIT,
}


class Unbelievable(Exception):
    """Why the numbers of one model are left out, in one word for the count of it."""


@dataclass(slots=True)
class Dropped:
    """How often something was left out, by the reason."""

    reasons: Counter[str] = field(default_factory=Counter)

    def note(self, reason: str) -> None:
        self.reasons[reason] += 1


@dataclass(frozen=True, slots=True)
class Grid:
    """Whole hours in UTC without a gap; `places`: where each hour that was told belongs."""

    times: tuple[datetime, ...]
    places: tuple[int, ...]

    def row(self, values: Sequence[float | None], unit: Unit) -> tuple[float | None, ...]:
        """In Celsius, None where nothing was told.

        Raises: Unbelievable.
        """
        if len(values) != len(self.places):
            raise Unbelievable("lengths")
        known = [value for value in values if value is not None]
        if known and not (
            converted(min(known), unit, Unit.CELSIUS) >= COLDEST
            and converted(max(known), unit, Unit.CELSIUS) <= WARMEST
        ):
            raise Unbelievable("absurd")
        if unit is not Unit.CELSIUS:
            values = [None if each is None else _celsius(each, unit) for each in values]
        if len(self.places) == len(self.times):
            return tuple(values)
        found: list[float | None] = [None] * len(self.times)
        for place, value in zip(self.places, values, strict=True):
            found[place] = value
        return tuple(found)


def grid(seconds: Sequence[int], now: datetime, name: str) -> Grid:
    """Of times in seconds since 1970. An hour that is missing stays empty.

    Raises: Unavailable for hours out of order or told twice, not whole, too many, or long past.
    """
    if not seconds or len(seconds) > MOST_HOURS or any(at % HOUR for at in seconds):
        raise Unavailable(f"{name} tells times that are no hours.")
    if any(later <= earlier for earlier, later in pairwise(seconds)):
        raise Unavailable(f"{name} tells hours twice or out of order.")
    first, last = seconds[0], seconds[-1]
    told_from, told_to = now.timestamp() - MOST_HOURS * HOUR, now.timestamp() + MOST_HOURS * HOUR
    if first < told_from or not now.timestamp() < last < told_to:
        raise Unavailable(f"{name} tells of another time.")
    start = datetime.fromtimestamp(first, UTC)
    times = tuple(start + timedelta(hours=hour) for hour in range((last - first) // HOUR + 1))
    return Grid(times, tuple((at - first) // HOUR for at in seconds))


def unit_of(text: str | None) -> Unit:
    """Raises: Unbelievable for anything but a unit of temperature."""
    unit = UNITS.get(text or "")
    if unit is None:
        raise Unbelievable("unit")
    return unit


def _celsius(value: float, unit: Unit) -> float:
    return round(converted(value, unit, Unit.CELSIUS), 2)
