"""The venue's hash proves the book: every recorded one verifies, and a lost change is found."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.book import Book
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.proof import BookProof, Verdict
from data_ingestion.streamer.websocket_client import wire
from tests.support.rows import market

Pair = tuple[str, str]


def updater_for(pairs: list[Pair], board: PriceBoard | None = None) -> MarketUpdater:
    """An updater that follows both tokens of each pair, as the catalogue describes them."""
    updater = MarketUpdater(board or PriceBoard(lambda: 0.0), clock=lambda: 0.0)
    for number, pair in enumerate(pairs, start=1):
        base = market(number)
        outcomes = tuple(
            replace(outcome, token=TokenId(token))
            for outcome, token in zip(base.outcomes, pair, strict=True)
        )
        updater.describe(replace(base, outcomes=outcomes))
        updater.follow(TokenId(pair[0]), TokenId(pair[1]))
        updater.follow(TokenId(pair[1]), TokenId(pair[0]))
    return updater


def recorded(fixtures_dir: Path) -> tuple[list[Pair], list[bytes]]:
    folder = fixtures_dir / "tickscope/derived_wire"
    pairs = [
        (pair["assets"][0], pair["assets"][1])
        for pair in json.loads((folder / "markets.json").read_bytes())["pairs"]
    ]
    with gzip.open(folder / "nhl_g4_0132_0145.jsonl.gz") as lines:
        return pairs, [line[line.index(b'"raw":') + 6 : -2] for line in lines]


def hear(updater: MarketUpdater, frames: list[bytes]) -> None:
    for frame in frames:
        for message in wire.decode(frame):
            updater.apply(message, 0.0)


def test_every_hash_of_the_long_recording_verifies(fixtures_dir: Path) -> None:
    pairs, frames = recorded(fixtures_dir)
    updater = updater_for(pairs)
    hear(updater, frames)
    # The 500 are books told just before the trade that changes their last trade price.
    assert updater.proofs == {Verdict.PROVEN: 191_097, Verdict.OPEN: 500}
    assert not updater.dropped


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
    pairs, frames = recorded(fixtures_dir)
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
        verdicts.append(proof.compare(ours, "0x1", stated, "1790658674035"))
    assert verdicts == [Verdict.OPEN, Verdict.OPEN, Verdict.WRONG]


def test_a_mismatch_that_a_late_trade_explains_is_no_loss() -> None:
    proof, book = proven()
    later = BookProof("5", False, "0.01", "0.450")
    for _ in range(2):
        stated = told(later, book)
        assert proof.compare(book, "0x1", stated, "1790658674035") is Verdict.OPEN
    proof.traded("0.45")
    assert proof.compare(book, "0x1", told(later, book), "1790658674035") is Verdict.PROVEN


def test_without_a_known_input_nothing_is_proven_and_nothing_is_wrong() -> None:
    _, book = proven()
    for _ in range(5):
        assert BookProof().compare(book, "0x1", "0" * 40, "1790658674035") is Verdict.OPEN


def test_a_wrong_hash_that_never_matched_is_no_proof_of_a_loss() -> None:
    _, book = proven()
    proof = BookProof("5", False, "0.01", "")
    for _ in range(10):
        assert proof.compare(book, "0x1", "0" * 40, "1790658674035") is Verdict.OPEN


def test_hashes_that_stop_matching_are_found_on_every_busy_token(
    fixtures_dir: Path,
) -> None:
    pairs, frames = recorded(fixtures_dir)
    updater = updater_for(pairs)
    hear(updater, frames[:1])
    forged = [frame.replace(b'"hash":"', b'"hash":"0') for frame in frames[1:200]]
    hear(updater, forged)
    assert updater.dropped["hash_differs"] >= len(pairs)


def proven() -> tuple[BookProof, Book]:
    """A small book and a proof that has just matched it."""
    proof, book = BookProof("5", False, "0.01", ""), Book(TokenId("1"))
    book.replace([("0.4", "10")], [("0.5", "10")])
    assert proof.compare(book, "0x1", told(proof, book), "1790658674035") is Verdict.PROVEN
    return proof, book


def told(proof: BookProof, book: Book) -> str:
    """What the venue would state for `book`."""
    inputs = proof.inputs("0x1")
    assert inputs is not None
    return book.hash(inputs, "1790658674035")
