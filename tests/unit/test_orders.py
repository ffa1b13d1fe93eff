"""The states of an order, and what is still open of it."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Side
from core.domain.order import MOVES, Order, OrderStatus, Ticket, advance
from core.domain.order_amounts import OrderKind
from core.domain.order_news import after_fills, after_word
from core.domain.units import ZERO, MarketId, OrderId, Price, Size, TokenId, Usdc, UserId

S = OrderStatus
LIFE = (
    S.NEW,
    S.SIGNED,
    S.UNKNOWN,
    S.REJECTED,
    S.DELAYED,
    S.LIVE,
    S.MATCHED,
    S.PARTIAL,
    S.EXPIRED,
    S.CANCELLED,
    S.FILLED,
)


def order_of(kind: OrderKind = OrderKind.GTC, **known: object) -> Order:
    zero = Decimal(0)
    ticket = Ticket(
        UserId(1),
        Account.LIVE,
        MarketId("1"),
        TokenId("11"),
        Side.BUY,
        Price(Decimal("0.40")),
        "k",
        size=Size(Decimal(100)),
        kind=kind,
    )
    blank = Order(
        OrderId(1),
        ticket,
        "Yes",
        S.LIVE,
        Size(zero),
        Usdc(zero),
        Usdc(zero),
        "",
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    return replace(blank, **known)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(("earlier", "later"), list(itertools.combinations(LIFE, 2)))
def test_of_any_two_states_one_leads_to_the_other_and_not_back(earlier: S, later: S) -> None:
    assert later in MOVES[earlier]
    assert earlier not in MOVES[later]
    assert advance(earlier, later) is later
    assert advance(later, earlier) is later  # late news


def test_every_state_has_its_place() -> None:
    assert set(LIFE) == set(MOVES) == set(S)
    assert all(advance(state, state) is state for state in S)  # news told twice


@given(st.permutations(LIFE), st.sampled_from(LIFE))
def test_news_in_any_order_ends_in_the_same_state(news: list[S], start: S) -> None:
    state = start
    for told in news:
        state = advance(state, told)
    assert state is S.FILLED


def test_what_is_open_of_an_order_is_what_it_asked_for_without_what_was_told() -> None:
    order = order_of(filled_size=Size(Decimal(30)), failed_size=Size(Decimal(10)))
    assert (order.working_size, order.working_value) == (Size(Decimal(60)), Usdc(Decimal(24)))
    bought = replace(order.ticket, size=None, spend=Usdc(Decimal(40)))
    by_money = replace(
        order, ticket=bought, filled_value=Usdc(Decimal(12)), failed_value=Usdc(Decimal(4))
    )
    assert (by_money.working_value, by_money.working_size) == (Usdc(Decimal(24)), Size(Decimal(60)))


def test_an_order_that_is_over_holds_back_only_what_is_awaited() -> None:
    order = order_of(status=S.CANCELLED, matched_size=Size(Decimal(30)))
    assert order.is_done
    assert (order.working_size, order.working_value) == (Size(Decimal(30)), Usdc(Decimal(12)))
    told = replace(order, filled_size=Size(Decimal(20)), failed_size=Size(Decimal(10)))
    assert (told.working_size, told.working_value) == (Size(ZERO), Usdc(ZERO))


@pytest.mark.parametrize("kind", [OrderKind.FAK, OrderKind.FOK])
def test_what_trades_at_once_is_over_when_it_was_filled_in_part(kind: OrderKind) -> None:
    assert order_of(kind, status=S.PARTIAL).is_done
    assert not order_of(OrderKind.GTC, status=S.PARTIAL).is_done


def test_the_book_calls_it_filled_and_we_do_when_the_fills_are_there() -> None:
    waiting = order_of(matched_size=Size(Decimal(100)))
    assert after_word(waiting, S.FILLED) is S.MATCHED
    told = replace(waiting, filled_size=Size(Decimal("99.995")), status=S.MATCHED)
    assert after_fills(told) is S.FILLED  # what rounding leaves does not count


def test_a_fak_is_not_over_before_the_venue_has_said_how_much_it_matched() -> None:
    first = order_of(OrderKind.FAK, filled_size=Size(Decimal(4)))
    assert after_fills(first) is S.MATCHED
    assert after_fills(replace(first, matched_size=Size(Decimal(9)))) is S.MATCHED
    assert after_fills(replace(first, matched_size=Size(Decimal(4)))) is S.PARTIAL
    assert after_fills(order_of(filled_size=Size(Decimal(4)))) is S.PARTIAL  # a resting one


def test_a_fill_after_the_end_counts_and_the_end_stays() -> None:
    ended = order_of(status=S.CANCELLED, filled_size=Size(Decimal(4)))
    assert after_fills(ended) is S.CANCELLED
    assert after_fills(replace(ended, filled_size=Size(Decimal(100)))) is S.FILLED


def test_a_size_of_nothing_told_is_no_fill() -> None:
    assert after_fills(order_of(matched_size=Size(ZERO))) is S.LIVE
