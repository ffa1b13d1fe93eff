"""An hourly answer, and what can be wrong with one that is well-formed otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from infrastructure.sandbox.exchange.frames import Json

WEEK: Final = 604_800  # seconds


@dataclass(slots=True)
class Hourly:
    """`columns` by their names, `units` by the same names and "time"."""

    latitude: float
    longitude: float
    times: list[int | str]  # seconds since 1970, or as ISO 8601 has them
    columns: dict[str, list[float | None]]
    units: dict[str, str]

    def json(self) -> Json:
        return {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "generationtime_ms": 0.4,
            "utc_offset_seconds": 0,
            "timezone": "GMT",
            "timezone_abbreviation": "GMT",
            "elevation": 5.0,
            "hourly_units": self.units,
            "hourly": {"time": self.times, **self.columns},
        }


def _unitless(answer: Hourly) -> None:
    answer.units = dict.fromkeys(answer.columns, "undefined") | {"time": answer.units["time"]}


def _fahrenheit(answer: Hourly) -> None:
    for name, values in answer.columns.items():
        answer.units[name] = "°F"
        values[:] = [None if value is None else round(value * 9 / 5 + 32, 1) for value in values]


def _nulls(answer: Hourly) -> None:
    for values in answer.columns.values():
        values[::3] = [None] * len(values[::3])


def _lengths(answer: Hourly) -> None:
    for values in answer.columns.values():
        values.pop()


def _absurd(answer: Hourly) -> None:
    for values in answer.columns.values():
        values[-1] = 199.0


def _outlier(answer: Hourly) -> None:
    first = next(iter(answer.columns.values()))
    first[:] = [None if value is None else value + 15 for value in first]


def _disordered(answer: Hourly) -> None:
    answer.times.reverse()


def _duplicate(answer: Hourly) -> None:
    answer.times[1] = answer.times[0]


def _gap(answer: Hourly) -> None:
    for values in (answer.times, *answer.columns.values()):
        del values[30]


def _stale(answer: Hourly) -> None:
    answer.times = [at - WEEK for at in answer.times if isinstance(at, int)]


def _elsewhere(answer: Hourly) -> None:
    answer.latitude += 5


SPOILED: Final = MappingProxyType[str, Callable[[Hourly], None]](
    {
        "unitless": _unitless,
        "fahrenheit": _fahrenheit,
        "nulls": _nulls,
        "lengths": _lengths,
        "absurd": _absurd,
        "outlier": _outlier,
        "disordered": _disordered,
        "duplicate": _duplicate,
        "gap": _gap,
        "stale": _stale,
        "elsewhere": _elsewhere,
    }
)
