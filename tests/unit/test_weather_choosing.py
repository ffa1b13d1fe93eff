"""Own limits of the weather strategy: within the operator's, and what counts as looser."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.units import Usdc
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.choosing import Limit, bounds, in_force, loosens, with_limit
from core.domain.weather.limits import StrategyLimits

OPERATOR = StrategyLimits()
USUAL = Choices(Mode.DRY)


@pytest.mark.parametrize("what", Limit)
def test_a_chosen_limit_holds_and_giving_it_up_brings_back_the_operators(what: Limit) -> None:
    allowed = bounds(what, OPERATOR)
    tight = allowed.most if what is Limit.EDGE else allowed.least
    chosen = with_limit(USUAL, what, tight)
    assert in_force(what, chosen, OPERATOR) == tight
    assert with_limit(chosen, what, None) == USUAL


@pytest.mark.parametrize("what", Limit)
def test_to_tighten_is_never_looser_and_to_give_it_up_is(what: Limit) -> None:
    allowed = bounds(what, OPERATOR)
    chosen = with_limit(USUAL, what, allowed.most if what is Limit.EDGE else allowed.least)
    assert not loosens(USUAL, chosen, OPERATOR)
    assert loosens(chosen, USUAL, OPERATOR)


@given(st.sampled_from(Limit), st.decimals("0.0001", "10000", places=4))
def test_nobody_gets_past_the_operators_limits(what: Limit, value: Decimal) -> None:
    allowed = bounds(what, OPERATOR)
    held = in_force(what, with_limit(USUAL, what, value), OPERATOR)
    assert held >= allowed.least if what is Limit.EDGE else held <= allowed.most


def test_a_limit_is_chosen_beside_the_others() -> None:
    chosen = with_limit(with_limit(USUAL, Limit.ORDER, Decimal(5)), Limit.DAY, Decimal(50))
    assert in_force(Limit.ORDER, chosen, OPERATOR) == 5
    assert in_force(Limit.DAY, chosen, OPERATOR) == 50


def test_real_money_is_looser_and_practice_money_is_not() -> None:
    live = replace(USUAL, mode=Mode.LIVE)
    assert loosens(USUAL, live, OPERATOR)
    assert not loosens(live, USUAL, OPERATOR)
    assert not loosens(live, replace(live, mode=Mode.OFF), OPERATOR)
    assert not loosens(Choices(), USUAL, OPERATOR)


def test_cities_and_days_are_no_limits_of_what_can_be_lost() -> None:
    further = replace(USUAL, days_ahead=7, cities=frozenset({"london"}), wants_signals=True)
    assert not loosens(USUAL, further, OPERATOR)


def test_an_operator_who_tightens_is_obeyed_at_once() -> None:
    chosen = with_limit(USUAL, Limit.LOSS, Decimal(40))
    tight = replace(OPERATOR, daily_loss=Usdc(Decimal(10)))
    assert in_force(Limit.LOSS, chosen, tight) == 10
