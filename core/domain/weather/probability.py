"""From a forecast to the probability of every bucket, in plain arithmetic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from core.domain.weather.calibration import (
    Coefficients,
    Forecast,
    Layer,
    completed,
    usable,
)
from core.domain.weather.ladder import Ladder
from core.domain.weather.temperature import Extreme, Rounding, Unit, converted

ROOT_TWO: Final = math.sqrt(2)
ROOT_TWO_PI: Final = math.sqrt(2 * math.pi)
DIGITS: Final = 6  # an observation's, so that 22.2 C in Fahrenheit is no hair below its cell


@dataclass(frozen=True, slots=True)
class Distribution:
    """A normal in `unit`; the rest is the covariance of its own mean and sigma, in unit squared."""

    unit: Unit
    mean: float
    sigma: float
    mean_variance: float = 0.0
    sigma_variance: float = 0.0
    covariance: float = 0.0


@dataclass(frozen=True, slots=True)
class Observed:
    """The extreme of the day so far at the station.

    `noise`: standard deviation, in `unit`, of what the resolver reads less what we read.
    """

    extreme: Extreme
    value: float
    unit: Unit
    noise: float = 0.0


@dataclass(frozen=True, slots=True)
class Odds:
    """For each bucket of a ladder, cold to warm: its probability and that one's standard error.

    The probabilities sum to 1; an error says how well the parameters are known, nothing else.
    """

    probabilities: tuple[float, ...]
    errors: tuple[float, ...]


def predicted(coefficients: Coefficients, forecast: Forecast) -> Distribution:
    """The distribution of the day's extreme, in Celsius.

    Raises:
        NoForecast: not one usable number.

    """
    if not coefficients.models:
        return _untaught(coefficients, forecast)
    values = completed(forecast.values, coefficients.models, coefficients.offsets)
    weighted = sum(w * x for w, x in zip(coefficients.weights, values, strict=True))
    spread = _spread(coefficients, forecast)
    sigma = math.hypot(coefficients.floor, coefficients.scale * spread)
    by_mean = (1.0, *(value - coefficients.centre for value in values), 0.0, 0.0)
    by_sigma = (
        *(0.0 for _ in by_mean[:-2]),
        coefficients.floor / sigma,
        coefficients.scale * spread**2 / sigma,
    )
    return Distribution(
        Unit.CELSIUS,
        coefficients.intercept + weighted,
        sigma,
        _form(coefficients.covariance, by_mean, by_mean),
        _form(coefficients.covariance, by_sigma, by_sigma),
        _form(coefficients.covariance, by_mean, by_sigma),
    )


def in_unit(distribution: Distribution, unit: Unit) -> Distribution:
    if distribution.unit is unit:
        return distribution
    step = 9 / 5 if unit is Unit.FAHRENHEIT else 5 / 9
    return Distribution(
        unit,
        converted(distribution.mean, distribution.unit, unit),
        distribution.sigma * step,
        distribution.mean_variance * step**2,
        distribution.sigma_variance * step**2,
        distribution.covariance * step**2,
    )


def blurred(distribution: Distribution, noise: float) -> Distribution:
    """The same with `noise` on top, in its unit: what resolver and station differ by."""
    sigma = math.hypot(distribution.sigma, noise)
    share = distribution.sigma / sigma
    return Distribution(
        distribution.unit,
        distribution.mean,
        sigma,
        distribution.mean_variance,
        distribution.sigma_variance * share**2,
        distribution.covariance * share,
    )


def odds(
    distribution: Distribution,
    ladder: Ladder,
    rounding: Rounding,
    observed: Observed | None = None,
) -> Odds:
    """Every bucket's share of the distribution, by the cells that the resolver rounds.

    What was observed binds: no bucket below the highest so far has a chance in "highest" (above
    the lowest in "lowest"), and what the forecast had there falls to the observed bucket.
    """
    own = in_unit(distribution, ladder.unit)
    edges = ladder.edges(rounding)
    below = [_below(own, edge) for edge in edges]
    by_mean, by_sigma = zip(*(_slopes(own, edge) for edge in edges), strict=True)
    if observed is not None:
        kept = [_kept(observed, edge, ladder.unit) for edge in edges]
        below = [_bound(observed, p, k) for p, k in zip(below, kept, strict=True)]
        by_mean = tuple(slope * k for slope, k in zip(by_mean, kept, strict=True))
        by_sigma = tuple(slope * k for slope, k in zip(by_sigma, kept, strict=True))
    return Odds(
        tuple(upper - lower for lower, upper in pairwise((0.0, *below, 1.0))),
        tuple(
            _error(own, right_mean - left_mean, right_sigma - left_sigma)
            for (left_mean, left_sigma), (right_mean, right_sigma) in pairwise(
                ((0.0, 0.0), *zip(by_mean, by_sigma, strict=True), (0.0, 0.0))
            )
        ),
    )


def layered(probabilities: Sequence[float], layer: Layer) -> tuple[float, ...]:
    """Led along `layer`, then made to sum to 1 again; certain and impossible stay what they are."""
    if not layer:
        return tuple(probabilities)
    moved = [_along(layer, each) if 0 < each < 1 else each for each in probabilities]
    return normalised(moved)


def normalised(prices: Sequence[float]) -> tuple[float, ...]:
    """Prices of all buckets as probabilities.

    Raises:
        ValueError: a negative or unreal price, or nothing but zeros.

    """
    total = math.fsum(prices)
    if not math.isfinite(total) or total <= 0 or min(prices) < 0:
        raise ValueError("these prices are no probabilities")
    return tuple(price / total for price in prices)


def blended(model: Sequence[float], market: Sequence[float], weight: float) -> tuple[float, ...]:
    """The model with `weight` and the market with the rest; both over the same buckets."""
    return tuple(weight * q + (1 - weight) * p for q, p in zip(model, market, strict=True))


def divergence(model: Sequence[float], market: Sequence[float]) -> float:
    """The largest difference over the buckets: 0 = alike, 1 = each certain of another bucket."""
    return max(abs(q - p) for q, p in zip(model, market, strict=True))


def _untaught(coefficients: Coefficients, forecast: Forecast) -> Distribution:
    values = usable(forecast.values, tuple(forecast.values))
    mean = coefficients.intercept + sum(values.values()) / len(values)
    spread = _spread(coefficients, forecast)
    sigma = math.hypot(coefficients.floor, coefficients.scale * spread)
    (variance, *_), *_, (*_, of_floor, _), _ = coefficients.covariance
    return Distribution(Unit.CELSIUS, mean, sigma, variance, of_floor)


def _spread(coefficients: Coefficients, forecast: Forecast) -> float:
    spread = forecast.spread
    if spread is None or not math.isfinite(spread):
        return coefficients.usual_spread
    return max(spread, 0.0)


def _form(
    matrix: Sequence[Sequence[float]], left: Sequence[float], right: Sequence[float]
) -> float:
    return sum(
        x * each * y
        for x, row in zip(left, matrix, strict=True)
        if x
        for each, y in zip(row, right, strict=True)
    )


def _below(distribution: Distribution, edge: float) -> float:
    return 0.5 * math.erfc((distribution.mean - edge) / (distribution.sigma * ROOT_TWO))


def _slopes(distribution: Distribution, edge: float) -> tuple[float, float]:
    """Of `_below` by mean and by sigma."""
    z = (edge - distribution.mean) / distribution.sigma
    density = math.exp(-0.5 * z * z) / (ROOT_TWO_PI * distribution.sigma)
    return -density, -density * z


def _kept(observed: Observed, edge: float, unit: Unit) -> float:
    """How likely what was observed leaves open that the extreme passes `edge`'s far side."""
    value = round(converted(observed.value, observed.unit, unit), DIGITS)
    is_highest = observed.extreme is Extreme.HIGHEST
    if observed.noise <= 0:
        return float(value < edge if is_highest else value >= edge)
    step = 9 / 5 if unit is Unit.FAHRENHEIT else 5 / 9
    noise = observed.noise * (1 if observed.unit is unit else step)
    apart = (value - edge) / (noise * ROOT_TWO)
    return 0.5 * math.erfc(apart if is_highest else -apart)


def _bound(observed: Observed, below: float, kept: float) -> float:
    return below * kept if observed.extreme is Extreme.HIGHEST else 1 - (1 - below) * kept


def _error(distribution: Distribution, by_mean: float, by_sigma: float) -> float:
    variance = (
        by_mean**2 * distribution.mean_variance
        + by_sigma**2 * distribution.sigma_variance
        + 2 * by_mean * by_sigma * distribution.covariance
    )
    return math.sqrt(max(variance, 0.0))


def _along(layer: Layer, said: float) -> float:
    corners = ((0.0, 0.0), *layer, (1.0, 1.0))
    for (left, low), (right, high) in pairwise(corners):
        if said <= right:
            share = (said - left) / (right - left) if right > left else 1.0
            return low + share * (high - low)
    return 1.0
