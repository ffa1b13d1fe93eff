"""The machine of alerts: whatever prices do, one crossing is told once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.alert import (
    LEAST_GAP,
    Alert,
    AlertId,
    AlertKind,
    AlertState,
    NewAlert,
    Stand,
    check_new,
    closing_stand,
    from_typed,
    move_stand,
    price_stand,
    spread_stand,
)
from core.domain.errors import InvalidQuantity
from core.domain.price_window import STEPS, PriceWindow
from core.domain.units import MarketId, Price, TokenId, UserId

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CENT = Decimal("0.01")
prices = st.integers(1, 999).map(lambda mills: Price(Decimal(mills) / 1000))
ticks = st.sampled_from([Decimal("0.1"), CENT, Decimal("0.001"), Decimal("0.0001")])
sides = st.sampled_from([AlertKind.ABOVE, AlertKind.BELOW])


def alert(wish: NewAlert) -> Alert:
    return Alert(
        id=AlertId(7),
        user_id=UserId(1),
        market_id=MarketId("1"),
        token_id=TokenId("11"),
        outcome="Yes",
        wish=wish,
        state=AlertState.ARMED,
        firing=1,
        muted_until=None,
        created_at=NOW,
    )


def is_there(wish: NewAlert, price: Price) -> bool:
    return price >= wish.level if wish.kind is AlertKind.ABOVE else price <= wish.level


@given(sides, prices, ticks, st.lists(prices, max_size=40))
def test_each_firing_has_its_own_number_and_a_departure_before_it(
    kind: AlertKind, level: Price, tick: Decimal, path: list[Price]
) -> None:
    wish = NewAlert(kind, level)
    one, told = alert(wish), list[str]()
    for price in path:
        after = one.after(price_stand(wish, price, tick), NOW)
        if after.state is AlertState.FIRED and one.state is AlertState.ARMED:
            assert is_there(wish, price)
            told.append(after.key)
        if after.state is AlertState.ARMED and one.state is AlertState.FIRED:
            gap = abs(price - level)
            room = level if kind is AlertKind.ABOVE else 1 - level
            assert not is_there(wish, price)
            assert gap >= min(max(tick, LEAST_GAP), room / 2)
        one = after
    assert len(told) == len(set(told))
    ever = any(is_there(wish, price) for price in path)
    assert bool(told) is ever  # nothing is jumped over


@given(sides, prices, ticks)
def test_every_level_can_be_left_by_some_price(
    kind: AlertKind, level: Price, tick: Decimal
) -> None:
    far = Price(Decimal("0.0001") if kind is AlertKind.ABOVE else Decimal("0.9999"))
    assert price_stand(NewAlert(kind, level), far, tick) is Stand.LEFT


def test_hovering_at_the_level_is_told_once() -> None:
    wish = NewAlert(AlertKind.ABOVE, Decimal("0.45"))
    one = alert(wish)
    for mills in (450, 449, 450, 446, 451) * 3:
        one = one.after(price_stand(wish, Price(Decimal(mills) / 1000), Decimal("0.001")), NOW)
    assert (one.state, one.firing) == (AlertState.FIRED, 1)
    one = one.after(price_stand(wish, Price(Decimal("0.445")), Decimal("0.001")), NOW)
    assert (one.state, one.firing) == (AlertState.ARMED, 2)


def test_a_muted_alert_waits_and_one_that_is_over_says_nothing() -> None:
    muted = replace(alert(NewAlert(AlertKind.ABOVE, CENT)), muted_until=NOW + timedelta(hours=1))
    assert muted.after(Stand.REACHED, NOW) is muted
    assert muted.after(Stand.REACHED, NOW + timedelta(hours=1)).state is AlertState.FIRED
    over = replace(muted, muted_until=None, state=AlertState.OVER)
    assert over.after(Stand.REACHED, NOW) is over


def test_a_spread_is_wider_only_beyond_its_level_and_a_missing_side_counts() -> None:
    wish = NewAlert(AlertKind.SPREAD, Decimal("0.05"))
    half, more = Price(Decimal("0.50")), Price(Decimal("0.55"))
    assert spread_stand(wish, half, more, CENT) is Stand.NEAR
    assert spread_stand(wish, half, Price(Decimal("0.56")), CENT) is Stand.REACHED
    assert spread_stand(wish, half, Price(Decimal("0.54")), CENT) is Stand.LEFT
    assert spread_stand(wish, None, half, CENT) is Stand.REACHED


def test_an_end_is_near_within_its_minutes_and_not_after_it() -> None:
    wish = NewAlert(AlertKind.CLOSING, minutes=60)
    stands = [closing_stand(wish, NOW + timedelta(minutes=m), NOW) for m in (61, 60, 1, 0, -5)]
    assert stands == [Stand.LEFT, Stand.REACHED, Stand.REACHED, Stand.NEAR, Stand.NEAR]
    assert closing_stand(wish, None, NOW) is Stand.LEFT


def test_a_swing_is_measured_from_where_it_began() -> None:
    wish = NewAlert(AlertKind.SWING, Decimal(25), 10)
    low, high = Price(Decimal("0.40")), Price(Decimal("0.50"))
    assert move_stand(wish, low, high, low, CENT) is Stand.REACHED  # up by a quarter
    assert move_stand(wish, low, high, high, CENT) is not Stand.REACHED  # down by a fifth


@given(st.lists(st.tuples(st.floats(0, 30), prices), min_size=1, max_size=200))
def test_a_window_knows_every_price_within_it_and_stays_small(
    news: list[tuple[float, Price]],
) -> None:
    window, now, seen = PriceWindow(60.0), 0.0, list[tuple[float, Price]]()
    for pause, price in news:
        now += pause
        seen.append((now, price))
        low, high, first = window.add(price, now, 1)
        inside = [one for at, one in seen if at > now - 60]
        assert low <= min(inside)
        assert high >= max(inside)
        standing = [one for at, one in seen if at > now - 60 * (1 + 2 / STEPS)]
        before = [one for at, one in seen if at <= now - 60][-1:]
        assert low >= min(standing + before)
        assert high <= max(standing + before)
        assert first in {low, high}


def test_a_jump_after_a_long_rest_is_seen_whole_and_a_gap_begins_anew() -> None:
    window = PriceWindow(600.0)
    low, high = Price(Decimal("0.40")), Price(Decimal("0.60"))
    window.add(low, 0.0, 1)
    assert window.add(high, 5_000.0, 1) == (low, high, low)
    assert window.add(low, 5_001.0, 2) == (low, low, low)


@pytest.mark.parametrize(
    "wish",
    [
        NewAlert(AlertKind.ABOVE, Decimal(1)),
        NewAlert(AlertKind.BELOW, Decimal(0)),
        NewAlert(AlertKind.ABOVE, Decimal("0.00001")),
        NewAlert(AlertKind.MOVE, Decimal("0.05"), 0),
        NewAlert(AlertKind.SWING, Decimal("0.5"), 10),
        NewAlert(AlertKind.CLOSING, minutes=0),
        NewAlert(AlertKind.CLOSING, minutes=20_000),
    ],
)
def test_what_makes_no_sense_is_refused(wish: NewAlert) -> None:
    with pytest.raises(InvalidQuantity, match=r"\.$"):
        check_new(wish)


def test_a_typed_level_is_above_or_below_the_price_of_now() -> None:
    price = Price(Decimal("0.50"))
    assert from_typed(price, Price(Decimal("0.60"))).kind is AlertKind.ABOVE
    assert from_typed(price, Price(Decimal("0.40"))).kind is AlertKind.BELOW
    with pytest.raises(InvalidQuantity, match="price of now"):
        from_typed(price, price)
    with pytest.raises(InvalidQuantity, match="no price"):
        from_typed(None, price)
