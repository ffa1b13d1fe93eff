"""A token that is new where all news comes late is compared with those that are not new."""

import pytest

from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId
from data_ingestion.streamer.market_updater.lateness import FIRST, LATE
from tests.support.rows import market
from tests.support.scripted_venue import BEGAN, Listening, ScriptedVenue

LIVE, SUSPECT = PriceState.LIVE, PriceState.SUSPECT
QUIET = 100_000.0  # seconds for which the markets had not moved before


class Desk:
    """A feed of several markets, and a venue whose clock is told by that of the test."""

    def __init__(self) -> None:
        self.feed = Listening()
        self.began = self.feed.now
        self.venues: dict[int, ScriptedVenue] = {}
        self.ahead = 0.0  # seconds that the venue's clock is ahead of where it was

    def know_the_time(self, error: float = 0.0) -> None:
        """Our clock on the wall is so many seconds ahead of the venue's."""
        self.feed.since_1970 = BEGAN / 1000 + QUIET - self.began + error

    def follow(self, number: int) -> None:
        """Its book comes, dated when the market last moved."""
        one = market(number)
        token = one.tokens[0]
        venue = ScriptedVenue({"0.48": "10", "0.4": "7"}, {"0.52": "10", "0.6": "7"}, token)
        self.venues[number] = venue
        updater = self.feed.updater
        updater.describe(one)
        updater.follow(token, one.complement(token))
        updater.connection_opened([token])
        self.feed.hear(venue.book())

    def tell(self, number: int, lag: float = 0.05) -> None:
        """A second passes, then news comes so many seconds after it happened."""
        self.feed.now += 1.0
        venue = self.venues[number]
        happened = QUIET + self.feed.now - self.began - lag + self.ahead
        venue.at = BEGAN + round(1000 * happened)
        self.feed.hear(venue.change("BUY", "0.41", str(1 + venue.at % 7), 0))
        self.feed.later(0.0)

    def token(self, number: int) -> TokenId:
        return self.venues[number].token

    def state(self, number: int) -> PriceState:
        return self.feed.board.state(self.token(number))

    def why(self, number: int) -> Doubt | None:
        return self.feed.board.why(self.token(number))


@pytest.fixture
def desk() -> Desk:
    """Two markets that have talked for a while, on time."""
    desk = Desk()
    for number in (2, 3):
        desk.follow(number)
    for number in (2, 3, 2, 3):
        desk.tell(number)
    return desk


def test_a_newcomer_on_time_is_live(desk: Desk) -> None:
    desk.follow(4)
    desk.tell(4, LATE)
    assert desk.state(4) is LIVE


def test_a_newcomer_whose_first_news_is_late_already_is_doubted(desk: Desk) -> None:
    desk.follow(4)
    desk.tell(4, 10.0)
    assert (desk.state(4), desk.why(4)) == (SUSPECT, Doubt.LATE)
    desk.feed.hear(desk.venues[4].book())
    assert desk.state(4) is LIVE  # it was asked for, came at once and knows nothing newer


def test_a_newcomer_is_known_to_be_late_by_one_other_market_too() -> None:
    desk = Desk()
    desk.follow(2)
    desk.tell(2)
    desk.tell(2)
    desk.follow(3)
    desk.tell(3, 10.0)
    assert desk.why(3) is Doubt.LATE


def test_newcomers_that_are_late_excuse_no_later_ones(desk: Desk) -> None:
    for number in (4, 5, 6, 7):
        desk.follow(number)
        desk.tell(number, 10.0)
        assert desk.why(number) is Doubt.LATE


def test_what_is_usual_is_remembered_when_nobody_is_left_who_knew(desk: Desk) -> None:
    for number in (2, 3):
        desk.feed.updater.drop(desk.token(number))
    desk.feed.later(60.0)
    desk.follow(4)
    desk.tell(4, 10.0)
    assert desk.why(4) is Doubt.LATE


@pytest.mark.parametrize(("lag", "state"), [(FIRST + LATE, LIVE), (FIRST + LATE + 0.1, SUSPECT)])
def test_the_very_first_news_is_held_against_our_own_clock(lag: float, state: PriceState) -> None:
    desk = Desk()
    desk.know_the_time()
    desk.follow(2)
    desk.tell(2, lag)
    assert desk.state(2) is state


def test_all_first_tokens_of_a_late_stream_stay_doubted_though_nobody_can_be_asked() -> None:
    desk = Desk()
    desk.know_the_time()
    for number in (2, 3, 4):
        desk.follow(number)
    for number in (2, 3, 4):
        desk.tell(number, 15.0)
    for number in (2, 3, 4):
        venue = desk.venues[number]
        venue.at += 2000
        desk.feed.hear(venue.book())  # late as well: it knows something newer
        assert (desk.state(number), desk.why(number)) == (SUSPECT, Doubt.LATE)


@pytest.mark.parametrize("error", [30.0, -30.0, 86_400.0])
def test_a_wrong_clock_of_ours_costs_each_first_token_one_look_at_the_most(error: float) -> None:
    desk = Desk()
    desk.know_the_time(error)
    for number in (2, 3):
        desk.follow(number)
    for _ in range(3):
        for number in (2, 3):
            desk.tell(number)
            if desk.state(number) is not LIVE:
                desk.feed.hear(desk.venues[number].book())  # it was asked for, and comes at once
            assert desk.state(number) is LIVE
    assert desk.feed.gaps.get(Doubt.LATE, 0) <= 2


def test_without_the_time_nobody_knows_better_of_the_first_tokens() -> None:
    desk = Desk()
    desk.follow(2)
    desk.tell(2, 10.0)
    assert desk.state(2) is LIVE


@pytest.mark.parametrize("offset", [-86_400.0, -5.0, 5.0, 86_400.0])
def test_clocks_that_differ_by_any_time_make_nobody_late(offset: float) -> None:
    desk = Desk()
    desk.ahead = offset
    for number in (2, 3, 4):
        desk.follow(number)
        for _ in range(3):
            desk.tell(number)
            assert desk.state(number) is LIVE


def test_a_single_news_from_the_future_makes_no_newcomer_late(desk: Desk) -> None:
    for number in (2, 3):
        desk.tell(number, -60.0)
    desk.follow(4)
    desk.tell(4)
    assert desk.state(2) is desk.state(3) is desk.state(4) is LIVE


def test_one_market_whose_clock_is_ahead_makes_no_newcomer_late(desk: Desk) -> None:
    desk.follow(4)
    for _ in range(5):
        desk.tell(4, -60.0)
    desk.follow(5)
    desk.tell(5)
    assert desk.state(5) is LIVE


def test_where_the_venues_clock_went_back_a_newcomer_is_believed_after_one_look_by_rest(
    desk: Desk,
) -> None:
    desk.ahead = -5.0
    desk.follow(4)
    desk.tell(4)
    assert desk.why(4) is Doubt.LATE
    token, venue = desk.token(4), desk.venues[4]
    desk.feed.updater.asked([token])
    desk.feed.updater.take_polled(venue.snapshot(), desk.feed.now)
    for _ in range(3):
        desk.tell(4)
    assert desk.state(4) is LIVE
