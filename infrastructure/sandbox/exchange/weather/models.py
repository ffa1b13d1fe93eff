"""What weather models say: the truth with errors that grow with the lead, a new run every 6 h."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from core.domain.weather.station import Station
from infrastructure.sandbox.exchange.weather.truth import DAY, Truth

RUN: Final = 21_600  # seconds from run to run
NEAR: Final = 0.4  # standard deviation of the error of a day that has begun, degrees
FARTHER: Final = 0.35  # more of it for each day ahead
SHOWN: Final = 0.7  # of it the members of an ensemble show
HABIT: Final = 0.5  # standard deviation of what a model is usually wrong by at a station

MEMBERS: Final = {
    "ncep_gefs_seamless": 31,
    "ecmwf_ifs025_ensemble": 51,
    "icon_seamless_eps": 40,
}
ALIASES: Final = {
    "gfs_seamless": "ncep_gefs_seamless",
    "ecmwf_ifs025": "ecmwf_ifs025_ensemble",
    "icon_seamless": "icon_seamless_eps",
}
SINGLE: Final = frozenset(
    {
        "best_match",
        "ecmwf_ifs025",
        "gem_seamless",
        "gfs_seamless",
        "icon_seamless",
        "ukmo_seamless",
        "nws",
    }
)


@dataclass(slots=True)
class Models:
    """`shifts`: degrees that are added to what is said, by station and model; "" is every one."""

    truth: Truth
    shifts: dict[tuple[str, str], float] = field(default_factory=dict)

    def members(
        self, station: Station, model: str, times: Sequence[int], now: float
    ) -> list[list[float]]:
        """By member and hour; the first is the control run, and the only one of some models."""
        count = MEMBERS.get(model, 1)
        run = int(now // RUN)
        rng = Random(f"{self.truth.seed}/{model}/{station.id}/{run}")  # noqa: S311 - repeatable on purpose
        days = sorted({at // DAY for at in times})
        errors = [
            {day: _error(rng, day * DAY - now, is_control=member == 0) for day in days}
            for member in range(count)
        ]
        common = {day: rng.gauss(0, _spread(day * DAY - now)) for day in days}
        shift = self._habit(station, model) + self._shift(station, model)
        true = [self.truth.celsius(station, at) + shift + common[at // DAY] for at in times]
        return [
            [round(value + own[at // DAY], 1) for value, at in zip(true, times, strict=True)]
            for own in errors
        ]

    def _habit(self, station: Station, model: str) -> float:
        rng = Random(f"{self.truth.seed}/{model}/{station.id}")  # noqa: S311 - repeatable on purpose
        return rng.gauss(0, HABIT)

    def _shift(self, station: Station, model: str) -> float:
        keys = ((station.id, model), (station.id, ""), ("", model), ("", ""))
        return math.fsum(self.shifts.get(key, 0.0) for key in keys)


def _error(rng: Random, seconds: float, *, is_control: bool) -> float:
    drawn = rng.gauss(0, SHOWN * _spread(seconds))
    return 0.0 if is_control else drawn


def _spread(seconds: float) -> float:
    return NEAR + FARTHER * max(seconds, 0) / DAY
