"""Each state follows from what happened, and from nothing else."""

from collections.abc import Callable

import pytest

from core.domain.health import (
    BARRED,
    FROM_THE_STREAM,
    MOVES,
    RELAPSE,
    Doubt,
    Event,
    PriceState,
    TokenHealth,
)

LIVE, SUSPECT, RESYNCING = PriceState.LIVE, PriceState.SUSPECT, PriceState.RESYNCING
POLLED, DOWN = PriceState.POLLED, PriceState.DOWN


def live() -> TokenHealth:
    health = TokenHealth(0.0)
    health.opened(0.0)
    health.booked(1.0)
    return health


def suspect(why: Doubt = Doubt.HASH) -> TokenHealth:
    health = live()
    health.doubted(why, 2.0)
    return health


def resyncing(why: Doubt = Doubt.HASH) -> TokenHealth:
    health = suspect(why)
    health.asked()
    return health


def polled() -> TokenHealth:
    health = resyncing(Doubt.FROZEN)
    health.answered(3.0, is_proven=True)
    return health


def down() -> TokenHealth:
    return TokenHealth(0.0)


def frozen_again(after: float) -> TokenHealth:
    """Found frozen, believed again at 10 s, and found frozen once more so many seconds later."""
    health = live()
    health.doubted(Doubt.FROZEN, 9.0)
    health.booked(10.0)
    health.doubted(Doubt.FROZEN, 10.0 + after)
    return health


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", PriceState)
def test_only_listed_moves_change_a_state_and_only_trust_makes_live(
    state: PriceState, event: Event
) -> None:
    after = MOVES.get((state, event), state)
    if after is LIVE and state is not LIVE:
        assert event in {Event.BOOK, Event.ADOPTED}
    if state is LIVE and after is not LIVE:
        assert (event, after) in {(Event.LOST, SUSPECT), (Event.DOUBTED, SUSPECT)}


@pytest.mark.parametrize("make", [suspect, resyncing, polled, down])
def test_a_book_by_the_stream_makes_every_token_live(make: Callable[[], TokenHealth]) -> None:
    health = make()
    health.booked(9.0)
    assert (health.state, health.why, health.since) == (LIVE, None, 9.0)


def test_a_new_token_waits_for_its_first_book() -> None:
    health = TokenHealth(0.0)
    assert (health.state, health.why) == (DOWN, Doubt.UNHEARD)


@pytest.mark.parametrize("why", Doubt)
def test_a_doubt_makes_a_live_token_suspect(why: Doubt) -> None:
    health = suspect(why)
    assert (health.state, health.why, health.since) == (SUSPECT, why, 2.0)
    assert health.is_heard is (why in FROM_THE_STREAM or why is Doubt.LATE)


def test_a_second_doubt_does_not_hide_the_first() -> None:
    health = resyncing(Doubt.HASH)
    health.doubted(Doubt.SILENT, 4.0)
    assert (health.state, health.why, health.since) == (RESYNCING, Doubt.HASH, 2.0)


def test_a_lost_connection_makes_a_live_token_suspect() -> None:
    health = live()
    health.lost(5.0)
    assert (health.state, health.why) == (SUSPECT, Doubt.DISCONNECTED)
    assert not health.can_go_on(5.0)


def test_a_proven_book_by_rest_makes_live_where_the_stream_itself_raised_the_doubt() -> None:
    health = resyncing(Doubt.HASH)
    health.answered(3.0, is_proven=True)
    assert health.state is LIVE


@pytest.mark.parametrize(
    "why", [Doubt.FROZEN, Doubt.SILENT, Doubt.UNPROVEN, Doubt.DISCONNECTED, Doubt.UNHEARD]
)
def test_a_proven_book_by_rest_is_only_polled_while_the_stream_says_nothing(why: Doubt) -> None:
    health = resyncing(why)
    health.answered(3.0, is_proven=True)
    assert (health.state, health.why) == (POLLED, why)
    health.heard()
    health.answered(4.0, is_proven=True)
    assert health.state is LIVE


def test_a_book_by_rest_that_nothing_proves_is_only_polled() -> None:
    health = resyncing(Doubt.HASH)
    health.answered(3.0, is_proven=False)
    assert health.state is POLLED


def test_nothing_that_rest_says_makes_a_token_live_that_no_connection_carries() -> None:
    health = resyncing(Doubt.HASH)
    health.lost(2.5)
    health.heard()
    health.answered(3.0, is_proven=True)
    assert health.state is POLLED


def test_without_an_answer_the_connection_is_given_five_seconds() -> None:
    health = resyncing(Doubt.HASH)
    health.unanswered(6.9)
    assert health.state is SUSPECT
    health.asked()
    health.unanswered(7.0)
    assert health.state is DOWN


def test_without_an_answer_and_without_a_connection_a_token_is_down() -> None:
    health = resyncing(Doubt.HASH)
    health.lost(2.5)
    health.unanswered(2.6)
    assert health.state is DOWN


def test_a_polled_token_that_neither_answers_for_any_more_is_down() -> None:
    health = polled()
    health.unanswered(60.0)
    assert health.state is DOWN


def test_a_first_book_is_asked_for_again_every_five_seconds() -> None:
    health = TokenHealth(0.0)
    health.opened(10.0)
    assert not health.is_overdue(14.9)
    assert health.is_overdue(15.0)
    health.renewed(15.0)
    assert not health.is_overdue(19.9)
    assert health.is_overdue(20.0)


def test_a_connection_that_does_not_bring_what_rest_has_is_replaced_after_twelve_seconds() -> None:
    health = TokenHealth(0.0)
    health.opened(10.0)
    health.answered(15.0, is_proven=True)
    assert not health.needs_another_connection(21.9, is_mute=False)
    assert health.needs_another_connection(22.0, is_mute=False)


def test_a_connection_is_not_blamed_for_a_book_that_rest_has_not_either() -> None:
    health = TokenHealth(0.0)
    health.opened(10.0)
    health.absent(15.0)
    assert health.state is DOWN
    assert not health.needs_another_connection(100.0, is_mute=False)
    health.answered(110.0, is_proven=True)
    assert health.needs_another_connection(110.0, is_mute=False)


def test_a_connection_that_brings_no_book_is_replaced_also_while_rest_is_away() -> None:
    health = TokenHealth(0.0)
    health.opened(10.0)
    health.unanswered(15.0)
    assert not health.needs_another_connection(21.9, is_mute=False)
    assert health.needs_another_connection(22.0, is_mute=False)


def test_each_connection_given_up_in_vain_doubles_the_time_of_the_next_one() -> None:
    health, now = TokenHealth(0.0), 0.0
    for patience in (12, 24, 48, 96, 192, 384, 768, 768):
        health.opened(now)
        assert not health.needs_another_connection(now + patience - 0.1, is_mute=False)
        now += patience
        assert health.needs_another_connection(now, is_mute=False)
        health.lost(now)
    health.opened(now)
    health.booked(now)
    health.lost(now)
    health.opened(now)
    assert health.needs_another_connection(now + 12, is_mute=False)


def test_a_connection_that_brings_nothing_to_anybody_is_given_24_seconds_at_most() -> None:
    health, now = TokenHealth(0.0), 0.0
    for patience in (12, 24, 24, 24):
        health.opened(now)
        assert not health.needs_another_connection(now + patience - 0.1, is_mute=True)
        now += patience
        assert health.needs_another_connection(now, is_mute=True)
        health.lost(now)


def test_a_connection_that_was_lost_by_itself_doubles_nothing() -> None:
    health = TokenHealth(0.0)
    for now in (0.0, 11.0, 22.0):
        health.opened(now)
        health.lost(now + 11.0)
    health.opened(40.0)
    assert health.needs_another_connection(52.0, is_mute=False)


def test_a_new_connection_gets_its_own_time() -> None:
    health = polled()
    health.opened(50.0)
    assert not health.needs_another_connection(61.9, is_mute=False)
    assert not health.is_overdue(54.9)


def test_a_stream_that_is_found_late_now_and_then_is_believed_again_at_once() -> None:
    health = frozen_again(RELAPSE)
    assert not health.is_barred(10.0 + RELAPSE)
    health.booked(11.0 + RELAPSE)
    assert health.is_live


def test_a_stream_that_is_found_late_twice_in_a_minute_is_not_believed_for_a_while() -> None:
    health = frozen_again(5.0)
    health.booked(15.0 + BARRED - 0.1)
    health.answered(15.0 + BARRED - 0.1, is_proven=True)
    assert (health.state, health.why) == (POLLED, Doubt.FROZEN)
    health.booked(15.0 + BARRED)
    assert health.is_live


def test_one_token_that_is_not_believed_costs_no_connection() -> None:
    health = frozen_again(5.0)
    assert not health.needs_another_connection(15.0 + BARRED + 11.9, is_mute=False)
    assert health.needs_another_connection(15.0 + BARRED + 12.0, is_mute=False)


def test_a_new_connection_does_not_inherit_the_disbelief() -> None:
    health = frozen_again(5.0)
    health.lost(16.0)
    health.opened(17.0)
    health.booked(18.0)
    assert health.is_live
