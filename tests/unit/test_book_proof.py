"""The venue's hash proves the book: every recorded one verifies, and a lost change is found."""

import json
from pathlib import Path

import pytest

from core.domain.book import Book
from core.domain.health import Doubt
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.proof import BookProof, Verdict
from data_ingestion.streamer.websocket_client import wire
from tests.support.recorded_venue import Pair, RecordedVenue, described, long_recording


def updater_for(pairs: list[Pair], board: PriceBoard | None = None) -> MarketUpdater:
    """An updater that follows both tokens of each pair, as the catalogue describes them."""
    updater = MarketUpdater(board or PriceBoard(lambda: 0.0), clock=lambda: 0.0)
    follow(updater, pairs)
    return updater


def follow(updater: MarketUpdater, pairs: list[Pair]) -> None:
    for number, pair in enumerate(pairs, start=1):
        updater.describe(described(number, pair))
        updater.follow(TokenId(pair[0]), TokenId(pair[1]))
        updater.follow(TokenId(pair[1]), TokenId(pair[0]))


def hear(updater: MarketUpdater, frames: list[bytes]) -> None:
    for frame in frames:
        for message in wire.decode(frame):
            updater.apply(message, 0.0)


def test_every_hash_of_the_long_recording_verifies(fixtures_dir: Path) -> None:
    """The books of the two tokens whose price grid changes on the way are asked for again."""
    recorded, venue, asked = long_recording(fixtures_dir), RecordedVenue(), list[TokenId]()
    board = PriceBoard(lambda: 0.0)
    updater = MarketUpdater(board, renew=asked.extend, clock=lambda: int(venue.at) / 1000)
    follow(updater, recorded.pairs)
    for frame in recorded.frames:
        for message in venue.tell(frame):
            updater.apply(message, 0.0)
        for token in asked:
            updater.apply(venue.book(token), 0.0)
        asked.clear()
    # The 476 are books told just before the trade that changes their last trade price; 24 more
    # name one that the trades before them may be written as.
    assert updater.proofs == {Verdict.PROVEN: 191_121, Verdict.OPEN: 476}
    assert updater.dropped == {"duplicate": 2}
    assert board.gap_figures().opened == {Doubt.TICK: 2}


def test_the_venues_own_capture_verifies(fixtures_dir: Path) -> None:
    capture = json.loads((fixtures_dir / "polyarb/ws_market_capture.json").read_bytes())
    tokens = sorted(
        {book["asset_id"] for frame in capture if isinstance(frame, list) for book in frame}
    )
    updater = updater_for([(token, f"{token}0") for token in tokens])
    hear(updater, [json.dumps(frame).encode() for frame in capture])
    assert updater.proofs[Verdict.PROVEN] >= len(tokens)
    assert updater.proofs[Verdict.WRONG] == 0


@pytest.mark.parametrize("every", [50, 500])
def test_a_lost_change_is_found_and_nothing_wrong_stays_live(
    fixtures_dir: Path, every: int
) -> None:
    """Each k-th frame is lost for a while; what is live afterwards equals a feed that lost none."""
    pairs, frames = long_recording(fixtures_dir)
    lossy, whole = PriceBoard(lambda: 0.0), PriceBoard(lambda: 0.0)
    updater, oracle = updater_for(pairs, lossy), updater_for(pairs, whole)
    lost = [frame for number, frame in enumerate(frames[:20_000]) if number == 0 or number % every]
    hear(updater, lost + frames[20_000:24_000])
    hear(oracle, frames[:24_000])
    assert updater.dropped["hash_differs"] + updater.dropped["book_disagrees"] > 0
    tokens = [TokenId(token) for pair in pairs for token in pair]
    live = [token for token in tokens if lossy.is_live(token)]
    for token in live:
        ours, theirs = lossy.quote(token), whole.quote(token)
        assert ours is not None
        assert theirs is not None
        assert ours.book is not None
        assert theirs.book is not None
        assert (ours.book.bids(), ours.book.asks()) == (theirs.book.bids(), theirs.book.asks())


def test_a_change_lost_below_the_top_is_found_within_three_more() -> None:
    proof, book = proven()
    book.apply("BUY", "0.30", "999")  # the venue knows of this one, we pretend not to
    hashes = []
    for size in ("1", "2", "3"):
        book.apply("BUY", "0.20", size)
        hashes.append(told(proof, book))
    ours = Book(TokenId("1"))
    ours.replace([("0.4", "10")], [("0.5", "10")])
    verdicts = []
    for size, stated in zip(("1", "2", "3"), hashes, strict=True):
        ours.apply("BUY", "0.20", size)
        verdicts.append(compare(proof, ours, stated))
    assert verdicts == [Verdict.OPEN, Verdict.OPEN, Verdict.WRONG]


def test_a_mismatch_that_a_late_trade_explains_is_no_loss() -> None:
    proof, book = proven()
    later = BookProof("5", False, "0.01", "0.450")
    for _ in range(2):
        stated = told(later, book)
        assert compare(proof, book, stated) is Verdict.OPEN
    proof.traded("0.45")
    assert compare(proof, book, told(later, book)) is Verdict.PROVEN


@pytest.mark.parametrize("hashed", ["0.450", "0.45", "0.550", "0.55", "0.3"])
def test_a_trade_may_be_hashed_as_told_from_the_other_side_or_not_at_all(hashed: str) -> None:
    proof, book = proven()
    proof.begin(None, "0.3")
    later = BookProof("5", False, "0.01", hashed)
    for _ in range(2):  # nothing comes between these
        proof.traded("0.45")
    assert compare(proof, book, told(later, book)) is Verdict.PROVEN
    assert proof.last_trade == hashed
    book.apply("BUY", "0.39", "7")
    assert compare(proof, book, told(later, book)) is Verdict.PROVEN


def test_no_form_of_a_trade_explains_a_book_that_is_another() -> None:
    proof, book = proven()
    theirs = Book(TokenId("1"))
    theirs.replace([("0.4", "11")], [("0.5", "10")])
    proof.traded("0.45")
    for _ in range(3):
        compare(proof, book, told(BookProof("5", False, "0.01", "0.450"), theirs))
    assert proof.verdict is Verdict.WRONG


def test_without_a_known_input_nothing_is_proven_and_nothing_is_wrong() -> None:
    _, book = proven()
    for _ in range(5):
        assert compare(BookProof(), book, "0" * 40) is Verdict.OPEN


def test_a_wrong_hash_that_never_matched_is_no_proof_of_a_loss() -> None:
    _, book = proven()
    proof = BookProof("5", False, "0.01", "")
    for _ in range(10):
        assert compare(proof, book, "0" * 40) is Verdict.OPEN


def test_hashes_that_stop_matching_are_found_on_every_busy_token(
    fixtures_dir: Path,
) -> None:
    pairs, frames = long_recording(fixtures_dir)
    updater = updater_for(pairs)
    hear(updater, frames[:1])
    forged = [frame.replace(b'"hash":"', b'"hash":"0') for frame in frames[1:200]]
    hear(updater, forged)
    assert updater.dropped["hash_differs"] >= len(pairs)


def proven() -> tuple[BookProof, Book]:
    """A small book and a proof that has just matched it."""
    proof, book = BookProof("5", False, "0.01", ""), Book(TokenId("1"))
    book.replace([("0.4", "10")], [("0.5", "10")])
    assert compare(proof, book, told(proof, book)) is Verdict.PROVEN
    return proof, book


def compare(proof: BookProof, book: Book, stated: str) -> Verdict:
    """One comparison that is a whole frame."""
    proof.matches(book, "0x1", stated, "1790658674035")
    proof.conclude()
    return proof.verdict


def told(proof: BookProof, book: Book) -> str:
    """What the venue would state for `book`."""
    inputs = proof.inputs("0x1")
    assert inputs is not None
    return book.hash(inputs, "1790658674035")
