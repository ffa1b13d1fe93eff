"""How much one chat hears from us, on a clock of the test's own."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telegram_bot.pacing import PENALTY, WINDOW, Lane, Pace

steps = st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=200)


@given(steps)
def test_no_minute_ever_holds_more_than_twenty_messages(
    steps: list[tuple[float, bool]],
) -> None:
    lane, now, sent = Lane(Pace()), 0.0, list[float]()
    for pause, is_live in steps:
        now += pause
        now += lane.wait(now, live=is_live)
        assert lane.wait(now, live=is_live) <= 1e-9
        lane.spend(now)
        sent.append(now)
        assert len([at for at in sent if at > now - WINDOW + 1e-6]) <= 20


@given(st.lists(st.floats(0, 5), max_size=100))
@example([1.0151091121231217, *[0.0] * 12, 4.579831638261514, 4.704208403280808, 1.289377258963146])
def test_live_edits_leave_five_of_a_minute_free(pauses: list[float]) -> None:
    lane, now, sent = Lane(Pace()), 0.0, list[float]()
    for pause in pauses:
        now += max(pause, lane.wait(now + pause, live=True) + pause)
        lane.spend(now)
        sent.append(now)
        assert len([at for at in sent if at > now - WINDOW + 1e-6]) <= 15
    assert all(later - earlier >= 3 - 1e-6 for earlier, later in pairwise(sent))
    for _ in range(5):
        assert lane.wait(now) == 0
        lane.spend(now)


def test_taps_may_come_in_a_burst() -> None:
    lane = Lane(Pace())
    for _ in range(20):
        assert lane.wait(0.0) == 0.0
        lane.spend(0.0)
    assert lane.wait(0.0) == pytest.approx(WINDOW)


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
        now += lane.wait(now) or 0.001
        if lane.wait(now) <= 0 and now < 61:
            lane.spend(now)
            sent += 1
    assert sent == 10


def test_what_is_unimportant_stays_out_of_the_reserve() -> None:
    lane = Lane(Pace())
    for _ in range(14):
        lane.spend(0.0)
    assert lane.has_room(0.0)
    lane.spend(0.0)
    assert not lane.has_room(0.0)
    assert lane.wait(0.0) == 0.0


def test_a_lane_without_news_is_idle_and_may_be_forgotten() -> None:
    lane = Lane(Pace())
    lane.spend(0.0)
    assert not lane.is_idle(30.0)
    assert lane.is_idle(60.0)
    lane.penalize(60.0, 5)
    assert not lane.is_idle(70.0)
