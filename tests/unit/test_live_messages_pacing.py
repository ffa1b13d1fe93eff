"""How much one chat hears from us, on a clock of the test's own."""

import random
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telegram_bot.pacing import PENALTY, WINDOW, Lane, Pace, Urgency, pace_of

steps = st.lists(st.tuples(st.floats(0, 20), st.sampled_from(Urgency)), max_size=200)


@settings(deadline=None)
@given(steps)
def test_no_minute_ever_holds_more_than_twenty_messages(
    steps: list[tuple[float, Urgency]],
) -> None:
    lane, now, sent = Lane(Pace()), 0.0, list[float]()
    for pause, urgency in steps:
        now += pause
        now += lane.wait(now, urgency)
        assert lane.wait(now, urgency) <= 1e-6
        lane.spend(now, urgency)
        sent.append(now)
        assert len([at for at in sent if at > now - WINDOW + 1e-6]) <= 20


@settings(deadline=None)
@given(st.lists(st.floats(0, 5), max_size=100))
@example([1.0151091121231217, *[0.0] * 12, 4.579831638261514, 4.704208403280808, 1.289377258963146])
def test_live_edits_leave_five_of_a_minute_free(pauses: list[float]) -> None:
    lane, now, sent = Lane(Pace()), 0.0, list[float]()
    for pause in pauses:
        now += max(pause, lane.wait(now + pause, Urgency.LIVE) + pause)
        lane.spend(now, Urgency.LIVE)
        sent.append(now)
        assert len([at for at in sent if at > now - WINDOW + 1e-6]) <= 15
    assert all(later - earlier >= 3 - 1e-6 for earlier, later in pairwise(sent))
    for urgency in [*[Urgency.TAP] * 3, *[Urgency.ORDER] * 2]:
        now += lane.wait(now, urgency)
        lane.spend(now, urgency)
    assert not sent or now - sent[-1] < 6


@pytest.mark.parametrize("seed", range(5))
def test_who_taps_twelve_times_a_minute_on_a_card_that_moves_does_not_wait(seed: int) -> None:
    lane, chance = Lane(Pace()), random.Random(seed)  # noqa: S311 - somebody's pauses
    now, tap_at, waits = 0.0, 0.0, list[float]()
    while now < 5 * WINDOW:
        live_at = now + lane.wait(now, Urgency.LIVE)
        if live_at < tap_at:
            lane.spend(now := live_at, Urgency.LIVE)
            continue
        waits.append(lane.wait(tap_at))
        lane.spend(now := tap_at + waits[-1])
        tap_at = now + chance.uniform(4, 6)
    assert len(waits) > 55
    assert max(waits) == 0


def test_who_taps_often_gets_few_live_edits_beside_the_answers() -> None:
    lane, live = Lane(Pace()), 0
    for second in range(60):
        if second % 5 == 0:
            assert lane.wait(second) == 0
            lane.spend(second)
        elif lane.wait(second, Urgency.LIVE) == 0:
            lane.spend(second, Urgency.LIVE)
            live += 1
    assert 1 <= live <= 6
    assert lane.wait(180, Urgency.LIVE) == 0


def test_a_chat_in_which_nobody_taps_keeps_its_fifteen_live_edits() -> None:
    lane, now, sent = Lane(Pace()), 10.0, 0
    lane.spend(0.0)
    while now < WINDOW:
        now += lane.wait(now, Urgency.LIVE)
        lane.spend(now, Urgency.LIVE)
        sent += 1
    assert sent >= 12


def test_taps_may_come_in_a_burst_of_three_and_then_one_a_second() -> None:
    lane, now = Lane(Pace()), 0.0
    for _ in range(3):
        assert lane.wait(0.0) == 0.0
        lane.spend(0.0)
    for _ in range(15):
        assert lane.wait(now) == pytest.approx(1)
        now += lane.wait(now)
        lane.spend(now)
    assert now == pytest.approx(15)
    assert lane.wait(now) == pytest.approx(WINDOW - 15)
    assert lane.wait(now, Urgency.ORDER) == pytest.approx(1)


def test_a_group_takes_five_at_once_and_then_one_every_three_seconds() -> None:
    lane = Lane(Pace(), is_group=True)
    for _ in range(5):
        assert lane.wait(0.0) == 0.0
        lane.spend(0.0)
    assert lane.wait(0.0) == pytest.approx(3)


def test_two_of_a_minute_tell_of_the_stream_where_cards_have_used_their_share() -> None:
    lane = Lane(Pace(burst=20))
    for _ in range(15):
        lane.spend(0.0)
    for _ in range(2):
        assert lane.wait(1.0, Urgency.STATE) == 0.0
        lane.spend(1.0, Urgency.STATE)
    assert lane.wait(1.0, Urgency.STATE) == pytest.approx(59)
    assert lane.wait(1.0, Urgency.TAP) == 0.0


def test_what_is_given_back_may_be_used_again() -> None:
    lane = Lane(Pace())
    for _ in range(3):
        lane.spend(0.0)
    lane.give_back(0.0)
    assert lane.wait(0.0) == 0.0


def test_a_pace_of_ten_times_as_many_is_ten_times_as_quick() -> None:
    pace = pace_of(200)
    assert (pace.burst, pace.per_second) == (30, 10.0)
    assert pace_of(20) == Pace()


def test_a_refusal_silences_and_then_doubles_the_gap_for_ten_minutes() -> None:
    lane = Lane(Pace())
    lane.spend(0.0)
    lane.penalize(0.0, 7)
    assert lane.wait(0.0) == pytest.approx(7)
    lane.spend(7.0)
    assert lane.wait(7.0) == pytest.approx(6)
    lane.penalize(7.0, 1)
    assert lane.wait(8.0) == pytest.approx(11)
    assert lane.wait(7.0 + PENALTY) == 0.0


def test_after_a_refusal_a_minute_holds_ten_messages() -> None:
    lane, now, sent = Lane(Pace()), 0.0, 0
    lane.penalize(0.0, 1)
    while now < 61:
        now += lane.wait(now, Urgency.ORDER) or 0.001
        if lane.wait(now, Urgency.ORDER) <= 0 and now < 61:
            lane.spend(now, Urgency.ORDER)
            sent += 1
    assert sent == 10


def test_what_is_unimportant_stays_out_of_the_reserve() -> None:
    lane = Lane(Pace(burst=20))
    for _ in range(14):
        lane.spend(0.0)
    assert lane.wait(0.0, Urgency.BROADCAST) == 0.0
    lane.spend(0.0)
    assert lane.wait(0.0, Urgency.BROADCAST) > 0
    assert lane.wait(0.0) == 0.0


def test_a_lane_without_news_is_idle_and_may_be_forgotten() -> None:
    lane = Lane(Pace())
    lane.spend(0.0)
    assert not lane.is_idle(30.0)
    assert lane.is_idle(60.0)
    lane.penalize(60.0, 5)
    assert not lane.is_idle(70.0)
