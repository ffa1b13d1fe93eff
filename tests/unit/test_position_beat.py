"""When position rows follow their price: at once, or late and bounded while the budget is spent."""

from core.domain.units import TokenId
from data_ingestion.streamer.market_updater.position_beat import Budget, PositionBeat

ONE, TWO = TokenId("1"), TokenId("2")
BUDGET = Budget(rows=100.0, saved=10.0, longest=10.0)


def spent(rows: int = 1_500, at: float = 1000.0) -> PositionBeat:
    """A beat that owes 500 rows, which takes five seconds to earn."""
    beat = PositionBeat(1.0, BUDGET)
    beat.spend(rows, at)
    return beat


def test_what_quiet_times_saved_may_be_spent_at_once() -> None:
    beat = PositionBeat(1.0, BUDGET)
    beat.spend(1_000, 1000.0)
    assert not beat.is_in_debt(1000.0)
    beat.spend(1, 1000.0)
    assert beat.is_in_debt(1000.0)


def test_a_debt_is_earned_back_at_the_budgets_rate() -> None:
    beat = spent()
    assert beat.is_in_debt(1004.9)
    assert not beat.is_in_debt(1005.1)


def test_no_more_than_the_limit_is_ever_saved() -> None:
    beat = spent(at=1000.0)
    assert not beat.is_in_debt(9000.0)
    beat.spend(1_001, 9000.0)
    assert beat.is_in_debt(9000.0)


def test_in_debt_a_price_that_came_to_rest_is_due_one_debounce_after_its_last_move() -> None:
    beat = spent()
    beat.put_off(ONE, 1000.0)
    assert not beat.is_due(ONE, moved=1002.0, now=1002.9)
    assert beat.is_due(ONE, moved=1002.0, now=1003.0)
    assert beat.next(ONE, moved=1002.0, now=1002.0) == 1003.0


def test_in_debt_a_price_that_never_rests_is_due_after_the_longest_wait() -> None:
    beat = spent(rows=100_000)
    for second in range(10):
        beat.put_off(ONE, 1000.0 + second)
        assert not beat.is_due(ONE, moved=1000.0 + second, now=1000.0 + second)
    assert beat.is_due(ONE, moved=1010.0, now=1010.0)


def test_all_that_waits_is_next_when_the_debt_is_paid() -> None:
    beat = spent()
    beat.put_off(ONE, 1000.0)
    assert beat.next(ONE, moved=1004.5, now=1004.5) == 1005.0


def test_only_what_was_marked_stops_waiting() -> None:
    beat = spent()
    beat.put_off(ONE, 1000.0)
    beat.put_off(TWO, 1000.0)
    beat.done([ONE])
    assert list(beat.waiting) == [TWO]
