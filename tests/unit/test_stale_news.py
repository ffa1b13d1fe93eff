"""Late, lost and misdated news: whatever it does, no old level and no unproven book stays live."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import msgspec
import pytest

from core.domain.health import Doubt
from core.domain.price import PriceState
from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client import wire
from tests.support.scripted_venue import TOKEN, Listening, ScriptedVenue

LIVE, SUSPECT, POLLED = PriceState.LIVE, PriceState.SUSPECT, PriceState.POLLED
FAR_AHEAD = "9999999999999"  # ms, the year 2286

Telling: TypeAlias = Callable[[ScriptedVenue], wire.WirePriceChange | wire.WireBook]


def change(venue: ScriptedVenue) -> wire.WirePriceChange:
    return venue.change("BUY", "0.3", "1")


@pytest.fixture
def venue() -> ScriptedVenue:
    return ScriptedVenue({"0.48": "10", "0.4": "7"}, {"0.52": "10", "0.6": "7"})


@pytest.fixture
def feed(venue: ScriptedVenue) -> Listening:
    feed = Listening()
    feed.hear(venue.book())
    return feed


@pytest.mark.parametrize("verifies", [True, False])
def test_a_change_from_before_a_book_by_rest_does_not_roll_its_level_back(
    venue: ScriptedVenue, *, verifies: bool
) -> None:
    feed = Listening(verifies=verifies)
    feed.hear(venue.book())
    venue.change("BUY", "0.5", "5")  # never arrives
    feed.hear(venue.change("BUY", "0.41", "5"))
    assert feed.why is Doubt.MISSED
    on_its_way = venue.change("BUY", "0.3", "1")
    venue.change("BUY", "0.3", "2")
    venue.change("BUY", "0.2", "2")
    feed.poll(venue.snapshot())
    feed.hear(on_its_way)
    assert feed.state is LIVE
    assert feed.levels == venue.levels


@pytest.mark.parametrize("verifies", [True, False])
def test_another_connections_opening_makes_no_older_change_of_this_one_count(
    venue: ScriptedVenue, *, verifies: bool
) -> None:
    feed = Listening(verifies=verifies)
    early = venue.change("BUY", "0.3", "1")
    venue.change("BUY", "0.3", "2")
    venue.change("BUY", "0.2", "2")
    feed.hear(venue.book())
    feed.updater.connection_opened([TokenId("77")])
    feed.hear(early)
    assert feed.state is LIVE
    assert feed.levels == venue.levels


@pytest.mark.parametrize("timestamp", ["", "soon", "9" * 40, FAR_AHEAD])
@pytest.mark.parametrize("tell", [change, ScriptedVenue.book])
def test_news_whose_time_is_none_is_missed_and_its_token_doubted(
    feed: Listening, venue: ScriptedVenue, tell: Telling, timestamp: str
) -> None:
    feed.hear(msgspec.structs.replace(tell(venue), timestamp=timestamp))
    assert (feed.state, feed.why) == (SUSPECT, Doubt.UNREADABLE)
    assert feed.updater.dropped == {"timestamp": 1}
    feed.hear(venue.book())
    assert (feed.state, feed.levels) == (LIVE, venue.levels)


def test_what_was_told_of_another_top_proves_nothing_of_a_new_one(venue: ScriptedVenue) -> None:
    feed = Listening(verifies=False)
    feed.hear(venue.book(), venue.change("BUY", "0.49", "5"))
    other = ScriptedVenue({"0.5": "10"}, {"0.55": "10"})
    other.at = venue.at + 10
    feed.hear(other.book())
    venue.at = other.at
    feed.hear(venue.change("BUY", "0.3", "5"))
    assert (feed.state, feed.why) == (SUSPECT, Doubt.MISSED)


def test_a_change_that_cannot_be_read_while_rest_is_asked_is_missing_in_its_book(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.change("BUY", "0.5", "5")  # never arrives
    feed.hear(venue.change("BUY", "0.41", "5"))
    answer = venue.snapshot()
    venue.change("BUY", "0.3", "5")
    feed.updater.suspect([TOKEN])  # that is what was left of it
    feed.poll(answer)
    assert feed.state is POLLED
    feed.hear(venue.book())
    assert (feed.state, feed.levels) == (LIVE, venue.levels)


def test_a_late_copys_older_book_does_not_end_a_doubt(venue: ScriptedVenue) -> None:
    feed = Listening(copies=2)
    feed.hear(venue.book())
    late = venue.change("BUY", "0.3", "5"), venue.book()
    feed.hear(late[0], venue.change("BUY", "0.49", "5"))
    feed.updater.suspect([TOKEN])
    feed.hear(late[1])
    assert feed.state is SUSPECT
    feed.hear(venue.book())
    assert (feed.state, feed.levels) == (LIVE, venue.levels)


def test_a_time_from_the_future_keeps_no_copys_book_away_for_longer_than_five_seconds(
    venue: ScriptedVenue,
) -> None:
    feed = Listening(copies=2)
    feed.hear(venue.book())
    venue.at += 3_600_000
    feed.hear(venue.change("BUY", "0.49", "5"))
    venue.at -= 3_600_000
    feed.updater.suspect([TOKEN])
    feed.later(5.0)
    feed.hear(venue.book())
    assert (feed.state, feed.levels) == (LIVE, venue.levels)


@pytest.mark.parametrize("copies", [1, 2])
def test_a_trade_from_the_future_does_not_silence_the_trades_of_today(copies: int) -> None:
    venue = ScriptedVenue({"0.2": "10"}, {"0.8": "10"})
    feed = Listening(copies=copies)
    feed.hear(venue.book())
    feed.hear(wire.WireTrade(TOKEN, "0x1", "0.3", str(venue.at + 3_600_000)))
    feed.hear(wire.WireTrade(TOKEN, "0x1", "0.4", venue.timestamp))
    quote = feed.board.quote(TOKEN)
    assert quote is not None
    assert quote.price == Decimal("0.4")


@pytest.mark.parametrize("copies", [1, 2])
def test_a_price_grid_from_the_future_does_not_hide_the_next_one(
    venue: ScriptedVenue, copies: int
) -> None:
    feed = Listening(copies=copies)
    feed.hear(venue.book())
    feed.hear(wire.WireTickSize(TOKEN, "0x1", "0.01", str(venue.at + 3_600_000)))
    feed.hear(wire.WireTickSize(TOKEN, "0x1", "0.001", venue.timestamp))
    assert (feed.state, feed.why) == (SUSPECT, Doubt.TICK)
