"""Edges and price caps: what is bought at the cap keeps what was asked for, after fee and doubt."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.book import Level, Side
from core.domain.execution import walk_buy, walk_sell
from core.domain.fees import NO_FEE, FeeSchedule
from core.domain.units import Price, Size, Usdc
from core.domain.weather.edge import (
    Belief,
    divergence,
    edge_of,
    fee_per_share,
    normalised,
    worst_price,
)

FEES = FeeSchedule(Decimal("0.05"))
CENT = Decimal("0.01")


def _level(price: str, size: str) -> Level:
    return Level(Price(Decimal(price)), Size(Decimal(size)))


def test_an_edge_is_what_remains_after_the_average_price_the_fee_and_the_doubt() -> None:
    asks = (_level("0.20", "100"), _level("0.30", "100"))
    walk = walk_buy(asks, Usdc(Decimal(50)), Price(Decimal("0.30")), FEES)
    edge = edge_of(walk, Belief(0.40, 0.02), Side.BUY, deviations=1.5)
    assert edge is not None
    fee = (100 * 0.05 * 0.16 + 100 * 0.05 * 0.21) / 200
    assert edge.expected == pytest.approx(0.40 - 0.25 - fee)
    assert edge.cautious == pytest.approx(edge.expected - 0.03)


def test_a_seller_gains_what_is_paid_above_the_chance() -> None:
    walk = walk_sell((_level("0.60", "10"),), Size(Decimal(10)), Price(Decimal("0.5")), NO_FEE)
    edge = edge_of(walk, Belief(0.45, 0.01), Side.SELL, deviations=2.0)
    assert edge is not None
    assert edge.expected == pytest.approx(0.15)
    assert edge.cautious == pytest.approx(0.13)


def test_an_empty_walk_has_no_edge() -> None:
    walk = walk_buy((), Usdc(Decimal(5)), Price(Decimal("0.9")), FEES)
    assert edge_of(walk, Belief(0.9), Side.BUY, deviations=1.0) is None


def test_the_complement_has_the_rest_of_the_chance_and_the_same_doubt() -> None:
    assert Belief(0.3, 0.02).of_complement == Belief(0.7, 0.02)


chances = st.floats(0.02, 0.98)
errors = st.floats(0.0, 0.05)
ticks = st.sampled_from([Decimal("0.1"), CENT, Decimal("0.001"), Decimal("0.0001")])
schedules = st.sampled_from([NO_FEE, FEES, FeeSchedule(Decimal("0.07"), Decimal(2))])


@given(chances, errors, ticks, schedules, st.floats(0.0, 0.2), st.floats(0.0, 2.0))
def test_the_worst_price_of_a_buyer_is_the_last_tick_that_keeps_the_wanted_edge(
    chance: float, error: float, tick: Decimal, fees: FeeSchedule, wanted: float, deviations: float
) -> None:
    def cautious(price: Decimal) -> float:
        at = float(price)
        return chance - at - fee_per_share(fees, at) - deviations * error

    cap = worst_price(
        Belief(chance, error), Side.BUY, fees, tick, wanted=wanted, deviations=deviations
    )
    if cap is None:
        assert cautious(tick) < wanted + 1e-6
        return
    assert cap % tick == 0
    assert cautious(cap) >= wanted - 1e-6
    assert cap + tick >= 1 or cautious(cap + tick) < wanted + 1e-6


@given(chances, errors, ticks, schedules, st.floats(0.0, 0.2), st.floats(0.0, 2.0))
def test_the_worst_price_of_a_seller_is_the_first_tick_that_keeps_the_wanted_edge(
    chance: float, error: float, tick: Decimal, fees: FeeSchedule, wanted: float, deviations: float
) -> None:
    def cautious(price: Decimal) -> float:
        at = float(price)
        return at - chance - fee_per_share(fees, at) - deviations * error

    floor = worst_price(
        Belief(chance, error), Side.SELL, fees, tick, wanted=wanted, deviations=deviations
    )
    if floor is None:
        assert cautious(1 - tick) < wanted + 1e-6
        return
    assert floor % tick == 0
    assert cautious(floor) >= wanted - 1e-6
    assert floor - tick <= 0 or cautious(floor - tick) < wanted + 1e-6


def test_mids_of_a_ladder_are_brought_to_one() -> None:
    assert normalised([0.2, 0.5, 0.35]) == pytest.approx((0.2 / 1.05, 0.5 / 1.05, 0.35 / 1.05))


@pytest.mark.parametrize("mids", [[0.2, None, 0.5], [0.0, 0.0], []])
def test_a_ladder_without_all_its_mids_says_nothing(mids: list[float | None]) -> None:
    assert normalised(mids) is None


def test_divergence_is_the_chance_that_would_have_to_move() -> None:
    assert divergence((0.5, 0.5, 0.0), (0.5, 0.5, 0.0)) == 0.0
    assert divergence((1.0, 0.0), (0.0, 1.0)) == 1.0
    assert divergence((0.6, 0.3, 0.1), (0.4, 0.3, 0.3)) == pytest.approx(0.2)
