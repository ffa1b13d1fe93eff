"""The fit with little, odd or absurd to learn from, and the guard against the future."""

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from core.domain.weather.calibration import (
    Calibration,
    Forecast,
    Lead,
    NoForecast,
    completed,
    lead_of,
)
from core.domain.weather.calibration_json import UnreadableCalibration, as_text, from_text
from core.domain.weather.fitting.emos import fit
from core.domain.weather.fitting.estimate import problem_of, smallest
from core.domain.weather.fitting.isotonic import isotonic
from core.domain.weather.fitting.job import FitJob, fitted
from core.domain.weather.fitting.pairs import Cell, FromTheFuture, Pair, known_at
from core.domain.weather.fitting.samples import samples, table, usable
from core.domain.weather.fitting.skill import market_weight, skill
from core.domain.weather.probability import Distribution, predicted
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme
from core.domain.weather.untaught import DEFAULT_SPREAD
from tests.support.weather_worlds import BEGIN, group, pair, world

NOW = BEGIN + timedelta(days=60)
HERE = StationId("A")
DAY = Lead.H18_30


def said(
    pairs: list[Pair], forecast: Forecast | None = None, station: StationId = HERE
) -> Distribution:
    calibration = fit(pairs, NOW)
    coefficients = calibration.coefficients(station, Extreme.HIGHEST, DAY)
    return predicted(coefficients, forecast or Forecast({"alpha": 20.0}))


def test_what_nobody_could_know_is_refused() -> None:
    early, late = pair(20.0, 19.0, day=10), pair(20.0, 19.0, day=61)
    assert known_at([early, late], NOW) == [early]
    with pytest.raises(FromTheFuture, match="1 pairs"):
        fit([early, late], NOW)


def test_days_that_are_long_past_are_forgotten() -> None:
    assert known_at([pair(20.0, 19.0, day=-31)], NOW) == []


@pytest.mark.parametrize("lead", Lead)
def test_without_a_pair_the_default_spread_of_the_lead_holds_for_any_models(lead: Lead) -> None:
    coefficients = fit([], NOW).coefficients(HERE, Extreme.LOWEST, lead)
    distribution = predicted(coefficients, Forecast({"x": 10.0, "y": 14.0}))
    assert distribution.mean == 12.0
    assert distribution.sigma == pytest.approx(DEFAULT_SPREAD[lead])
    assert distribution.mean_variance > 0.1
    assert distribution.sigma_variance > 0


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_handful_of_pairs_moves_the_forecast_a_little(count: int) -> None:
    distribution = said([pair(22.0, 20.0, day) for day in range(50, 50 + count)])
    assert 20.2 < distribution.mean < 22.0
    assert 0.8 < distribution.sigma < 2.0


def test_more_pairs_leave_less_doubt() -> None:
    draws = np.random.default_rng(1)
    pairs = [pair(20.0 + float(draws.normal(0, 1.5)), 20.0, day) for day in range(60)]
    few, many = said(pairs[-3:]), said(pairs)
    assert many.mean_variance < few.mean_variance / 3
    assert many.mean_variance == pytest.approx(1.5**2 / 50, rel=0.6)


def test_one_absurd_pair_does_little() -> None:
    draws = np.random.default_rng(2)
    sound = [pair(20.0 + float(draws.normal(0, 1.5)), 20.0, day) for day in range(30, 60)]
    before = said(sound)
    after = said([*sound, pair(80.0, 20.0, 59)])
    assert after.mean == pytest.approx(before.mean, abs=0.3)
    assert after.sigma == pytest.approx(before.sigma, rel=0.35)


def test_a_stranger_is_forecast_by_what_all_stations_share() -> None:
    pairs = [pair(18.5, 20.0, day, station=name) for day in range(60) for name in "ABC"]
    assert said(pairs, station=StationId("Z")).mean == pytest.approx(18.5, abs=0.3)


def test_a_model_that_is_missing_is_replaced_by_what_it_would_have_said() -> None:
    known = [
        Pair(
            group("A"),
            BEGIN + timedelta(days=day),
            Forecast({"cold": 10.0 + day % 7 - 2.0, "warm": 10.0 + day % 7 + 2.0}),
            10.0 + day % 7,
        )
        for day in range(60)
    ]
    for values in ({"warm": 17.0}, {"cold": 13.0, "warm": None}, {"cold": math.nan, "warm": 17.0}):
        assert said(known, Forecast(values)).mean == pytest.approx(15.0, abs=0.3)


def test_one_of_three_models_that_is_absurd_is_not_believed() -> None:
    values = {"a": 20.0, "b": 21.0, "c": 35.0}
    assert completed(values, ("a", "b", "c"), (0.0, 0.0, 0.0)) == (20.0, 21.0, 20.5)


@pytest.mark.parametrize("values", [{}, {"alpha": None}, {"alpha": math.inf}, {"other": 3.0}])
def test_without_a_usable_number_there_is_no_forecast(values: dict[str, float | None]) -> None:
    with pytest.raises(NoForecast):
        said([pair(20.0, 19.0, 50)], Forecast(values))


def test_constant_inputs_without_spread_are_fitted_all_the_same() -> None:
    still = [
        replace(pair(20.0, 20.0, day), forecast=Forecast({"alpha": 20.0}, 0.0)) for day in range(60)
    ]
    distribution = said(still, Forecast({"alpha": 20.0}, 0.0))
    assert distribution.mean == pytest.approx(20.0, abs=0.05)
    assert 0.2 <= distribution.sigma < 0.6


def test_pairs_without_a_number_teach_nothing() -> None:
    sound = [pair(21.0, 20.0, day) for day in range(40, 60)]
    odd = [pair(math.nan, 20.0, 50), pair(21.0, math.nan, 50), pair(math.inf, 20.0, 51)]
    assert said([*sound, *odd]).mean == pytest.approx(said(sound).mean, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-60, 60), st.floats(-60, 60), st.none() | st.floats(0, 20)), max_size=6
    )
)
def test_whatever_is_learned_a_distribution_comes_of_it(
    days: list[tuple[float, float, float | None]],
) -> None:
    pairs = [
        replace(pair(y, x, day), forecast=Forecast({"alpha": x}, spread))
        for day, (y, x, spread) in enumerate(days)
    ]
    distribution = said(pairs)
    assert math.isfinite(distribution.mean)
    assert distribution.sigma >= 0.2
    assert distribution.mean_variance >= 0


def test_buckets_with_open_ends_teach_too() -> None:
    cells = [
        replace(pair(0.0, 20.0, day), outcome=Cell((17.5, 18.5, 19.5), 3 - (day % 2)))
        for day in range(60)
    ]
    assert said(cells).mean == pytest.approx(19.5, abs=0.5)


def test_a_calibration_survives_json_exactly() -> None:
    made = world(stations=2, days=20, seed=3)
    calibration = Calibration(
        NOW, fit(made.pairs, NOW).groups, {DAY: ((0.1, 0.05), (0.9, 0.95))}, {DAY: 0.5}
    )
    assert from_text(as_text(calibration)) == calibration


def test_the_job_of_the_worker_answers_in_plain_numbers() -> None:
    pairs = (pair(21.0, 20.0, 50),)
    assert from_text(fitted(FitJob(pairs, NOW))) == fit(pairs, NOW)


BROKEN = (
    "", "null", "[]", "{}", '{"format": 2}', '{"format": 1, "fitted_at": 3}', "[" * 100_000,
    '{"format": 2, "fitted_at": "2026-01-01", "groups": 1, "layers": {}, "market_weights": {}}',
)  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_calibration_is_refused(broken: str) -> None:
    with pytest.raises(UnreadableCalibration):
        from_text(broken)


def test_a_calibration_that_was_cut_off_is_refused() -> None:
    whole = as_text(fit([pair(21.0, 20.0, 50)], NOW))
    for cut in (whole.rindex("\n"), len(whole) - 1):
        with pytest.raises(UnreadableCalibration):
            from_text(whole[:cut])


def test_the_smallest_score_is_found_to_the_last_digit_that_matters() -> None:
    """Against a search by a library's own method, which knows nothing of ours."""
    pairs = world(stations=1, days=60, seed=8).pairs
    told = table(usable(pairs), ("alpha", "beta", "gamma"), NOW)
    prior = fit([], NOW).coefficients(HERE, Extreme.HIGHEST, DAY)
    weights, apart = (1 / 3,) * 3, (0.0,) * 3
    prior = replace(prior, models=("alpha", "beta", "gamma"), weights=weights, offsets=apart)
    known = samples(told, apart, 1.0)
    problem = problem_of(known, prior)
    least = [(None, None), *[(0, None)] * 3, (0.2, None), (0, None)]

    def loss(at: NDArray[np.float64]) -> float:
        return problem.loss(at)[0]

    other = minimize(loss, problem.start, bounds=least, tol=1e-12)
    own = smallest(problem)
    assert problem.loss(own)[0] <= other.fun + 1e-6 * (1 + abs(other.fun))


@pytest.mark.parametrize(
    ("hours", "lead"), [(-1, Lead.H0_6), (0, Lead.H0_6), (6, Lead.H6_18), (17.9, Lead.H6_18),
                        (18, DAY), (30, Lead.H30_54), (54, Lead.H54_UP), (500, Lead.H54_UP)],
)  # fmt: skip
def test_every_lead_has_its_group(hours: float, lead: Lead) -> None:
    assert lead_of(hours) is lead


def test_a_layer_needs_five_hundred_buckets_and_rises() -> None:
    draws = np.random.default_rng(4)
    chances = [float(each) for each in draws.random(2000)]
    came = [bool(draws.random() < p * p) for p in chances]
    assert isotonic(chances[:499], came[:499]) == ()
    layer = isotonic(chances, came)
    assert list(layer) == sorted(layer)
    assert [seen for _, seen in layer] == sorted(seen for _, seen in layer)
    assert all(abs(seen - at * at) < 0.15 for at, seen in layer)
    assert all(0 < seen < 1 for _, seen in layer)


def test_skill_is_certain_only_beyond_chance() -> None:
    draws = np.random.default_rng(5)
    market = [float(each) for each in draws.normal(0.6, 0.2, 400)]
    better = [each - 0.1 for each in market]
    found = skill(better, market, np.random.default_rng(6))
    assert found is not None
    assert found.low < found.value < found.high
    assert found.low > 0
    assert found == skill(better, market, np.random.default_rng(6))
    equal = skill([float(x) for x in draws.permutation(market)], market, np.random.default_rng(6))
    assert equal is not None
    assert equal.low < 0 < equal.high
    assert skill([], [], np.random.default_rng(6)) is None


def test_the_market_is_believed_as_much_as_it_has_deserved() -> None:
    good, bad = [0.5] * 40, [0.1] * 40
    assert market_weight(good, bad, default=0.25) == 0.75
    assert market_weight(bad, good, default=0.25) == 0.25
    assert market_weight(good[:29], bad[:29], default=0.25) == 0.25
