"""Old, repeated, crossed and lost news: a book is right, or its token is not live."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.health import Doubt
from core.domain.price import PriceState
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.websocket_client import wire
from tests.support.recorded_venue import described
from tests.support.scripted_venue import TOKEN, Listening, ScriptedVenue

LIVE, SUSPECT, POLLED = PriceState.LIVE, PriceState.SUSPECT, PriceState.POLLED


@pytest.fixture
def venue() -> ScriptedVenue:
    return ScriptedVenue({"0.48": "10", "0.4": "7"}, {"0.52": "10", "0.6": "7"})


@pytest.fixture
def feed(venue: ScriptedVenue) -> Listening:
    feed = Listening()
    feed.hear(venue.book())
    return feed


def test_a_change_of_the_snapshots_own_millisecond_counts(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.hear(venue.change("BUY", "0.49", "5", after=0))
    assert feed.top == ("0.49", "0.52")
    assert feed.updater.proofs == {Verdict.PROVEN: 2}


def test_changes_from_before_the_snapshot_are_in_it_already(venue: ScriptedVenue) -> None:
    early = [venue.change("BUY", "0.48", "3"), venue.change("BUY", "0.47", "4")]
    last = [venue.change("SELL", "0.52", "6"), venue.change("BUY", "0.48", "5")]
    feed = Listening()
    feed.hear(venue.book(), *early, *last)
    assert feed.updater.dropped["older_than_snapshot"] == 1
    assert feed.levels == venue.levels
    assert (feed.state, feed.gaps) == (LIVE, {})


def test_a_change_that_is_older_than_the_last_and_new_to_us_is_no_news_to_trust(
    feed: Listening, venue: ScriptedVenue
) -> None:
    first, second = venue.change("BUY", "0.41", "3"), venue.change("BUY", "0.42", "3")
    feed.hear(second, first)
    assert (feed.state, feed.why) == (SUSPECT, Doubt.DISORDER)
    feed.poll(venue.snapshot())
    assert feed.state is LIVE
    assert feed.levels == venue.levels


def test_a_time_that_runs_backwards_is_believed_where_the_hash_proves_the_order(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.hear(venue.change("BUY", "0.41", "3"))
    feed.hear(venue.change("BUY", "0.49", "3", after=-5))
    assert feed.gaps == {}
    assert feed.top == ("0.49", "0.52")
    assert feed.levels == venue.levels


def test_an_older_change_that_no_later_one_confirms_is_doubted(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.hear(venue.change("BUY", "0.41", "3"), venue.change("BUY", "0.49", "3", after=-5))
    feed.later(2.0)
    assert (feed.state, feed.why) == (SUSPECT, Doubt.HASH)


@pytest.mark.parametrize("verifies", [True, False])
def test_a_frame_that_comes_twice_changes_nothing(venue: ScriptedVenue, *, verifies: bool) -> None:
    feed = Listening(verifies=verifies)
    feed.hear(venue.book())
    for size in ("5", "6"):
        entries = [venue.entry("BUY", "0.49", size, 10), venue.entry("BUY", "0.5", size)]
        feed.hear(venue.frame(*entries), venue.frame(*entries))
    assert feed.gaps == {}
    assert feed.levels == venue.levels


def test_a_long_frame_that_comes_twice_is_not_doubted_for_the_hashes_on_its_way(
    feed: Listening, venue: ScriptedVenue
) -> None:
    moves = [("BUY", f"0.{price}", "3") for price in range(30, 48)]
    long = venue.frame(*[venue.entry(*move) for move in moves])
    feed.hear(long, long)
    feed.later(5.0)
    assert feed.gaps == {}
    assert feed.levels == venue.levels


def test_a_long_frame_before_the_trade_that_explains_it_is_no_loss(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.inputs = replace(venue.inputs, last_trade="0.520")
    feed.hear(venue.frame(*[venue.entry("BUY", f"0.{price}", "3") for price in range(30, 48)]))
    feed.hear(wire.WireTrade(TOKEN, "0x1", "0.52", venue.timestamp))
    feed.hear(venue.change("BUY", "0.2", "1"))
    assert feed.gaps == {}
    assert feed.updater.proofs == {Verdict.PROVEN: 2, Verdict.OPEN: 1}


def test_a_frame_that_comes_again_late_changes_nothing(
    feed: Listening, venue: ScriptedVenue
) -> None:
    first = venue.change("BUY", "0.49", "5")
    feed.hear(first, venue.change("SELL", "0.51", "5"), first)
    assert feed.updater.dropped == {"duplicate": 1}
    assert feed.gaps == {}
    assert feed.levels == venue.levels


def test_a_book_that_is_crossed_inside_a_frame_is_neither_shown_nor_doubted(
    feed: Listening, venue: ScriptedVenue
) -> None:
    tops = []
    feed.board.listen(lambda _: tops.append(feed.top))
    crossing, uncrossing = venue.entry("BUY", "0.53", "5", 10), venue.entry("SELL", "0.52", "0")
    feed.hear(venue.frame(crossing, uncrossing))
    assert tops == [("0.53", "0.6")]
    assert feed.gaps == {}
    assert feed.updater.dropped == {}


def test_a_frame_that_states_its_last_top_in_every_entry_is_not_doubted(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.entry("BUY", "0.53", "5", 10)
    last = venue.entry("SELL", "0.52", "0")
    first = wire.WireChange(TOKEN, "0.53", "5", "BUY", "", last.best_bid, last.best_ask)
    feed.hear(venue.frame(first, last))
    assert feed.gaps == {}
    assert feed.top == ("0.53", "0.6")


def test_a_crossed_book_waits_a_moment_for_the_next_frame(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.hear(venue.change("BUY", "0.53", "5"))
    assert (feed.state, feed.top) == (LIVE, ("0.48", "0.52"))
    feed.later(0.4)
    feed.hear(venue.change("SELL", "0.52", "0"))
    feed.later(5.0)
    assert (feed.state, feed.top) == (LIVE, ("0.53", "0.6"))


def test_a_crossing_that_passes_without_a_new_top_is_over(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.hear(venue.change("BUY", "0.41", "1"))
    feed.hear(venue.change("BUY", "0.53", "5"), venue.change("BUY", "0.53", "0"))
    feed.later(0.5)
    assert (feed.state, feed.top) == (LIVE, ("0.48", "0.52"))


def test_a_book_that_stays_crossed_is_doubted(feed: Listening, venue: ScriptedVenue) -> None:
    feed.hear(venue.change("BUY", "0.53", "5"))
    feed.later(0.5)
    assert (feed.state, feed.why) == (SUSPECT, Doubt.CROSSED)
    assert feed.renewed == [TOKEN]


def test_a_side_that_empties_and_fills_again_stays_live(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.hear(venue.change("SELL", "0.52", "0"), venue.change("SELL", "0.6", "0"))
    assert feed.top == ("0.48", "None")
    feed.hear(venue.change("SELL", "0.7", "4"))
    assert (feed.state, feed.top) == (LIVE, ("0.48", "0.7"))
    assert feed.levels == venue.levels


def test_a_new_price_grid_is_a_new_book(feed: Listening, venue: ScriptedVenue) -> None:
    venue.inputs = replace(venue.inputs, tick="0.001")
    feed.hear(wire.WireTickSize(TOKEN, "0x1", "0.001", venue.timestamp, "0.01"))
    assert (feed.state, feed.why) == (SUSPECT, Doubt.TICK)
    assert feed.renewed == [TOKEN]
    assert feed.board.epoch(TOKEN) == 1
    feed.hear(venue.book())
    assert feed.state is LIVE
    assert feed.updater.proofs == {Verdict.PROVEN: 2}


def test_the_grid_that_is_known_already_is_no_news(feed: Listening, venue: ScriptedVenue) -> None:
    feed.hear(wire.WireTickSize(TOKEN, "0x1", "0.01", venue.timestamp, "0.001"))
    assert feed.gaps == {}


def test_a_book_by_rest_of_the_old_grid_is_not_gone_on_from(
    feed: Listening, venue: ScriptedVenue
) -> None:
    old = venue.snapshot()
    feed.hear(wire.WireTickSize(TOKEN, "0x1", "0.001", venue.timestamp, "0.01"))
    feed.poll(old)
    assert feed.state is SUSPECT
    venue.inputs = replace(venue.inputs, tick="0.001")
    feed.poll(venue.snapshot())
    assert feed.state is LIVE


def test_a_change_lost_at_the_top_is_repaired_by_one_answer_of_rest(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.change("BUY", "0.5", "5")  # never arrives
    feed.hear(venue.change("BUY", "0.41", "5"))
    assert (feed.state, feed.why) == (SUSPECT, Doubt.MISSED)
    feed.poll(venue.snapshot())
    assert feed.state is LIVE
    assert feed.levels == venue.levels
    assert feed.gaps == {Doubt.MISSED: 1}


def test_news_while_rest_is_asked_is_applied_to_its_book(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.change("BUY", "0.5", "5")  # never arrives
    feed.hear(venue.change("BUY", "0.41", "5"))
    answer = venue.snapshot()
    feed.hear(venue.change("BUY", "0.51", "2"), venue.change("SELL", "0.6", "0"))
    feed.poll(answer)
    assert feed.state is LIVE
    assert feed.levels == venue.levels
    feed.hear(venue.change("SELL", "0.55", "1"))
    assert feed.levels == venue.levels
    assert feed.updater.proofs[Verdict.PROVEN] == 2


def test_a_book_by_rest_that_later_news_does_not_fit_is_not_gone_on_from(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.change("BUY", "0.5", "5")  # never arrives
    feed.hear(venue.change("BUY", "0.41", "5"))
    answer = venue.snapshot()
    venue.change("BUY", "0.42", "5")  # never arrives either
    feed.hear(venue.change("BUY", "0.51", "2"))
    feed.poll(answer)
    assert feed.state is POLLED


def test_a_book_by_rest_older_than_the_stream_is_not_believed(
    feed: Listening, venue: ScriptedVenue
) -> None:
    old = venue.snapshot()
    venue.change("BUY", "0.5", "5")  # never arrives
    feed.hear(venue.change("BUY", "0.41", "5"))
    feed.poll(old)
    assert feed.state is SUSPECT


def test_a_change_lost_below_the_top_is_found_when_its_mismatch_lasts(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.change("BUY", "0.3", "5")  # never arrives
    feed.hear(venue.change("BUY", "0.41", "5"))
    feed.later(1.9)
    assert feed.state is LIVE
    feed.later(0.1)
    assert (feed.state, feed.why) == (SUSPECT, Doubt.HASH)
    feed.poll(venue.snapshot())
    assert feed.state is LIVE
    assert feed.levels == venue.levels


def test_a_mismatch_that_a_trade_explains_is_no_doubt(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.inputs = replace(venue.inputs, last_trade="0.520")
    feed.hear(venue.change("SELL", "0.52", "4"))
    feed.later(0.2)
    feed.hear(wire.WireTrade(TOKEN, "0x1", "0.52", venue.timestamp))
    feed.later(10.0)
    assert feed.gaps == {}
    feed.hear(venue.change("SELL", "0.52", "3"))
    assert feed.updater.proofs == {Verdict.PROVEN: 2, Verdict.OPEN: 1}


def test_an_input_that_nobody_told_is_learnt_from_rest(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.inputs = replace(venue.inputs, last_trade="0.520")
    feed.hear(venue.change("SELL", "0.52", "4"))
    feed.later(2.0)
    feed.poll(venue.snapshot())
    feed.hear(venue.change("SELL", "0.52", "3"))
    assert feed.state is LIVE
    assert feed.updater.proofs == {Verdict.PROVEN: 2, Verdict.OPEN: 1}


def test_hashes_that_are_wrong_while_rest_has_our_book_raise_no_second_doubt(
    feed: Listening, venue: ScriptedVenue
) -> None:
    for size in ("1", "2", "3", "4", "5"):
        right = venue.entry("BUY", "0.41", size, 2000)
        wrong = wire.WireChange(
            TOKEN, "0.41", size, "BUY", "0" * 40, right.best_bid, right.best_ask
        )
        feed.hear(venue.frame(wrong))
        feed.later(2.0)
        if feed.state is not LIVE:
            feed.poll(venue.snapshot())
    assert feed.gaps == {Doubt.HASH: 1}
    assert feed.state is LIVE


def test_a_frozen_token_is_live_again_as_soon_as_the_stream_goes_on(
    feed: Listening, venue: ScriptedVenue
) -> None:
    venue.change("BUY", "0.5", "5")  # the stream stopped before
    feed.updater.repair(venue.snapshot(), feed.now)
    assert (feed.state, feed.top) == (POLLED, ("0.5", "0.52"))
    feed.hear(venue.change("BUY", "0.51", "5"))
    assert (feed.state, feed.top) == (LIVE, ("0.51", "0.52"))
    assert feed.levels == venue.levels


def test_a_book_by_rest_keeps_nothing_live_that_no_connection_carries(
    feed: Listening, venue: ScriptedVenue
) -> None:
    feed.updater.connection_lost([TOKEN])
    venue.change("BUY", "0.5", "5")
    feed.poll(venue.snapshot())
    feed.hear(venue.change("BUY", "0.51", "5"))
    assert (feed.state, feed.top) == (POLLED, ("0.5", "0.52"))


def test_an_older_book_on_the_same_connection_must_prove_itself(
    feed: Listening, venue: ScriptedVenue
) -> None:
    before = venue.book()
    feed.hear(venue.change("BUY", "0.5", "5"), before)
    feed.later(2.0)
    assert (feed.state, feed.why) == (SUSPECT, Doubt.HASH)
    feed.poll(venue.snapshot())
    assert (feed.state, feed.top) == (LIVE, ("0.5", "0.52"))


def test_a_new_connection_may_have_another_clock(feed: Listening, venue: ScriptedVenue) -> None:
    feed.hear(venue.change("BUY", "0.5", "5"))
    feed.updater.connection_lost([TOKEN])
    feed.updater.connection_opened([TOKEN])
    venue.at -= 60_000
    feed.hear(venue.book(), venue.change("BUY", "0.51", "5"))
    assert (feed.state, feed.top) == (LIVE, ("0.51", "0.52"))
    assert feed.gaps == {Doubt.DISCONNECTED: 1}


def test_the_first_delivery_of_two_copies_wins(venue: ScriptedVenue) -> None:
    feed = Listening(copies=2)
    frames: list[wire.Message] = [venue.book()]
    for number in range(1, 40):
        frames.append(venue.change("BUY", "0.49", str(number)))
        frames.append(venue.change("SELL", f"0.{51 + number % 9}", str(number)))
    lag = 7
    for number in range(len(frames) + lag):
        feed.hear(*frames[number : number + 1])
        if number >= lag:
            before = feed.levels
            feed.hear(frames[number - lag])
            assert feed.levels == before
    assert feed.levels == venue.levels
    assert feed.gaps == {}
    assert feed.updater.dropped == {"duplicate": len(frames)}


def test_what_one_copy_lost_the_other_makes_good(venue: ScriptedVenue) -> None:
    feed = Listening(copies=2)
    frames = [venue.change("BUY", "0.49", str(number)) for number in range(1, 9)]
    start = ScriptedVenue({"0.48": "10", "0.4": "7"}, {"0.52": "10", "0.6": "7"})
    feed.hear(start.book())
    for number, frame in enumerate(frames):
        feed.hear(*([frame, frame] if number % 3 else [frame]))
    assert feed.levels == venue.levels
    assert feed.gaps == {}


@pytest.mark.parametrize("name", ["polyarb/ws_market_capture.json"])
def test_the_change_of_the_same_millisecond_in_the_venues_own_capture_verifies(
    fixtures_dir: Path, name: str
) -> None:
    capture = json.loads((fixtures_dir / name).read_bytes())
    messages = [m for frame in capture for m in wire.decode(json.dumps(frame).encode())]
    books = [message for message in messages if isinstance(message, wire.WireBook)]
    updater = MarketUpdater(PriceBoard(lambda: 0.0), clock=lambda: 0.0)
    for number, book in enumerate(books, start=1):
        updater.describe(described(number, (book.asset_id, f"{book.asset_id}0")))
        updater.follow(book.asset_id, None)
    for message in messages:
        updater.apply(message, 0.0)
    compared = sum(
        entry.asset_id in {book.asset_id for book in books}
        for message in messages
        if isinstance(message, wire.WirePriceChange)
        for entry in message.entries()
    )
    assert updater.proofs == {Verdict.PROVEN: len(books) + compared}
    assert not updater.dropped


def test_frames_that_were_recorded_out_of_order_leave_the_newest_book(fixtures_dir: Path) -> None:
    """The capture is grouped by type: its changes come after the books, and are older."""
    lines = (fixtures_dir / "polytrader/market_ws_messages.jsonl").read_bytes().splitlines()
    messages = [message for line in lines for message in wire.decode(line)]
    books = [message for message in messages if isinstance(message, wire.WireBook)]
    board = PriceBoard(lambda: 0.0)
    updater = MarketUpdater(board, clock=lambda: 0.0)
    tokens = {book.asset_id for book in books}
    for token in tokens:
        updater.follow(token, None)
    for message in messages:
        updater.apply(message, 0.0)
    newest = {book.asset_id: book for book in books}
    for token, book in newest.items():
        quote = board.quote(TokenId(token))
        assert quote is not None
        assert quote.book is not None
        assert quote.book.raw_bids() == [(level.price, level.size) for level in book.bids]
        assert board.is_live(token)
    assert updater.dropped["out_of_order"] == 0
