"""The strategy's limits: the tightest scope decides, and says so."""

from decimal import Decimal

import pytest

from core.domain.units import Usdc
from core.domain.weather.limits import Capped, Scope, StrategyLimits, capped
from core.domain.weather.station import Station, StationId, distance


def _usdc(amount: float) -> Usdc:
    return Usdc(Decimal(str(amount)))


def test_what_is_small_enough_for_every_scope_is_not_touched() -> None:
    assert capped(_usdc(12), {}, StrategyLimits()) == Capped(_usdc(12), None)


def test_the_tightest_scope_decides_and_is_named() -> None:
    at_stake = {Scope.BUCKET: _usdc(25), Scope.EVENT: _usdc(58)}
    assert capped(_usdc(20), at_stake, StrategyLimits()) == Capped(_usdc(2), Scope.EVENT)


def test_a_full_scope_leaves_nothing() -> None:
    at_stake = {Scope.DAY: _usdc(250)}
    assert capped(_usdc(1), at_stake, StrategyLimits()) == Capped(_usdc(0), Scope.DAY)


def test_the_limits_of_a_scope_may_be_set_alone() -> None:
    limits = StrategyLimits(most={Scope.ORDER: _usdc(5)})
    assert capped(_usdc(9), {Scope.DAY: _usdc(999)}, limits) == Capped(_usdc(5), Scope.ORDER)


def test_distances_follow_the_globe() -> None:
    heathrow = Station(StationId("EGLL"), "London Heathrow", 51.4706, -0.4619, "Europe/London")
    kennedy = Station(StationId("KJFK"), "New York Kennedy", 40.6398, -73.7789, "America/New_York")
    assert distance(heathrow, heathrow) == 0.0
    assert distance(heathrow, kennedy) == pytest.approx(5540, rel=0.01)
