"""Each time in which news may have been missed is a gap, told twice and counted once."""

from collections.abc import Callable

import pytest

from core.domain.continuity import Gap
from core.domain.health import Doubt, PriceState
from core.domain.market import Source
from core.domain.price import Quote
from core.domain.units import TokenId
from core.services.price_board import PriceBoard

YES, NO = TokenId("1"), TokenId("2")


class Desk:
    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[Gap] = []
        self.board = PriceBoard(lambda: self.now)
        self.stop = self.board.listen_gaps(self.told.append)

    def live(self, token: TokenId = YES) -> None:
        self.board.set_state(token, PriceState.LIVE)

    def lost(self, token: TokenId = YES, why: Doubt = Doubt.HASH) -> None:
        self.board.set_state(token, PriceState.SUSPECT, why)

    def after(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_first_book_ends_no_gap(desk: Desk) -> None:
    desk.board.set_state(YES, PriceState.DOWN, Doubt.UNHEARD)
    desk.after(5)
    desk.live()
    assert desk.told == []
    assert desk.board.gap_seconds(YES) == 0
    assert desk.board.epoch(YES) == 0


def test_a_gap_is_told_when_it_opens_and_when_it_closes(desk: Desk) -> None:
    desk.live()
    desk.lost()
    desk.after(3)
    desk.board.set_state(YES, PriceState.RESYNCING)
    desk.board.set_state(YES, PriceState.POLLED)
    desk.live()
    assert desk.told == [Gap(YES, 1, Doubt.HASH, 100.0), Gap(YES, 1, Doubt.HASH, 100.0, 103.0)]
    assert desk.board.gap(YES) is None


def test_an_open_gap_grows_and_closed_ones_add_up(desk: Desk) -> None:
    desk.live()
    desk.lost()
    desk.after(2)
    desk.live()
    desk.after(50)
    desk.lost(why=Doubt.DISCONNECTED)
    desk.after(3)
    assert desk.board.gap(YES) == Gap(YES, 2, Doubt.DISCONNECTED, 152.0)
    assert desk.board.gap_seconds(YES) == 5
    figures = desk.board.gap_figures()
    assert (figures.open, figures.seconds) == (1, 5)
    assert figures.opened == {Doubt.HASH: 1, Doubt.DISCONNECTED: 1}


def test_tokens_have_their_own_gaps(desk: Desk) -> None:
    desk.live()
    desk.live(NO)
    desk.lost()
    desk.after(4)
    assert desk.board.gap_seconds(NO) == 0
    assert desk.board.epoch(NO) == 0


def test_a_token_that_is_followed_no_more_ends_its_gap_and_its_series(desk: Desk) -> None:
    desk.live()
    desk.lost()
    desk.after(4)
    desk.board.forget(YES)
    desk.after(60)
    assert [gap.ended for gap in desk.told] == [None, 104.0]
    assert desk.board.gap_seconds(YES) == 4
    desk.live()
    assert desk.board.epoch(YES) == 2
    assert len(desk.told) == 2


def test_a_reading_says_why_it_is_not_live_and_which_series_it_belongs_to(desk: Desk) -> None:
    desk.board.publish(Quote(YES, None, None, None, None, Source.WS, desk.now, None))
    desk.live()
    desk.lost(why=Doubt.TICK)
    reading = desk.board.reading(YES)
    assert reading is not None
    assert (reading.epoch, reading.why, reading.state) == (1, Doubt.TICK, PriceState.SUSPECT)
    desk.live()
    reading = desk.board.reading(YES)
    assert reading is not None
    assert (reading.epoch, reading.why) == (1, None)


def test_a_reason_stands_until_another_is_told(desk: Desk) -> None:
    desk.live()
    desk.lost(why=Doubt.SILENT)
    desk.board.set_state(YES, PriceState.POLLED)
    assert desk.board.why(YES) is Doubt.SILENT


def test_whoever_stopped_listening_is_told_nothing(desk: Desk) -> None:
    desk.live()
    desk.stop()
    desk.lost()
    assert desk.told == []


def test_a_listener_may_stop_listening_while_it_is_told(desk: Desk) -> None:
    stops = list[Callable[[], None]]()

    def once(gap: Gap) -> None:
        desk.told.append(gap)
        stops[0]()

    stops.append(desk.board.listen_gaps(once))
    desk.live()
    desk.lost()
    desk.live()
    assert len(desk.told) == 3
