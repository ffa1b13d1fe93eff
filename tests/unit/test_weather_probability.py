"""Probabilities over a ladder: they sum to one, round as the resolver does, and bow to the day."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.weather.ladder import Bucket, Ladder, ladder
from core.domain.weather.probability import (
    Distribution,
    Observed,
    blended,
    blurred,
    divergence,
    in_unit,
    layered,
    normalised,
    odds,
)
from core.domain.weather.temperature import Extreme, Rounding, Unit

C, F = Unit.CELSIUS, Unit.FAHRENHEIT
HALF_UP, FLOOR = Rounding.HALF_UP, Rounding.FLOOR
HIGHEST, LOWEST = Extreme.HIGHEST, Extreme.LOWEST
FAHRENHEIT = ladder(
    F,
    (Bucket(None, 69), Bucket(70, 71), Bucket(72, 73), Bucket(74, 75), Bucket(76, None)),
)
CELSIUS = ladder(C, (Bucket(None, -2), *(Bucket(n, n) for n in range(-1, 3)), Bucket(3, None)))

means = st.floats(-80, 150)
sigmas = st.floats(0.01, 30)
ladders = st.sampled_from([FAHRENHEIT, CELSIUS])
roundings = st.sampled_from(Rounding)
observations = st.none() | st.builds(
    Observed,
    st.sampled_from(Extreme),
    st.floats(-60, 130),
    st.sampled_from(Unit),
    st.sampled_from([0.0, 0.3, 2.0]),
)


@settings(deadline=None)
@given(means, sigmas, ladders, roundings, observations)
def test_all_buckets_together_are_certain(
    mean: float, sigma: float, steps: Ladder, rounding: Rounding, observed: Observed | None
) -> None:
    found = odds(Distribution(C, mean, sigma, 0.1, 0.1), steps, rounding, observed)
    assert math.fsum(found.probabilities) == pytest.approx(1, abs=1e-9)
    assert all(0 <= each <= 1 for each in found.probabilities)
    assert all(error >= 0 and math.isfinite(error) for error in found.errors)


@pytest.mark.parametrize(("rounding", "edge"), [(HALF_UP, 1.5), (FLOOR, 2.0)])
def test_a_bucket_begins_where_the_resolver_starts_to_read_it(
    rounding: Rounding, edge: float
) -> None:
    below, above = (
        odds(Distribution(C, edge + step, 1e-4), CELSIUS, rounding).probabilities
        for step in (-0.01, 0.01)
    )
    assert below[3] == pytest.approx(1)
    assert above[4] == pytest.approx(1)


def test_certainty_is_not_clipped() -> None:
    found = odds(Distribution(C, 30.0, 0.5), CELSIUS, HALF_UP).probabilities
    assert found[0] < 1e-100
    assert found[-1] == 1.0


def test_a_range_of_two_fahrenheit_degrees_is_two_wide() -> None:
    found = odds(Distribution(F, 72.5, 1.0), FAHRENHEIT, HALF_UP).probabilities
    assert found[2] == pytest.approx(0.6827, abs=1e-4)


def test_celsius_and_fahrenheit_say_the_same() -> None:
    here = Distribution(C, 22.3, 0.9, 0.04, 0.01, 0.005)
    there = in_unit(here, F)
    assert there.mean == pytest.approx(72.14)
    assert there.sigma == pytest.approx(1.62)
    first, second = (odds(each, FAHRENHEIT, HALF_UP) for each in (here, there))
    assert first.probabilities == pytest.approx(second.probabilities)
    assert first.errors == pytest.approx(second.errors)
    assert in_unit(there, C).mean == pytest.approx(22.3)


def test_errors_are_those_of_a_forecast_a_little_off() -> None:
    said = Distribution(C, 0.4, 1.2, mean_variance=0.01**2)
    moved = replace(said, mean=0.41)
    found = odds(said, CELSIUS, HALF_UP)
    away = odds(moved, CELSIUS, HALF_UP).probabilities
    differences = [abs(p - q) for p, q in zip(found.probabilities, away, strict=True)]
    assert found.errors == pytest.approx(differences, abs=2e-5)
    wider = odds(replace(said, sigma=1.21), CELSIUS, HALF_UP).probabilities
    by_sigma = odds(Distribution(C, 0.4, 1.2, sigma_variance=0.01**2), CELSIUS, HALF_UP)
    differences = [abs(p - q) for p, q in zip(found.probabilities, wider, strict=True)]
    assert by_sigma.errors == pytest.approx(differences, abs=4e-5)


SAID = Distribution(F, 72.0, 2.0)
FREE = odds(SAID, FAHRENHEIT, HALF_UP).probabilities


@pytest.mark.parametrize(
    ("value", "place"), [(72.4, 2), (71.5, 2), (71.4, 1), (73.49, 2), (73.5, 3)]
)
def test_what_was_reached_is_the_least_the_highest_can_be(value: float, place: int) -> None:
    found = odds(SAID, FAHRENHEIT, HALF_UP, Observed(HIGHEST, value, F)).probabilities
    assert found[:place] == (0.0,) * place
    assert found[place] == pytest.approx(sum(FREE[: place + 1]))
    assert found[place + 1 :] == pytest.approx(FREE[place + 1 :])


@pytest.mark.parametrize(("value", "place"), [(72.4, 2), (71.4, 1), (69.5, 1), (69.4, 0)])
def test_what_was_reached_is_the_most_the_lowest_can_be(value: float, place: int) -> None:
    found = odds(SAID, FAHRENHEIT, HALF_UP, Observed(LOWEST, value, F)).probabilities
    assert found[place + 1 :] == (0.0,) * (len(FREE) - place - 1)
    assert found[place] == pytest.approx(sum(FREE[place:]))
    assert found[:place] == pytest.approx(FREE[:place])


@settings(deadline=None)
@given(st.floats(-60, 160), st.floats(-60, 160))
def test_an_observation_lowers_nothing_for_the_highest(first: float, second: float) -> None:
    low, high = sorted((first, second))
    edges = range(len(FREE))
    before, after = (
        odds(SAID, FAHRENHEIT, HALF_UP, Observed(HIGHEST, each, F)).probabilities
        for each in (low, high)
    )
    for each in edges:
        assert sum(after[each:]) >= sum(before[each:]) - 1e-12
        assert sum(before[each:]) >= sum(FREE[each:]) - 1e-12


def test_an_observation_is_converted_to_the_unit_of_the_ladder() -> None:
    found = odds(SAID, FAHRENHEIT, HALF_UP, Observed(HIGHEST, 23.06, C)).probabilities  # 73.508 F
    assert found[2] == 0.0
    exactly = odds(SAID, FAHRENHEIT, HALF_UP, Observed(HIGHEST, 22.5, C)).probabilities  # 72.5 F
    assert exactly[1] == 0.0
    assert exactly[2] > 0


def test_a_doubtful_observation_rules_nothing_out() -> None:
    doubtful = Observed(HIGHEST, 72.0, F, noise=0.5)
    found = odds(SAID, FAHRENHEIT, HALF_UP, doubtful).probabilities
    assert 0 < found[1] < FREE[1]
    assert odds(
        SAID, FAHRENHEIT, HALF_UP, replace(doubtful, noise=0.5 * 5 / 9, unit=C, value=22.2222)
    ).probabilities == pytest.approx(found, abs=1e-4)


def test_what_resolver_and_station_differ_by_widens_the_forecast() -> None:
    assert blurred(Distribution(C, 20.0, 0.3), 0.4) == Distribution(C, 20.0, 0.5)


def test_the_market_takes_its_share() -> None:
    market = normalised([0.3, 0.6, 0.3])
    assert market == pytest.approx((0.25, 0.5, 0.25))
    found = blended((0.1, 0.2, 0.7), market, 0.25)
    assert found == pytest.approx((0.2125, 0.425, 0.3625))
    assert divergence((0.1, 0.2, 0.7), market) == pytest.approx(0.45)
    assert divergence(market, market) == 0.0


@pytest.mark.parametrize("prices", [[0.0, 0.0], [-0.1, 0.5], [math.nan, 0.5], [math.inf, 0.1]])
def test_prices_that_are_no_probabilities_are_refused(prices: list[float]) -> None:
    with pytest.raises(ValueError, match="no probabilities"):
        normalised(prices)


def test_a_layer_moves_probabilities_and_leaves_certainty_alone() -> None:
    layer = ((0.2, 0.1), (0.6, 0.7))
    assert layered((0.2, 0.2, 0.6), layer) == pytest.approx((1 / 9, 1 / 9, 7 / 9))
    assert layered((0.0, 1.0, 0.0), layer) == (0.0, 1.0, 0.0)
    assert layered((0.25, 0.75), ()) == (0.25, 0.75)
