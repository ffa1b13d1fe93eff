"""Worlds of which the truth is known: the fit finds it, and beats what knows less."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest
import scoringrules
from scipy.stats import chi2

from core.domain.weather.calibration import Calibration, Coefficients, Forecast, Lead
from core.domain.weather.fitting.emos import fit
from core.domain.weather.fitting.pairs import Cell, Pair
from core.domain.weather.fitting.walking import FIXED_SIGMA
from core.domain.weather.ladder import Bucket, Ladder, ladder
from core.domain.weather.probability import Distribution, odds, predicted
from core.domain.weather.scores import (
    brier,
    crps_ensemble,
    crps_normal,
    naive_rule,
    pit,
    pit_counts,
)
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit, converted, whole_degree
from tests.support.weather_worlds import BEGIN, World, world

DAYS = 180
TAUGHT = 90
HALF_UP = Rounding.HALF_UP


@cache
def the_world() -> World:
    return world(stations=12, days=DAYS, seed=20261122)


@cache
def learned() -> Calibration:
    moment = BEGIN + timedelta(days=TAUGHT - 1)
    return fit([each for each in the_world().pairs if each.available_at <= moment], moment)


def later() -> list[tuple[Pair, np.ndarray[tuple[int], np.dtype[np.float64]]]]:
    known = zip(the_world().pairs, the_world().members, strict=True)
    return [(p, m) for p, m in known if p.available_at >= BEGIN + timedelta(days=TAUGHT)]


def own(each: Pair) -> Coefficients:
    assert each.group.station is not None
    return learned().coefficients(each.group.station, Extreme.HIGHEST, Lead.H18_30)


def forecast(each: Pair) -> Distribution:
    return predicted(own(each), each.forecast)


def outcome(each: Pair) -> float:
    assert isinstance(each.outcome, float)
    return each.outcome


def test_what_the_world_was_made_of_is_found_again() -> None:
    found = learned()
    for station, bias in the_world().biases.items():
        each = found.coefficients(station, Extreme.HIGHEST, Lead.H18_30)
        at_15 = each.intercept + 15 * sum(each.weights)
        assert at_15 - 15 == pytest.approx(bias, abs=0.45)
        assert sum(each.weights) == pytest.approx(1, abs=0.05)
        assert np.hypot(each.floor, each.scale) == pytest.approx(np.hypot(0.6, 1), rel=0.25)


def test_the_spread_of_the_members_is_found_to_matter() -> None:
    wide = [x.scale for x in learned().groups.values() if x.pairs]
    assert np.mean(wide) == pytest.approx(1.0, abs=0.3)


def test_the_fit_is_sharper_and_truer_than_the_members_as_they_are() -> None:
    fitted, raw = [], []
    for each, members in later():
        said = forecast(each)
        fitted.append(crps_normal(said.mean, said.sigma, outcome(each)))
        raw.append(crps_ensemble([float(x) for x in members], outcome(each)))
    assert np.mean(fitted) < 0.92 * np.mean(raw)


def test_outcomes_lie_evenly_in_their_forecasts() -> None:
    said = [(forecast(each), outcome(each)) for each, _ in later()]
    places = [pit(each.mean, each.sigma, value) for each, value in said]
    counts = np.array(pit_counts((p, p) for p in places))
    statistic = ((counts - counts.mean()) ** 2 / counts.mean()).sum()
    assert statistic < chi2.ppf(0.999, df=9)


def around(degrees: float, unit: Unit) -> Ladder:
    """Eleven buckets, one degree wide or, in Fahrenheit, two."""
    width = 2 if unit is Unit.FAHRENHEIT else 1
    first = whole_degree(degrees, HALF_UP) // width * width - 4 * width
    starts = [first + width * step for step in range(9)]
    middle = tuple(Bucket(low, low + width - 1) for low in starts)
    tails = (Bucket(None, first - 1), Bucket(starts[-1] + width, None))
    return ladder(unit, (*middle, *tails))


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("warmer", [0.0, -30.0])
def test_who_knows_more_scores_better(unit: Unit, warmer: float) -> None:
    """The same world in both units, and where it freezes."""
    taught = [_warmer(each, warmer) for each in the_world().pairs]
    moment = BEGIN + timedelta(days=TAUGHT - 1)
    calibration = fit([each for each in taught if each.available_at <= moment], moment)
    scored = []
    for pair, members in later():
        each = _warmer(pair, warmer)
        assert each.group.station is not None
        fitted = predicted(calibration.coefficients(each.group.station, *KEY), each.forecast)
        mean = float(np.mean([x for x in each.forecast.values.values() if x is not None]))
        middle = converted(mean, Unit.CELSIUS, unit)
        steps = around(middle, unit)

        def place_of(celsius: float, steps: Ladder = steps) -> int:
            degrees = converted(celsius, Unit.CELSIUS, unit)
            return steps.index_of(whole_degree(degrees, HALF_UP))

        count, place = len(steps.buckets), place_of(outcome(each))
        votes = [place_of(float(member) + warmer) for member in members]
        fixed = Distribution(unit, middle, FIXED_SIGMA[unit])
        said = (
            naive_rule(place_of(mean), count),
            tuple(votes.count(bucket) / len(votes) for bucket in range(count)),
            odds(fixed, steps, HALF_UP).probabilities,
            odds(fitted, steps, HALF_UP).probabilities,
        )
        scored.append([brier(probabilities, place) for probabilities in said])
    naive, raw, fixed_sigma, emos = np.mean(scored, axis=0)
    assert naive > raw > fixed_sigma > emos


def _warmer(each: Pair, by: float) -> Pair:
    values = {name: x + by for name, x in each.forecast.values.items() if x is not None}
    forecast = Forecast(values, each.forecast.spread)
    return replace(each, forecast=forecast, outcome=outcome(each) + by)


def test_from_buckets_alone_the_spread_is_not_widened_by_their_width() -> None:
    known = [each for each in the_world().pairs if each.group.station == "S0"]
    moment = BEGIN + timedelta(days=TAUGHT - 1)
    numbers = [each for each in known if each.available_at <= moment]
    cells = [_as_cell(each) for each in numbers]
    exact, rounded = (
        fit(each, moment).coefficients(StationId("S0"), *KEY) for each in (numbers, cells)
    )
    at_usual = [np.hypot(x.floor, x.scale * x.usual_spread) for x in (exact, rounded)]
    assert at_usual[1] == pytest.approx(at_usual[0], rel=0.1)
    assert rounded.intercept == pytest.approx(exact.intercept, abs=0.35)


KEY = (Extreme.HIGHEST, Lead.H18_30)


def _as_cell(each: Pair) -> Pair:
    edges = tuple(float(edge) for edge in np.arange(-30.5, 60.5, 2))
    place = sum(outcome(each) >= edge for edge in edges)
    return Pair(each.group, each.available_at, each.forecast, Cell(edges, place))


@pytest.mark.parametrize("seed", range(5))
def test_the_scores_agree_with_a_second_opinion(seed: int) -> None:
    draws = np.random.default_rng(seed)
    mean, sigma, value = draws.normal(10, 5), draws.gamma(2), draws.normal(10, 5)
    ours = crps_normal(float(mean), float(sigma), float(value))
    assert ours == pytest.approx(float(scoringrules.crps_normal(value, mean, sigma)))
    members = [float(each) for each in draws.normal(10, 3, 31)]
    theirs = scoringrules.crps_ensemble(value, np.array(members), estimator="nrg")
    assert crps_ensemble(members, float(value)) == pytest.approx(float(theirs))
