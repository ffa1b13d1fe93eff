"""What recordings hold of the venue's oddities: a price is right through all of them, or not live.

Ticks, duplicates, late trades, and times that run backwards from token to token are in the long
recording, see `test_book_proof.py`; those of a single token in `test_recorded_order.py`.
"""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core.domain.book import Book, HashInputs
from core.domain.health import Doubt
from core.domain.price import PriceState, shown_price
from core.domain.units import Price, TokenId
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.websocket_client import wire
from tests.support.played_books import YES, Feed, Snapshot

ROWS = 9_500  # of the series: nine sides of markets
EVERY = 3  # one of so many series is looked at from its beginning to its end


@pytest.fixture(scope="module")
def series(fixtures_dir: Path) -> list[list[Snapshot]]:
    """Markets of fifteen minutes to their end, a book a second, each side of each market."""
    table = pq.read_table(fixtures_dir / "resolvedkit/books_dev.parquet")
    rows = table.slice(0, ROWS).to_pylist()
    found: dict[tuple[str, str], list[Snapshot]] = {}
    for row in rows:
        bids, asks = (
            [(f"{price:g}", f"{size:.2f}") for price, size in zip(*levels, strict=True)]
            for levels in ((row["bid_px"], row["bid_sz"]), (row["ask_px"], row["ask_sz"]))
        )
        found.setdefault((row["market_id"], row["side"]), []).append(
            Snapshot(row["ts"], bids, asks)
        )
    return list(found.values())


def test_a_side_that_empties_at_the_end_of_a_market_leaves_a_true_price(
    series: list[list[Snapshot]],
) -> None:
    empty = 0
    for books in series[::EVERY]:
        feed = Feed([YES])
        for book in books:
            feed.hear(book.message())
            if book.is_crossed:
                continue
            empty += not book.bids or not book.asks
            quote = feed.board.quote(YES)
            assert quote is not None
            assert (feed.board.is_live(YES), feed.top(YES)) == (True, book.top)
            assert quote.price == shown_price(*book.top, None, None)
    assert empty > 200


def test_a_recorded_book_that_is_crossed_is_never_shown_nor_lasts(
    series: list[list[Snapshot]],
) -> None:
    crossed = 0
    for books in series:
        for before, book in pairwise(books):
            if book.is_crossed and not before.is_crossed:
                crossed += 1
                check_crossed(before, book)
    assert crossed == 2


def check_crossed(before: Snapshot, book: Snapshot) -> None:
    feed = Feed([YES])
    feed.hear(before.message())
    feed.hear(book.message())
    assert (feed.board.is_live(YES), feed.top(YES)) == (True, before.top)
    feed.now += 0.3
    feed.hear(book.message())  # once more: that does not make it younger
    feed.now += 0.3
    feed.updater.check()
    assert feed.board.why(YES) is Doubt.CROSSED
    feed.hear(book.message())
    assert feed.board.state(YES) is PriceState.SUSPECT
    feed.hear(before._replace(at=book.at + 1).message())
    assert feed.board.is_live(YES)


def test_a_first_book_that_is_crossed_is_waited_out(series: list[list[Snapshot]]) -> None:
    book = next(book for books in series for book in books if book.is_crossed)
    feed = Feed([YES])
    feed.hear(book.message())
    assert feed.board.quote(YES) is None
    assert not feed.board.is_live(YES)
    assert feed.updater.dropped == {"crossed": 1}


def messages(frames: Sequence[object]) -> list[wire.Message]:
    return [message for frame in frames for message in wire.decode(json.dumps(frame).encode())]


def compared(told: Iterable[wire.Message], tokens: Iterable[TokenId]) -> int:
    """Entries and books of these tokens that state a hash."""
    followed = frozenset(tokens)
    count = 0
    for message in told:
        if isinstance(message, wire.WirePriceChange):
            count += sum(entry.asset_id in followed for entry in message.entries())
        elif isinstance(message, wire.WireBook):
            count += message.asset_id in followed
    return count


def test_every_hash_and_top_of_the_captured_crossing_burst_verifies(fixtures_dir: Path) -> None:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    told = messages(json.loads((folder / "ws_market_capture_sequence.json").read_bytes()))
    first = told[0]
    assert isinstance(first, wire.WireBook)
    feed = Feed([first.asset_id])
    for message in told:
        feed.hear(message)
    assert feed.updater.proofs == {Verdict.PROVEN: compared(told, [first.asset_id])}
    assert feed.updater.dropped == {}
    assert feed.board.gap_figures().opened == {}


@pytest.mark.parametrize("name", ["ws_market_book_captured", "ws_market_initial_dump_array"])
def test_every_captured_book_of_the_reference_verifies(fixtures_dir: Path, name: str) -> None:
    path = fixtures_dir.parent / "reference" / "wire_examples" / f"{name}.json"
    told = messages([json.loads(path.read_bytes())])
    books = [message for message in told if isinstance(message, wire.WireBook)]
    feed = Feed([book.asset_id for book in books])
    for book in books:
        feed.hear(book)
    assert feed.updater.proofs == {Verdict.PROVEN: len(books)}


def test_every_hash_of_the_capture_around_trades_verifies(fixtures_dir: Path) -> None:
    """Its lines are grouped by type; books told just before a trade hash that trade's price."""
    lines = (fixtures_dir / "polytrader/market_ws_messages.jsonl").read_bytes().splitlines()
    told = sorted(
        (message for line in lines for message in wire.decode(line)), key=lambda one: one.timestamp
    )
    first = next(message for message in told if isinstance(message, wire.WireBook))
    feed = Feed([first.asset_id])
    for message in told:
        feed.hear(message)
        if isinstance(message, wire.WireBestBidAsk):
            stated = Price(Decimal(message.best_bid)), Price(Decimal(message.best_ask))
            assert feed.top(first.asset_id) == stated
    assert feed.updater.proofs == {Verdict.PROVEN: 3, Verdict.OPEN: 2}
    assert feed.updater.dropped.keys() <= {"older_than_snapshot"}
    assert all(is_explained(book, told) for book in told if isinstance(book, wire.WireBook))


def is_explained(book: wire.WireBook, told: Sequence[wire.Message]) -> bool:
    """Whether some trade of the capture, of this token or its complement, makes its hash match."""
    trades = [Decimal(one.price) for one in told if isinstance(one, wire.WireTrade)]
    levels = Book(book.asset_id)
    levels.replace(*([(one.price, one.size) for one in side] for side in (book.bids, book.asks)))
    return any(
        levels.hash(HashInputs(book.market, "5", "0.01", False, f"{price:.3f}"), book.timestamp)
        == book.hash
        for trade in trades
        for price in (trade, 1 - trade)
    )
