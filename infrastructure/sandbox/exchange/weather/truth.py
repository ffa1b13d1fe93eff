"""What the weather at every station really is, was and will be: made of the seed alone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from core.domain.weather.days import day_span
from core.domain.weather.station import Station
from core.domain.weather.temperature import Extreme

DAY: Final = 86_400  # seconds
WARMEST: Final = 15  # o'clock, local time
SWING: Final = 4.0  # degrees between a day's mean and its warmest hour
WHIMS: Final = 3.0  # standard deviation of a day's mean, degrees
RIPPLE: Final = 0.4  # degrees that the hours differ from a smooth curve
OF_AMERICA: Final = (51,)  # minutes of the hour at which stations report
ELSEWHERE: Final = (20, 50)


@dataclass(frozen=True, slots=True)
class Report:
    """What a station measured; `is_special`: outside of its usual minutes."""

    at: int  # seconds since 1970
    celsius: float  # to tenths
    is_special: bool = False


@dataclass(slots=True)
class Truth:
    """Temperatures in degrees Celsius, the same at every start with the same seed."""

    seed: int
    specials: dict[str, list[Report]] = field(default_factory=dict)

    def celsius(self, station: Station, second: float) -> float:
        at = datetime.fromtimestamp(second, ZoneInfo(station.zone))
        hour = at.hour + at.minute / 60
        share = (hour - 12) / 24  # of the way from this noon to the next one, or to the last
        other = at.date() + timedelta(days=1 if share > 0 else -1)
        mean = self._mean(station, at.date()) * (1 - abs(share))
        mean += self._mean(station, other) * abs(share)
        swing = SWING * math.cos(2 * math.pi * (hour - WARMEST) / 24)
        ripple = RIPPLE * math.sin(second / 4_000 + len(station.name))
        return round(mean + swing + ripple, 1)

    def observe(self, station: Station, second: int, celsius: float) -> None:
        """The station reports `celsius` now, whatever the weather was going to be."""
        self.specials.setdefault(station.id, []).append(Report(second, round(celsius, 1), True))

    def reports(self, station: Station, start: float, end: float) -> list[Report]:
        """From `start` to just before `end`, in the order of their times."""
        usual = (Report(at, self.celsius(station, at)) for at in _moments(station, start, end))
        special = (one for one in self.specials.get(station.id, ()) if start <= one.at < end)
        return sorted((*usual, *special), key=lambda report: report.at)

    def extreme(self, station: Station, day: date, extreme: Extreme) -> float:
        """Of the station's local civil day, by its reports alone: so markets are resolved."""
        start, end = day_span(day, station.zone)
        told = [one.celsius for one in self.reports(station, start.timestamp(), end.timestamp())]
        return max(told) if extreme is Extreme.HIGHEST else min(told)

    def _mean(self, station: Station, day: date) -> float:
        return _usual(station.latitude, day.timetuple().tm_yday) + WHIMS * _whim(
            self.seed, station.id, day.toordinal()
        )


@cache
def _whim(seed: int, station: str, day: int) -> float:
    rng = Random(f"{seed}/weather/{station}/{day}")  # noqa: S311 - repeatable on purpose
    return max(-2.0, min(2.0, rng.gauss(0, 1)))


def _usual(latitude: float, day: int) -> float:
    """The mean of a day of the year: colder towards the poles, and in winter."""
    season = -0.2 * latitude * math.cos(2 * math.pi * (day - 20) / 365)
    return 28 - 0.0065 * latitude**2 + season


def _moments(station: Station, start: float, end: float) -> Iterator[int]:
    minutes = OF_AMERICA if station.id.startswith("K") else ELSEWHERE
    hour = int(start // 3600 * 3600)
    while hour < end:
        yield from (hour + 60 * m for m in minutes if start <= hour + 60 * m < end)
        hour += 3600


def utc(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
