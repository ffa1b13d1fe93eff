"""A stream that talks and is late is not believed, also where nobody can be asked."""

import pytest

from core.domain.health import Doubt
from core.domain.price import PriceState
from tests.support.scripted_venue import TOKEN, Listening, ScriptedVenue

LIVE, POLLED, DOWN = PriceState.LIVE, PriceState.POLLED, PriceState.DOWN


@pytest.fixture
def venue() -> ScriptedVenue:
    return ScriptedVenue({"0.48": "10", "0.4": "7"}, {"0.52": "10", "0.6": "7"})


@pytest.fixture
def feed(venue: ScriptedVenue) -> Listening:
    """Talking, and on time."""
    feed = Listening()
    feed.hear(venue.book())
    second(feed, venue)
    return feed


def second(feed: Listening, venue: ScriptedVenue, size: str = "1") -> None:
    """It passes for both, with one news."""
    feed.later(1.0)
    feed.hear(venue.change("BUY", "0.41", size, 1000))
    feed.later(0.0)


def fall_behind(feed: Listening, venue: ScriptedVenue, seconds: float) -> None:
    """The next news comes so much later than it used to."""
    feed.now += seconds
    second(feed, venue, "2")


def test_news_that_is_two_seconds_later_than_usual_is_tolerated(
    feed: Listening, venue: ScriptedVenue
) -> None:
    fall_behind(feed, venue, 1.9)
    assert feed.state is LIVE


def test_news_that_comes_late_while_rest_is_away_makes_a_price_not_live(
    feed: Listening, venue: ScriptedVenue
) -> None:
    fall_behind(feed, venue, 2.1)
    assert (feed.state, feed.why) == (PriceState.SUSPECT, Doubt.LATE)
    assert feed.renewed == [TOKEN]
    feed.later(5.0)
    feed.updater.unanswered([TOKEN])
    assert feed.state is DOWN


def test_late_books_do_not_end_the_doubt_and_one_that_is_on_time_does(
    feed: Listening, venue: ScriptedVenue
) -> None:
    fall_behind(feed, venue, 10.0)
    venue.change("BUY", "0.42", "3")
    feed.hear(venue.book())
    assert feed.why is Doubt.LATE
    assert feed.updater.dropped == {"late": 1}
    venue.change("BUY", "0.42", "4", 10_000)
    feed.hear(venue.book())
    assert (feed.state, feed.levels) == (LIVE, venue.levels)


def test_a_stream_that_tells_late_what_rest_has_told_stays_polled(
    feed: Listening, venue: ScriptedVenue
) -> None:
    fall_behind(feed, venue, 10.0)
    on_its_way = venue.change("BUY", "0.42", "3")
    feed.poll(venue.snapshot())
    assert feed.state is POLLED
    feed.now += 10.0
    feed.hear(on_its_way)
    assert feed.state is POLLED


def test_where_the_venues_clock_changed_one_look_by_rest_is_enough(
    feed: Listening, venue: ScriptedVenue
) -> None:
    fall_behind(feed, venue, 5.0)
    feed.poll(venue.snapshot())
    for _ in range(10):
        second(feed, venue, "3")
        second(feed, venue, "4")
    assert feed.state is LIVE
    assert feed.gaps == {Doubt.LATE: 1}


def test_an_old_book_of_a_market_that_was_asked_for_is_not_late(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.updater.connection_lost([TOKEN])
    feed.later(600.0)
    feed.updater.connection_opened([TOKEN])
    feed.hear(venue.book())
    feed.later(1.0)
    assert feed.state is LIVE


def test_a_new_connection_is_no_excuse_for_being_late(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.updater.connection_lost([TOKEN])
    feed.later(60.0)
    feed.updater.connection_opened([TOKEN])
    feed.hear(venue.book())
    second(feed, venue)
    assert feed.why is Doubt.LATE
