"""A day's extreme as its forecasts have it, member by member, and as it was observed so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, median, pstdev
from typing import Final

from core.domain.weather.days import HOUR, IncompleteDay, day_span, whole_day
from core.domain.weather.forecast import Forecast, ModelId, Observation
from core.domain.weather.station import Station, StationId
from core.domain.weather.temperature import Extreme

APART: Final = 10.0  # degrees Celsius from the median of the others: such a model is broken
ENOUGH: Final = 2  # others, to say so

LEADS: Final = (0, 6, 18, 30, 54)
"""Hours to the end of the day that is forecast at which a lead bucket begins."""


@dataclass(frozen=True, slots=True)
class ModelDay:
    """One model's extremes of one local day in Celsius, by member; a deterministic run has one.

    `remaining`: of the hours that were still to come when this was asked for, the present one
    included; empty when there is none. `now`: the members' temperatures of the present hour.
    """

    source: str
    model: ModelId
    reference: datetime
    available_at: datetime
    members: tuple[float, ...]
    remaining: tuple[float, ...] = ()
    now: tuple[float, ...] = ()

    @property
    def mean(self) -> float:
        return fmean(self.members)

    @property
    def spread(self) -> float | None:
        """Standard deviation of the members; None where there is only one."""
        return pstdev(self.members) if len(self.members) > 1 else None


@dataclass(frozen=True, slots=True)
class Measured:
    """The extreme that a station reported, and when it was measured."""

    celsius: float
    at: datetime
    is_exact: bool


@dataclass(frozen=True, slots=True)
class DailyExtremes:
    """What is known of one extreme of one local day at one station.

    `refused` says of each model that is left out why, `apart` names those of them that are absurdly
    far off the others. `observed` is None before the day begins and
    while nothing was heard of it; `newest` is the station's newest report in that day.
    """

    station: StationId
    day: date
    extreme: Extreme
    models: tuple[ModelDay, ...]
    observed: Measured | None
    newest: Observation | None
    refused: Mapping[ModelId, str]
    apart: frozenset[ModelId]

    @property
    def heard_at(self) -> datetime | None:
        """When the newest of its forecasts came; None without one."""
        return max((model.available_at for model in self.models), default=None)


def lead_from(available_at: datetime, station: Station, day: date) -> int:
    """The beginning of the lead bucket, see `LEADS`; a day that is over counts as 0 hours ahead."""
    hours = (day_span(day, station.zone)[1] - available_at) / timedelta(hours=1)
    return max((start for start in LEADS if start <= hours), default=0)


def daily_extremes(
    station: Station,
    day: date,
    extreme: Extreme,
    forecasts: Iterable[Forecast],
    observations: Sequence[Observation],
    now: datetime,
) -> DailyExtremes:
    """From the newest forecast of each model; a day that one does not cover whole is refused."""
    found, refused = list[ModelDay](), dict[ModelId, str]()
    for forecast in forecasts:
        try:
            found.append(model_day(forecast, day, station.zone, extreme, now))
        except IncompleteDay as gap:
            refused[forecast.model] = str(gap)
    kept, apart = agreeing(found)
    told = [one for one in observations if _is_in(one.at, day, station.zone)]
    return DailyExtremes(
        station.id,
        day,
        extreme,
        kept,
        observed(told, extreme),
        max(told, key=lambda one: one.at, default=None),
        {**refused, **apart},
        frozenset(apart),
    )


def model_day(
    forecast: Forecast, day: date, zone: str, extreme: Extreme, now: datetime
) -> ModelDay:
    """Of the members that have every hour of `day`.

    Raises:
        IncompleteDay: hours are missing, or no member has them all.

    """
    places = whole_day(day, zone, forecast.times)
    first, end = places[0], places[-1] + 1
    members = [_finite(row[first:end]) for row in forecast.members]
    whole = [row for row in members if row is not None]
    if not whole:
        raise IncompleteDay(f"No member has every hour of {day}.")
    pick = max if extreme is Extreme.HIGHEST else min
    passed = sum(forecast.times[place] + HOUR <= now for place in places)
    begun = day_span(day, zone)[0] <= now
    return ModelDay(
        forecast.source,
        forecast.model,
        forecast.reference,
        forecast.available_at,
        tuple(pick(row) for row in whole),
        tuple(pick(row[passed:]) for row in whole) if passed < len(places) else (),
        tuple(row[passed] for row in whole) if begun and passed < len(places) else (),
    )


def agreeing(models: Sequence[ModelDay]) -> tuple[tuple[ModelDay, ...], dict[ModelId, str]]:
    """Those that are not absurdly far off the others, and why the rest is left out."""
    kept, apart = list(models), dict[ModelId, str]()
    while len(kept) > ENOUGH:
        worst = max(kept, key=lambda model: _distance(model, kept))
        degrees = _distance(worst, kept)
        if degrees <= APART:
            break
        kept.remove(worst)
        apart[worst.model] = f"It is {degrees:.1f} °C off the others."
    return tuple(kept), apart


def observed(told: Iterable[Observation], extreme: Extreme) -> Measured | None:
    """The extreme of one day's reports; of several alike the first."""
    sign = 1 if extreme is Extreme.HIGHEST else -1
    best = max(told, key=lambda one: (sign * one.celsius, -one.at.timestamp()), default=None)
    return None if best is None else Measured(best.celsius, best.at, best.is_exact)


def _distance(model: ModelDay, models: Sequence[ModelDay]) -> float:
    return abs(model.mean - median(other.mean for other in models if other is not model))


def _finite(row: Sequence[float | None]) -> list[float] | None:
    known = [value for value in row if value is not None]
    return known if len(known) == len(row) else None


def _is_in(at: datetime, day: date, zone: str) -> bool:
    start, end = day_span(day, zone)
    return start <= at < end
