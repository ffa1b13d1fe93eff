"""When an order is looked for, and what follows when nobody knows it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.order import Order, OrderHash, OrderStatus, Origin, SignedPayload
from core.domain.order_amounts import OrderKind
from core.domain.units import Size
from core.services.clob.following import (
    PATIENCE,
    Step,
    after_miss,
    gone_as,
    horizon,
    is_due,
    max_age,
)
from core.storage.signed_orders import Sending
from tests.support.trading import START
from tests.unit.test_orders import order_of

S = OrderStatus


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def sending(misses: int = 1, looked: float | None = None) -> Sending:
    signed = SignedPayload(OrderHash("0x1"), 1, 1, b"{}", START)
    looked_at = None if looked is None else START + after(looked)
    return Sending(signed, START, 1, looked_at, misses, ())


def lost(kind: OrderKind = OrderKind.FAK, origin: Origin = Origin.PERSON) -> Order:
    order = order_of(kind, status=S.UNKNOWN)
    ends = START + timedelta(hours=1) if kind is OrderKind.GTD else None
    return replace(order, ticket=replace(order.ticket, origin=origin, expires_at=ends))


@pytest.mark.parametrize(
    ("origin", "seconds", "step"),
    [
        (Origin.PERSON, 10, Step.REPOST),
        (Origin.PERSON, 11, Step.CANCEL),
        (Origin.AUTOMATION, 3, Step.REPOST),
        (Origin.AUTOMATION, 4, Step.CANCEL),
        (Origin.PROTECTION, 4, Step.CANCEL),
    ],
)
def test_the_same_bytes_go_out_again_only_for_a_while(
    origin: Origin, seconds: float, step: Step
) -> None:
    assert after_miss(lost(origin=origin), sending(), START + after(seconds)) is step
    assert max_age(lost(origin=origin)) in {PATIENCE.repost_person, PATIENCE.repost_automation}


def test_what_is_wanted_off_the_book_is_not_sent_again() -> None:
    unwanted = replace(lost(), cancel_requested_at=START)
    assert after_miss(unwanted, sending(), START + after(1)) is Step.CANCEL


@pytest.mark.parametrize(
    ("kind", "end"),
    [(OrderKind.FAK, 60), (OrderKind.FOK, 60), (OrderKind.GTC, 600), (OrderKind.GTD, 3720)],
)
def test_an_order_is_given_up_after_its_horizon_and_two_misses(kind: OrderKind, end: int) -> None:
    order = lost(kind)
    assert horizon(order, sending()) == START + after(end)
    assert after_miss(order, sending(2), START + after(end)) is Step.CANCEL
    assert after_miss(order, sending(1), START + after(end + 1)) is Step.CANCEL
    assert after_miss(order, sending(2), START + after(end + 1)) is Step.GIVE_UP


def test_a_resting_order_that_the_book_does_not_have_is_gone() -> None:
    order = order_of(status=S.LIVE)
    assert after_miss(order, sending(1), START + after(60)) is Step.WAIT
    assert after_miss(order, sending(2), START + after(120)) is Step.GIVE_UP


def test_an_order_to_be_cancelled_is_asked_for_until_it_is_gone() -> None:
    order = order_of(status=S.LIVE, cancel_requested_at=START)
    assert after_miss(order, sending(1), START + after(2)) is Step.CANCEL
    assert after_miss(order, sending(2), START + after(4)) is Step.GIVE_UP


def test_a_match_without_its_trades_is_waited_for_and_not_cancelled() -> None:
    matched = order_of(OrderKind.FAK, status=S.MATCHED, matched_size=Size(Decimal(5)))
    assert after_miss(matched, sending(9), START + after(300)) is Step.WAIT
    assert after_miss(matched, sending(9), START + after(601)) is Step.GIVE_UP
    over = replace(matched, status=S.CANCELLED)
    assert after_miss(over, sending(9), START + after(601)) is Step.WAIT


def test_in_flight_orders_are_left_to_their_own_task() -> None:
    for status in (S.NEW, S.SIGNED):
        assert not is_due(order_of(status=status), sending(), START + after(3600))


@pytest.mark.parametrize("status", [S.UNKNOWN, S.MATCHED, S.DELAYED])
def test_what_is_unsettled_is_looked_for_often_and_then_less(status: S) -> None:
    order = order_of(status=status)
    assert not is_due(order, sending(looked=0), START + after(1))
    assert is_due(order, sending(looked=0), START + after(2))
    assert not is_due(order, sending(looked=100), START + after(109))
    assert is_due(order, sending(looked=100), START + after(110))
    assert not is_due(order, sending(looked=700), START + after(759))


def test_what_rests_in_peace_is_looked_at_once_a_minute() -> None:
    order = order_of(status=S.LIVE)
    assert not is_due(order, sending(looked=0), START + after(59))
    assert is_due(order, sending(looked=0), START + after(60))
    unwanted = replace(order, cancel_requested_at=START + after(100))
    assert is_due(unwanted, sending(looked=100), START + after(102))


def test_an_order_that_ended_by_its_time_has_expired() -> None:
    order = lost(OrderKind.GTD)
    assert gone_as(order, START) is S.CANCELLED
    assert gone_as(order, START + timedelta(hours=1)) is S.EXPIRED
    unwanted = replace(order, cancel_requested_at=START)
    assert gone_as(unwanted, START + timedelta(hours=1)) is S.CANCELLED
