"""When connections may be opened."""

from datetime import UTC, datetime

import pytest

from core.domain.patience import retry_after
from data_ingestion.streamer.websocket_client.turns import LONGEST_HOLD, Turns
from tests.support.manual_clock import ManualClock

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_the_first_connects_at_once_and_each_other_a_jittered_gap_later() -> None:
    clock, jitters = ManualClock(), iter([0.0, 1.0, 0.5])
    turns = Turns(1.0, clock=clock.now, jitter=lambda: next(jitters))
    assert [turns.take() for _ in range(3)] == [0.0, 0.5, 2.0]


async def test_turns_that_nobody_took_are_not_saved_up() -> None:
    clock = ManualClock()
    turns = Turns(1.0, clock=clock.now, jitter=lambda: 0.5)
    turns.take()
    await clock.advance(10)
    assert [turns.take(), turns.take()] == [0.0, 1.0]


def test_a_hold_is_for_all_later_turns_and_never_shortened() -> None:
    turns = Turns(1.0, clock=ManualClock().now, jitter=lambda: 0.0)
    turns.hold(8)
    turns.hold(3)
    assert turns.take() == 8.0


def test_an_absurd_hold_is_cut() -> None:
    turns = Turns(1.0, clock=ManualClock().now, jitter=lambda: 0.0)
    turns.hold(1e9)
    assert turns.take() == LONGEST_HOLD


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 12:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds
