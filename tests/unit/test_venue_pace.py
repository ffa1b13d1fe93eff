"""How fast the venue is asked, and whose clock signatures follow."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Unavailable
from core.domain.units import UserId
from infrastructure.polymarket.trading.buckets import Bucket, Buckets, Pace
from infrastructure.polymarket.trading.clock import VenueClock

USER = UserId(1)


class Hands:
    """A monotonic clock that moves only while somebody waits for it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = list[float]()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def bucket(rate: float = 10, burst: int = 5) -> tuple[Bucket, Hands]:
    hands = Hands()
    return Bucket(Pace(rate, burst), clock=hands, sleep=hands.sleep), hands


async def test_a_burst_goes_at_once_and_then_the_rate_is_kept() -> None:
    tokens, hands = bucket()
    for _ in range(5):
        await tokens.take()
    assert hands.slept == []
    for _ in range(10):
        await tokens.take()
    assert hands.now == pytest.approx(101.0)


async def test_who_would_wait_too_long_is_told_to_come_again() -> None:
    tokens, hands = bucket(rate=1)
    await tokens.take(5)
    with pytest.raises(Unavailable) as refusal:
        await tokens.take(5)
    assert refusal.value.retry_after == pytest.approx(5)
    hands.now += 5
    await tokens.take(5)


async def test_a_closed_bucket_opens_when_the_venue_said() -> None:
    tokens, hands = bucket()
    tokens.close(30)
    with pytest.raises(Unavailable) as refusal:
        await tokens.take()
    assert refusal.value.retry_after == pytest.approx(30)
    hands.now += 29
    await tokens.take()
    assert hands.slept == [pytest.approx(1)]


async def test_the_venues_own_count_is_believed() -> None:
    hands = Hands()
    buckets = Buckets(clock=hands, sleep=hands.sleep)
    orders = buckets.of(USER).orders
    buckets.learn(USER, orders, {"Poly-RateLimit-Remaining": "1"}, 0)
    await orders.take()
    assert hands.slept == []
    await orders.take()
    assert hands.slept == [pytest.approx(1 / 40)]
    headers = {"Poly-RateLimit-Remaining": "-3", "Poly-RateLimit-Reset": "1020"}
    buckets.learn(USER, orders, headers, now=1000)
    with pytest.raises(Unavailable) as refusal:
        await orders.take()
    assert refusal.value.retry_after == pytest.approx(20)
    await buckets.of(USER).cancels.take()
    await buckets.of(UserId(2)).orders.take()


async def test_a_higher_tier_is_used_once_the_venue_names_it() -> None:
    buckets = Buckets()
    signer = buckets.of(USER)
    buckets.learn(USER, signer.orders, {"Poly-RateLimit-Tier": "Gold"}, 0)
    assert (signer.orders.pace, signer.cancels.pace) == (Pace(400, 600), Pace(800, 1200))
    buckets.learn(USER, signer.orders, {"Poly-RateLimit-Tier": "unheard of"}, 0)
    assert signer.orders.pace == Pace(400, 600)


@pytest.mark.parametrize("text", ["", "many", "1.5", "²", "--1"])
def test_a_count_that_is_none_changes_nothing(text: str) -> None:
    buckets = Buckets()
    headers = {"Poly-RateLimit-Remaining": text, "Poly-RateLimit-Reset": text}
    buckets.learn(USER, buckets.of(USER).orders, headers, 0)


def test_a_warning_of_the_venue_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    buckets = Buckets()
    headers = {"Poly-RateLimit-Warning": "true", "Poly-RateLimit-Remaining": "2"}
    with caplog.at_level(logging.WARNING):
        buckets.learn(USER, buckets.of(USER).orders, headers, 0)
    assert "rate limit" in caplog.text


def test_a_clock_that_cannot_be_proven_wrong_is_left_alone() -> None:
    clock = VenueClock(lambda: 1000.4)
    clock.observe(1000, 1000.2, 1000.4)
    clock.observe(995, 994.0, 1010.0)  # a slow answer proves nothing
    assert clock.skew == 0


@given(st.floats(-10_000, 10_000), st.floats(0, 0.999), st.floats(0, 2))
def test_the_offset_is_right_within_a_second_and_the_time_of_the_answer(
    offset: float, fraction: float, took: float
) -> None:
    sent = 1_000_000 + fraction
    clock = VenueClock(lambda: sent + took)
    stated = float(int(sent + took / 2 + offset))
    clock.observe(stated, sent, sent + took)
    assert abs(clock.skew - offset) <= 1 + took


@given(st.floats(-100, 100), st.lists(st.floats(0, 5), min_size=10, max_size=20))
def test_answers_narrow_the_offset_and_never_contradict_it(
    offset: float, gaps: list[float]
) -> None:
    now, clock = 1_000_000.0, VenueClock(lambda: 1_000_000.0)
    for gap in gaps:
        now += gap
        clock.observe(float(int(now + offset)), now, now)
        assert abs(clock.skew - offset) <= 1.0001


def test_skew_is_reported_at_its_beginning_and_its_end(caplog: pytest.LogCaptureFixture) -> None:
    clock = VenueClock(lambda: 1000.0)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            clock.observe(1100, 1000, 1000)
        for _ in range(3):
            clock.observe(1000, 1000, 1000)
    assert len(caplog.messages) == 2
    assert "-100.0 s off" in caplog.messages[0]


def test_where_the_date_of_answers_is_anothers_the_venues_own_clock_counts() -> None:
    clock = VenueClock(lambda: 1000.0)
    date = "Thu, 01 Jan 1970 00:20:00 GMT"
    clock.tell_apart(1500.0, date)
    clock.observe(1500.0, 1000, 1000)
    clock.observe_date(date, 1000, 1000)
    assert clock.skew == 500
    clock.tell_apart(1201.0, date)
    clock.observe_date(date, 1000, 1000)
    assert clock.skew == 201


@pytest.mark.parametrize("header", ["", "yesterday", "Wed, 99 Nov 2026 99:99:99 GMT"])
def test_a_date_that_is_none_says_nothing(header: str) -> None:
    clock = VenueClock(lambda: 1000.0)
    clock.observe_date(header, 1000, 1000)
    assert clock.skew == 0
    clock.observe_date("Thu, 01 Jan 1970 00:20:00 GMT", 1000, 1000)
    assert clock.skew == 200
