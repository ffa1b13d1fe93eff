"""Stakes on exclusive outcomes: against closed forms, and against whatever else could be staked."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.weather.kelly import Leg, joint_stakes, log_growth


def _yes(outcome: int, outcomes: int, cost: float, most: float = 1e9) -> Leg:
    return Leg(tuple(float(place == outcome) for place in range(outcomes)), cost, most)


def _no(outcome: int, outcomes: int, cost: float, most: float = 1e9) -> Leg:
    return Leg(tuple(float(place != outcome) for place in range(outcomes)), cost, most)


def test_one_bet_is_staked_as_kelly_wrote() -> None:
    """A fraction (q - c) / (1 - c) of wealth, which buys that much over c shares."""
    (shares,) = joint_stakes((0.6, 0.4), (1000.0, 1000.0), (_yes(0, 2, 0.5),))
    assert shares == pytest.approx(0.2 * 1000 / 0.5, rel=1e-4)


def test_nothing_is_staked_without_an_edge() -> None:
    assert joint_stakes((0.5, 0.5), (100.0, 100.0), (_yes(0, 2, 0.5), _no(0, 2, 0.51))) == (0, 0)


def test_neighbours_are_not_staked_as_if_they_were_independent() -> None:
    """Two exclusive bets: each alone would take 1/9 of wealth, together they hedge each other."""
    chances, wealth = (0.2, 0.2, 0.6), (900.0, 900.0, 900.0)
    legs = (_yes(0, 3, 0.1), _yes(1, 3, 0.1))
    both = joint_stakes(chances, wealth, legs)
    # Source: the known solution for exclusive bets, stake_i = q_i - c_i (1 - sum q) / (1 - sum c).
    reserve = 0.6 / 0.8
    expected = [(0.2 - 0.1 * reserve) * 900 / 0.1] * 2
    assert both == pytest.approx(tuple(expected), rel=1e-3)


def test_what_is_held_already_counts() -> None:
    flat = joint_stakes((0.6, 0.4), (1000.0, 1000.0), (_yes(0, 2, 0.5),))
    held = joint_stakes((0.6, 0.4), (1200.0, 800.0), (_yes(0, 2, 0.5),))
    assert held[0] == pytest.approx(0.0, abs=1e-2)
    assert flat[0] == pytest.approx(400.0, rel=1e-4)


def test_no_more_is_staked_than_the_book_gives() -> None:
    assert joint_stakes((0.9, 0.1), (100.0, 100.0), (_yes(0, 2, 0.5, most=7.0),)) == (7.0,)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[tuple[float, ...], tuple[float, ...], tuple[Leg, ...]]:
    count = draw(st.integers(2, 5))
    raw = draw(st.lists(st.floats(0.01, 1.0), min_size=count, max_size=count))
    chances = tuple(value / math.fsum(raw) for value in raw)
    wealth = tuple(draw(st.lists(st.floats(50.0, 500.0), min_size=count, max_size=count)))
    legs = tuple(
        draw(st.sampled_from([_yes, _no]))(
            draw(st.integers(0, count - 1)), count, draw(st.floats(0.05, 0.95)), 300.0
        )
        for _ in range(draw(st.integers(1, 3)))
    )
    return chances, wealth, legs


@given(worlds(), st.data())
def test_no_other_stakes_grow_faster(
    world: tuple[tuple[float, ...], tuple[float, ...], tuple[Leg, ...]], data: st.DataObject
) -> None:
    chances, wealth, legs = world
    stakes = joint_stakes(chances, wealth, legs)
    best = log_growth(chances, wealth, legs, stakes)
    assert best >= -1e-12
    other = [
        min(max(stake + data.draw(st.floats(-20.0, 20.0)), 0.0), leg.most)
        for stake, leg in zip(stakes, legs, strict=True)
    ]
    after = [
        have + sum(n * (leg.pays[place] - leg.cost) for n, leg in zip(other, legs, strict=True))
        for place, have in enumerate(wealth)
    ]
    if min(after) > 0:
        assert log_growth(chances, wealth, legs, other) <= best + 1e-6
