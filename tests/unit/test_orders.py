"""The states of an order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import IllegalTransition
from core.domain.order import MOVES, OrderStatus, advance

statuses = st.sampled_from(OrderStatus)


def test_every_state_says_where_it_leads() -> None:
    assert set(MOVES) == set(OrderStatus)


@pytest.mark.parametrize(
    ("current", "news", "after"),
    [
        (OrderStatus.NEW, OrderStatus.FILLED, OrderStatus.FILLED),
        (OrderStatus.FILLED, OrderStatus.LIVE, OrderStatus.FILLED),  # late news
        (OrderStatus.CANCELLED, OrderStatus.FILLED, OrderStatus.FILLED),  # a late fill counts
        (OrderStatus.UNKNOWN, OrderStatus.REJECTED, OrderStatus.REJECTED),
        (OrderStatus.PARTIAL, OrderStatus.CANCELLED, OrderStatus.CANCELLED),
    ],
)
def test_news_moves_an_order(current: OrderStatus, news: OrderStatus, after: OrderStatus) -> None:
    assert advance(current, news) is after


def test_a_rejected_order_is_never_filled() -> None:
    with pytest.raises(IllegalTransition):
        advance(OrderStatus.REJECTED, OrderStatus.FILLED)


@given(statuses, statuses)
def test_news_told_twice_changes_nothing_more(current: OrderStatus, news: OrderStatus) -> None:
    try:
        after = advance(current, news)
    except IllegalTransition:
        return
    assert advance(after, news) is after


def test_no_way_leads_in_a_circle() -> None:
    for first, second in itertools.permutations(OrderStatus, 2):
        back_and_forth = second in MOVES[first] and first in MOVES[second]
        assert not back_and_forth or {first, second} == {OrderStatus.CANCELLED, OrderStatus.FILLED}
