"""Triggers on paper: which bid counts, when it has been seen for long enough, where stops rise."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Book, Level
from core.domain.errors import InvalidQuantity
from core.domain.trigger import (
    Fired,
    NewTrigger,
    Trigger,
    TriggerId,
    TriggerKind,
    TriggerState,
    check_new,
    executable_bid,
    level_of,
    trailing_level,
    typed_distance,
    wanted_at,
)
from core.domain.units import MarketId, PositionId, Price, Size, TokenId, UserId
from core.services.triggers.watching import FIRST_RETRY, Watched

CENT = Decimal("0.01")
HOLD = 1.0
MINIMUM = Size(Decimal(5))


def price(text: str) -> Price:
    return Price(Decimal(text))


def bids(*levels: tuple[str, str]) -> list[Level]:
    return [Level(price(at), Size(Decimal(size))) for at, size in levels]


def trigger(
    kind: TriggerKind, level: str, *, trail: str | None = None, peak: str | None = None
) -> Trigger:
    return Trigger(
        id=TriggerId(7),
        user_id=UserId(1),
        account=Account.PAPER,
        position_id=PositionId(2),
        market_id=MarketId("3"),
        token_id=TokenId("31"),
        outcome="Yes",
        kind=kind,
        level=price(level),
        trail=None if trail is None else Decimal(trail),
        peak=None if peak is None else price(peak),
        percent=100,
        left=None,
        shot=1,
        state=TriggerState.ARMED,
        trouble="",
        created_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


def watched(one: Trigger) -> Watched:
    return Watched(one, MINIMUM, CENT)


PROFIT = trigger(TriggerKind.TAKE_PROFIT, "0.60")
STOP = trigger(TriggerKind.STOP_LOSS, "0.40")
TRAILING = trigger(TriggerKind.TRAILING_STOP, "0.45", trail="10", peak="0.50")


def test_a_bid_for_less_than_the_smallest_order_is_no_market() -> None:
    book = bids(("0.99", "1"), ("0.50", "3"), ("0.48", "100"))
    assert executable_bid(book, Size(Decimal(100)), MINIMUM) == price("0.48")
    assert executable_bid(book, Size(Decimal(1)), MINIMUM) == price("0.99")
    assert executable_bid(bids(("0.99", "1")), Size(Decimal(100)), MINIMUM) is None
    assert executable_bid([], Size(Decimal(1)), MINIMUM) is None


@given(levels=st.sets(st.integers(1, 99)))
def test_bids_that_are_taken_one_by_one_come_best_first(levels: set[int]) -> None:
    book = Book(TokenId("31"))
    book.replace([(f"0.{cents:02}", "7") for cents in levels], [])
    assert list(book.best_bids()) == book.bids()


@pytest.mark.parametrize(
    ("one", "reached", "not_reached"),
    [(PROFIT, ("0.60", "0.75"), "0.59"), (STOP, ("0.40", "0.01"), "0.41")],
)
def test_a_level_is_reached_at_itself_and_beyond(
    one: Trigger, reached: tuple[str, ...], not_reached: str
) -> None:
    assert all(one.is_reached(price(bid)) for bid in reached)
    assert not one.is_reached(price(not_reached))
    assert not one.is_reached(None)


@pytest.mark.parametrize(("one", "bid"), [(PROFIT, "0.60"), (STOP, "0.40"), (TRAILING, "0.45")])
def test_one_book_fires_nothing_and_a_second_one_a_second_later_does(
    one: Trigger, bid: str
) -> None:
    eye, book = watched(one), bids((bid, "100"))
    assert eye.look(book, 10.0, 1, HOLD) is None
    assert eye.look(book, 10.9, 1, HOLD) is None
    assert eye.look(book, 11.0, 1, HOLD) == price(bid)


def test_a_ghost_between_two_books_begins_the_wait_anew() -> None:
    eye = watched(STOP)
    low, usual = bids(("0.39", "100")), bids(("0.50", "100"))
    assert eye.look(low, 10.0, 1, HOLD) is None
    assert eye.look(usual, 10.5, 1, HOLD) is None
    assert eye.look(low, 11.2, 1, HOLD) is None
    assert eye.look(low, 12.2, 1, HOLD) == price("0.39")


def test_books_on_two_sides_of_a_gap_do_not_confirm_each_other() -> None:
    eye, low = watched(STOP), bids(("0.39", "100"))
    assert eye.look(low, 10.0, 1, HOLD) is None
    assert eye.look(low, 12.0, 2, HOLD) is None
    assert eye.look(low, 13.0, 2, HOLD) == price("0.39")


def test_a_quiet_market_is_looked_at_again_by_the_clock_and_once() -> None:
    eye = watched(STOP)
    assert eye.due(HOLD) is None
    eye.checked = 10.0
    eye.look(bids(("0.39", "100")), 10.0, 1, HOLD)
    assert eye.due(HOLD) == 11.0
    eye.checked = 11.0  # the book could not be trusted then: its next news wakes us
    assert eye.due(HOLD) is None


def test_a_trailing_stop_follows_a_rise_that_lasts_and_never_falls() -> None:
    eye = watched(TRAILING)
    eye.look(bids(("0.60", "100")), 10.0, 1, HOLD)
    assert eye.trigger.level == price("0.45")
    eye.look(bids(("0.58", "100")), 10.6, 1, HOLD)
    eye.look(bids(("0.70", "100")), 11.0, 1, HOLD)
    assert (eye.trigger.peak, eye.trigger.level) == (price("0.58"), price("0.52"))
    eye.look(bids(("0.55", "100")), 20.0, 1, HOLD)
    assert (eye.trigger.peak, eye.trigger.level) == (price("0.58"), price("0.52"))
    assert eye.look(bids(("0.52", "100")), 30.0, 1, HOLD) is None
    assert eye.look(bids(("0.52", "100")), 31.0, 1, HOLD) == price("0.52")


def test_a_ghost_of_a_high_bid_does_not_lift_a_trailing_stop() -> None:
    eye = watched(TRAILING)
    eye.look(bids(("0.95", "100")), 10.0, 1, HOLD)
    eye.look(bids(("0.48", "100")), 10.1, 1, HOLD)
    eye.look(bids(("0.48", "100")), 11.5, 1, HOLD)
    assert eye.trigger == TRAILING


def test_after_a_refusal_the_next_try_waits_longer_each_time() -> None:
    eye, refused = watched(STOP), Fired(STOP, is_refused=True)
    eye.after(refused, 10.0)
    assert eye.retry_at == 10.0 + FIRST_RETRY
    assert eye.due(HOLD) == eye.retry_at
    eye.after(refused, 20.0)
    assert eye.retry_at == 20.0 + 2 * FIRST_RETRY
    for _ in range(20):
        eye.after(refused, 100.0)
    assert eye.retry_at == 160.0


def test_after_bids_that_were_gone_only_the_hold_is_waited_for() -> None:
    eye, book = watched(STOP), bids(("0.39", "100"))
    eye.look(book, 10.0, 1, HOLD)
    eye.is_busy = True
    eye.after(Fired(replace(STOP, shot=2, trouble="They were gone.")), 11.0)
    assert (eye.is_busy, eye.is_waiting, eye.retry_at) == (False, False, 0.0)
    assert eye.look(book, 11.1, 1, HOLD) is None
    assert eye.look(book, 12.1, 1, HOLD) == price("0.39")


def test_an_order_that_is_out_is_waited_for_whatever_went_wrong_before() -> None:
    eye = watched(replace(STOP, trouble="Refused once."))
    eye.after(Fired(eye.trigger, is_order_out=True), 10.0)
    assert eye.is_waiting
    assert eye.retry_at == 10.0 + FIRST_RETRY
    eye.after(Fired(replace(STOP, shot=2, left=Size(Decimal(60)))), 12.0)
    assert (eye.is_waiting, eye.retry_at, eye.retries) == (False, 0.0, 0)


@pytest.mark.parametrize(("is_firing", "retry_at"), [(True, 10.0 + FIRST_RETRY), (False, 0.0)])
def test_while_nobody_knows_what_came_of_it_there_may_be_an_order(
    *, is_firing: bool, retry_at: float
) -> None:
    eye = watched(STOP)
    eye.lost(10.0, is_firing=is_firing)
    assert eye.is_waiting
    assert eye.retry_at == retry_at
    eye.after(Fired(STOP), 12.0)
    assert not eye.is_waiting


ticks = st.sampled_from([Decimal(text) for text in ("0.1", "0.01", "0.001", "0.0001")])
cents = st.integers(1, 9_999).map(lambda one: Price(Decimal(one) / 10_000))
changes = st.integers(1, 95).map(Decimal)


@given(entry=cents, change=changes, tick=ticks)
def test_levels_are_on_the_tick_inside_the_market_and_never_early(
    entry: Price, change: Decimal, tick: Decimal
) -> None:
    up = level_of(TriggerKind.TAKE_PROFIT, entry, change, tick)
    down = level_of(TriggerKind.STOP_LOSS, entry, change, tick)
    for level in (up, down):
        assert tick <= level <= 1 - tick
        assert level % tick == 0
    assert up >= min(entry * (100 + change) / 100, 1 - tick)
    assert down <= max(entry * (100 - change) / 100, tick)


@given(peak=cents, trail=changes, tick=ticks)
def test_a_trailing_level_is_below_its_peak(peak: Price, trail: Decimal, tick: Decimal) -> None:
    level = trailing_level(peak, trail, tick)
    assert level % tick == 0
    assert level == tick or level <= peak * (100 - trail) / 100


@given(rises=st.lists(cents, min_size=2, max_size=30), trail=changes)
def test_a_trailing_stop_only_rises(rises: list[Price], trail: Decimal) -> None:
    eye = watched(trigger(TriggerKind.TRAILING_STOP, "0.01", trail=str(trail)))
    levels = []
    for number, bid in enumerate(rises):
        eye.look([Level(bid, Size(Decimal(100)))], number * 0.4, 1, HOLD)
        levels.append(eye.trigger.level)
    assert levels == sorted(levels)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (NewTrigger(TriggerKind.TAKE_PROFIT, price("0.50")), "would sell at once"),
        (NewTrigger(TriggerKind.STOP_LOSS, price("0.50")), "would sell at once"),
        (NewTrigger(TriggerKind.STOP_LOSS, price("0.405")), "whole multiple of 1¢"),
        (NewTrigger(TriggerKind.STOP_LOSS, price("0")), "whole multiple"),
        (NewTrigger(TriggerKind.TAKE_PROFIT, price("1")), "whole multiple"),
        (NewTrigger(TriggerKind.TAKE_PROFIT, price("0.7"), 0), "between 1 and 100 percent"),
        (NewTrigger(TriggerKind.TRAILING_STOP, price("0.4"), 100, Decimal("0.5")), "1 to 99"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(wanted: NewTrigger, sentence: str) -> None:
    with pytest.raises(InvalidQuantity, match=sentence):
        check_new(wanted, price("0.50"), CENT)


@pytest.mark.parametrize(
    ("kind", "text", "change"),
    [
        (TriggerKind.TAKE_PROFIT, "30%", "30"),
        (TriggerKind.TAKE_PROFIT, " +150 % ", "150"),
        (TriggerKind.STOP_LOSS, "-10%", "10"),
        (TriggerKind.STOP_LOSS, "\u221212,5%", "12.5"),
        (TriggerKind.TRAILING_STOP, "5%", "5"),
    ],
)
def test_a_distance_is_read_with_the_sign_of_its_kind(
    kind: TriggerKind, text: str, change: str
) -> None:
    assert typed_distance(kind, text) == Decimal(change)


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (TriggerKind.TAKE_PROFIT, "-30%", "A profit is above what you paid"),
        (TriggerKind.STOP_LOSS, "+30%", "A stop is below what you paid"),
        (TriggerKind.STOP_LOSS, "101%", "more than 100 %; please check"),
        (TriggerKind.TAKE_PROFIT, "9901%", "more than 9,900 %; please check"),
        (TriggerKind.TAKE_PROFIT, "++30%", "not a number"),
    ],
)
def test_a_distance_the_other_way_or_too_far_is_refused(
    kind: TriggerKind, text: str, sentence: str
) -> None:
    with pytest.raises(InvalidQuantity, match=sentence):
        typed_distance(kind, text)


def test_without_a_cost_or_a_bid_there_is_nothing_to_measure_from() -> None:
    nothing = Price(Decimal(0))
    with pytest.raises(InvalidQuantity, match="cost of this position"):
        wanted_at(TriggerKind.STOP_LOSS, Decimal(10), 100, entry=nothing, bid=None, tick=CENT)
    with pytest.raises(InvalidQuantity, match="Nobody bids"):
        wanted_at(TriggerKind.TRAILING_STOP, Decimal(10), 100, entry=nothing, bid=None, tick=CENT)
