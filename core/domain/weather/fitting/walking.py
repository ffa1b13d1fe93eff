"""The past walked through day by day: each day is forecast from what was known before it began."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.domain.weather.calibration import Forecast, Group, Lead
from core.domain.weather.fitting.emos import fit
from core.domain.weather.fitting.pairs import Cell, Pair, known_at
from core.domain.weather.ladder import Ladder
from core.domain.weather.probability import Distribution, odds, predicted
from core.domain.weather.scores import brier, log_score, naive_rule
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit, converted, whole_degree

LEARNING_DAYS: Final = 15  # market-days at the beginning that only teach
RESOLVED_AFTER: Final = timedelta(hours=12)  # a resolver publishes after its day has ended
ROUNDING: Final = Rounding.HALF_UP
LEAD: Final = Lead.H18_30  # from the midnight before to the end of the day
FIXED_SIGMA: Final = MappingProxyType({Unit.FAHRENHEIT: 2.0, Unit.CELSIUS: 1.1})
MODEL: Final = "forecast"


class Rule(StrEnum):
    MODEL = "model"
    NAIVE = "naive_rule"
    FIXED = "fixed_sigma"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class MarketDay:
    """One event: `forecast` in the ladder's unit, `place` the bucket that resolved.

    `market` is the normalised prices at `begins_at`, local midnight; None = there were none.
    """

    day: date
    extreme: Extreme
    ladder: Ladder
    place: int
    forecast: float
    begins_at: datetime
    ends_at: datetime
    market: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class ForecastDay:
    """What every rule said of one day before it began."""

    day: MarketDay
    said: Mapping[Rule, tuple[float, ...]]

    def brier(self, rule: Rule) -> float:
        return brier(self.said[rule], self.day.place)

    def log_score(self, rule: Rule) -> float:
        return log_score(self.said[rule], self.day.place)


def walk(city: str, days: Iterable[MarketDay]) -> list[ForecastDay]:
    """The days after the first 15 that have a market, each with all rules.

    A city learns from its own days alone, so that its figures do not hang on its neighbours in the
    folder. Of earlier days only the bucket is taken, 12 hours after their end: gridded actuals are
    not what the resolver reads.
    """
    ordered = sorted(days, key=lambda each: (each.begins_at, each.extreme))
    pairs = [_pair(city, each) for each in ordered]
    return [
        ForecastDay(each, _said(each, _model(each, pair, pairs), each.market))
        for each, pair in zip(ordered[LEARNING_DAYS:], pairs[LEARNING_DAYS:], strict=True)
        if each.market is not None
    ]


def _said(
    day: MarketDay, model: tuple[float, ...], market: tuple[float, ...]
) -> dict[Rule, tuple[float, ...]]:
    fixed = Distribution(day.ladder.unit, day.forecast, FIXED_SIGMA[day.ladder.unit])
    named = day.ladder.index_of(whole_degree(day.forecast, ROUNDING))
    return {
        Rule.MODEL: model,
        Rule.NAIVE: naive_rule(named, len(day.ladder.buckets)),
        Rule.FIXED: odds(fixed, day.ladder, ROUNDING).probabilities,
        Rule.MARKET: market,
    }


def _model(day: MarketDay, pair: Pair, pairs: Sequence[Pair]) -> tuple[float, ...]:
    calibration = fit(known_at(pairs, day.begins_at), day.begins_at)
    own = calibration.coefficients(StationId(pair.group.station or ""), day.extreme, LEAD)
    return odds(predicted(own, pair.forecast), day.ladder, ROUNDING).probabilities


def _pair(city: str, day: MarketDay) -> Pair:
    unit = day.ladder.unit
    edges = (converted(edge, unit, Unit.CELSIUS) for edge in day.ladder.edges(ROUNDING))
    return Pair(
        Group(StationId(city), day.extreme, LEAD),
        day.ends_at + RESOLVED_AFTER,
        Forecast({MODEL: converted(day.forecast, unit, Unit.CELSIUS)}),
        Cell(tuple(edges), day.place),
    )
