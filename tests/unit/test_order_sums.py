"""The sums of an order while fills come, fail and are put right; what a card's token may become."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import IllegalTransition
from core.domain.ledger import Fill, Settlement
from core.domain.offer import CardOffer, card_of, card_payload, is_of_card
from core.domain.order import Order, OrderStatus, Ticket
from core.domain.order_news import corrected, is_filled, with_fill, without_fill
from core.domain.units import (
    ZERO,
    MarketId,
    OrderId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
)
from core.domain.wallet_action import ACTION_MOVES, ActionState, advance_action
from tests.support.examples import buy_quote

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CARD = CardOffer(
    Account.LIVE,
    MarketId("m"),
    Side.BUY,
    (Decimal(5), Decimal("7.5")),
    (None, Price(Decimal("0.4"))),
)
SIZES = st.integers(1, 10**9).map(lambda micro: Size(Decimal(micro).scaleb(-6)))
PRICES = st.integers(1, 9_999).map(lambda steps: Price(Decimal(steps).scaleb(-4)))
FEES = st.integers(0, 10**6).map(lambda micro: Usdc(Decimal(micro).scaleb(-6)))


def bought(size: Size | None = None, spend: Usdc | None = None) -> Order:
    token, key, bound = TokenId("11"), "key", Price(Decimal("0.40"))
    ticket = Ticket(
        UserId(1), Account.LIVE, MarketId("1"), token, Side.BUY, bound, key, size=size, spend=spend
    )
    none = Usdc(ZERO)
    return Order(OrderId(1), ticket, "Yes", OrderStatus.LIVE, Size(ZERO), none, none, "", NOW)


def fills() -> st.SearchStrategy[Fill]:
    return st.builds(fill, SIZES, PRICES, FEES)


def fill(size: Size, price: Price, fee: Usdc) -> Fill:
    market, token = MarketId("1"), TokenId("11")
    side, user = Side.BUY, UserId(1)
    return Fill("e", user, Account.LIVE, market, token, "Yes", side, size, price, fee, NOW)


def sums(order: Order) -> tuple[Decimal, Decimal, Decimal]:
    return order.filled_size, order.filled_value, order.fee


@given(st.lists(fills(), max_size=4), fills())
def test_a_fill_that_fails_takes_back_exactly_what_it_brought(
    before: list[Fill], one: Fill
) -> None:
    order = bought(Size(Decimal(10**6)))
    for each in before:
        order = with_fill(order, each)
    after = without_fill(with_fill(order, one), one)
    assert sums(after) == sums(order)
    assert after.failed_size == order.failed_size + one.size
    assert after.failed_value == order.failed_value + one.value


@given(fills())
def test_a_fill_that_is_told_as_failed_at_once_brings_nothing(one: Fill) -> None:
    failed = replace(one, settlement=Settlement.FAILED)
    after = with_fill(bought(Size(Decimal(10**6))), failed)
    assert sums(after) == (ZERO, ZERO, ZERO)
    assert (after.failed_size, after.failed_value) == (one.size, one.value)


@given(fills(), fills(), fills())
def test_a_fill_that_is_put_right_leaves_what_the_right_one_alone_brings(
    other: Fill, wrong: Fill, right: Fill
) -> None:
    order = with_fill(bought(Size(Decimal(10**6))), other)
    mended = corrected(with_fill(order, wrong), wrong, right)
    assert sums(mended) == sums(with_fill(order, right))


def test_an_order_that_was_filled_by_a_wrong_number_is_looked_up_again() -> None:
    hundred, sixty = Size(Decimal(100)), Size(Decimal(60))
    wrong = fill(hundred, Price(Decimal("0.4")), Usdc(ZERO))
    right = replace(wrong, size=sixty)
    filled = with_fill(bought(hundred), wrong)
    filled = replace(filled, status=OrderStatus.FILLED, matched_size=hundred)
    assert is_filled(filled)
    mended = corrected(filled, wrong, right)
    assert (mended.status, mended.matched_size) == (OrderStatus.UNKNOWN, sixty)
    assert not is_filled(mended)


@pytest.mark.parametrize(("spent", "whole"), [("10", True), ("9.999", True), ("9", False)])
def test_an_order_by_money_is_filled_when_its_money_is_spent(spent: str, *, whole: bool) -> None:
    one = fill(Size(Decimal(spent) * 2), Price(Decimal("0.5")), Usdc(ZERO))
    order = bought(spend=Usdc(Decimal(10)))
    assert not is_filled(order)
    assert is_filled(with_fill(order, one)) is whole


@pytest.mark.parametrize("card", [CARD, replace(CARD, is_typed=True, side=Side.SELL)])
def test_what_a_button_keeps_of_a_card_is_the_card(card: CardOffer) -> None:
    assert card_of(card_payload(card)) == card


def test_a_cards_token_becomes_an_order_of_that_card_and_no_other() -> None:
    quote, amount = buy_quote(), Decimal(10)
    card = replace(CARD, account=quote.account, market_id=quote.market.id, amounts=(amount,))
    assert is_of_card(card, quote, amount)
    for other in (
        replace(card, market_id=MarketId("another")),
        replace(card, account=Account.LIVE),
        replace(card, side=Side.SELL),
        replace(card, amounts=(Decimal(6),)),
    ):
        assert not is_of_card(other, quote, amount)
    assert is_of_card(replace(card, amounts=(), is_typed=True), quote, amount)
    assert not is_of_card(card, replace(quote, spend=Usdc(Decimal(50))), amount)


@pytest.mark.parametrize(("old", "new"), list(itertools.product(ActionState, repeat=2)))
def test_an_action_of_a_wallet_never_goes_back(old: ActionState, new: ActionState) -> None:
    if new is old or new in ACTION_MOVES[old]:
        assert advance_action(old, new) is new
        return
    with pytest.raises(IllegalTransition):
        advance_action(old, new)


@pytest.mark.parametrize("end", [ActionState.CONFIRMED, ActionState.FAILED])
def test_an_action_that_has_ended_stays_so(end: ActionState) -> None:
    assert not ACTION_MOVES[end]
