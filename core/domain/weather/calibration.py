"""What was learned of each station and lead: plain numbers, evaluated without any library."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from statistics import median
from typing import Final

from core.domain.errors import PolycoolError
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme

ABSURD: Final = 8.0  # degrees Celsius: a model so far from the median of three or more is left out


class Lead(StrEnum):
    """Hours from the decision to the end of the day that is forecast."""

    H0_6 = "0-6"
    H6_18 = "6-18"
    H18_30 = "18-30"
    H30_54 = "30-54"
    H54_UP = "54+"


DEFAULT_WEIGHT: Final = 0.5
"""The model's share until settled days say otherwise: the middle of those that are tried.

Whoever hardly ever acts gets no record; real money waits for one (`services.weather.gate`)."""
_ENDS: Final = ((6.0, Lead.H0_6), (18.0, Lead.H6_18), (30.0, Lead.H18_30), (54.0, Lead.H30_54))


def lead_of(hours: float) -> Lead:
    """A lead that lies on an end belongs to the longer one; what is over counts as 0 hours."""
    return next((lead for end, lead in _ENDS if hours < end), Lead.H54_UP)


class NoForecast(PolycoolError, ValueError):
    """Not one model has a usable number."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The day's extreme at a station by each model (the mean of its members), in Celsius.

    `spread` is the standard deviation of the members, in kelvins; None = there were no members.
    """

    values: Mapping[str, float | None]
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Y ~ N(intercept + sum of weight x forecast, floor^2 + scale^2 x spread^2), in Celsius.

    `offsets` says how each model usually differs from the mean of all: what stands in for a model
    that is missing. `covariance` is that of (intercept at `centre`, weights, floor, scale).
    Source: Gneiting, Raftery, Westveld & Goldman (2005), Monthly Weather Review 133, 1098.
    """

    models: tuple[str, ...]
    centre: float
    intercept: float
    weights: tuple[float, ...]
    offsets: tuple[float, ...]
    floor: float
    scale: float
    usual_spread: float
    covariance: tuple[tuple[float, ...], ...]
    pairs: int  # of this very station, extreme and lead; 0 = all of it is pooled


@dataclass(frozen=True, slots=True)
class Group:
    """What has coefficients of its own; without a station those of all stations together."""

    station: StationId | None
    extreme: Extreme
    lead: Lead


Layer = tuple[tuple[float, float], ...]
"""Corners of a rising line from the probability said to the one seen; empty = leave it alone."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Made by `fitting.emos.fit`; what has no entry is answered by the pool of its lead.

    `layers` is for leads with many settled buckets, `market_weights` the model's share in a blend
    with the market; where there is none yet `DEFAULT_WEIGHT` holds.
    """

    fitted_at: datetime
    groups: Mapping[Group, Coefficients]
    layers: Mapping[Lead, Layer] = field(default_factory=dict)
    market_weights: Mapping[Lead, float] = field(default_factory=dict)

    def coefficients(self, station: StationId, extreme: Extreme, lead: Lead) -> Coefficients:
        """Those of the station, else of the pool, which `fit` makes for every extreme and lead."""
        own = self.groups.get(Group(station, extreme, lead))
        return own or self.groups[Group(None, extreme, lead)]

    def weight(self, lead: Lead) -> float:
        """The model's share in a blend with the market."""
        return self.market_weights.get(lead, DEFAULT_WEIGHT)


def completed(
    values: Mapping[str, float | None], models: Sequence[str], offsets: Sequence[float]
) -> tuple[float, ...]:
    """One number for each of `models`: what is missing or absurd follows from the others.

    Raises:
        NoForecast: none of `models` has a usable number.

    """
    present = usable(values, models)
    level = sum(
        present[model] - offset
        for model, offset in zip(models, offsets, strict=True)
        if model in present
    ) / len(present)
    return tuple(
        present.get(model, level + offset) for model, offset in zip(models, offsets, strict=True)
    )


def usable(values: Mapping[str, float | None], models: Sequence[str]) -> dict[str, float]:
    found = {
        model: value
        for model in models
        if (value := values.get(model)) is not None and math.isfinite(value)
    }
    if not found:
        raise NoForecast("No model has a number for this day.")
    if len(found) < 3:  # noqa: PLR2004 - of two nobody can say which is wrong
        return found
    middle = median(found.values())
    return {model: value for model, value in found.items() if abs(value - middle) <= ABSURD}
