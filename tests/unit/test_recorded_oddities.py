"""What recordings hold of the venue's oddities: a price is right through all of them, or not live.

Ticks, duplicates, late trades, and times that run backwards from token to token are in the long
recording, see `test_book_proof.py`; those of a single token here and in `test_book_integrity.py`.
"""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from core.domain.book import Book, HashInputs
from core.domain.health import Doubt
from core.domain.price import PriceState, shown_price
from core.domain.units import Price, TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.websocket_client import wire
from tests.support.recorded_venue import described

YES = TokenId("1")
ROWS = 9_500  # of the series: nine sides of markets
ARRIVED = 100_000  # rows of the long recording: eight minutes
CASES = 24  # of time that runs backwards within a token, among them
BEFORE, AFTER = 40, 15  # rows of a token around one whose time runs backwards
EVERY = 3  # one of so many series is looked at from its beginning to its end


class Snapshot(NamedTuple):
    """One book of a series; levels best first."""

    at: int  # ms
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]

    def message(self, token: TokenId = YES) -> wire.WireBook:
        bids = [wire.WireLevel(*level) for level in reversed(self.bids)]
        asks = [wire.WireLevel(*level) for level in reversed(self.asks)]
        return wire.WireBook(token, "0x1", str(self.at), bids, asks)

    @property
    def top(self) -> tuple[Price | None, Price | None]:
        bid = Price(Decimal(self.bids[0][0])) if self.bids else None
        ask = Price(Decimal(self.asks[0][0])) if self.asks else None
        return bid, ask

    @property
    def is_crossed(self) -> bool:
        bid, ask = self.top
        return bid is not None and ask is not None and bid >= ask


class Feed:
    """An updater on a clock that a test moves."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self.now = 0.0
        self.board = PriceBoard(lambda: self.now)
        self.renewed = list[TokenId]()
        self.updater = MarketUpdater(
            self.board, renew=self.renewed.extend, clock=lambda: self.now, wall=lambda: self.now
        )
        for number, token in enumerate(tokens, start=1):
            self.updater.describe(described(number, (token, f"{token}0")))
            self.updater.follow(TokenId(token), None)

    def hear(self, message: wire.Message) -> None:
        self.updater.apply(message, self.now)

    def top(self, token: TokenId) -> tuple[Price | None, Price | None]:
        quote = self.board.quote(token)
        assert quote is not None
        return quote.bid, quote.ask


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
    feed.now += 0.6
    feed.hear(book.message())  # once more: that does not make it younger
    feed.now += 0.5
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


class Row(NamedTuple):
    """One entry of a recorded frame, as it arrived; a trade states no top."""

    at: int  # ms
    token: str
    is_trade: bool
    side: str
    price: str
    size: str
    top: tuple[Price | None, Price | None]

    def message(self) -> wire.Message:
        frame: dict[str, object] = {"market": "0x1", "timestamp": str(self.at)}
        level = {"asset_id": self.token, "price": self.price, "size": self.size, "side": self.side}
        bid, ask = self.top
        if self.is_trade:
            frame |= {"event_type": "last_trade_price", **level}
        else:
            entry = {**level, "best_bid": str(bid or 0), "best_ask": str(ask or 0)}
            frame |= {"event_type": "price_change", "price_changes": [entry]}
        (message,) = wire.decode(json.dumps(frame).encode())
        return message


@pytest.fixture(scope="module")
def arrived(fixtures_dir: Path) -> list[list[Row]]:
    """By token, in the order of arrival."""
    table = pq.read_table(fixtures_dir / "tickscope/raw/polymarket_20260607_0130.parquet")
    table = table.slice(0, ARRIVED)
    found: dict[str, list[Row]] = {}
    for at, price, size, bid, ask, side, kind, token in zip(
        *(column.to_pylist() for column in table.columns), strict=True
    ):
        row = Row(
            int(at.timestamp() * 1000 + 0.5),
            token,
            kind == "LAST_TRADE",
            {"BID": "BUY", "ASK": "SELL"}[side],
            f"{price:g}",
            f"{size:.6f}",
            (told_price(bid), told_price(ask)),
        )
        found.setdefault(token, []).append(row)
    return list(found.values())


def told_price(value: float) -> Price | None:
    return Price(Decimal(f"{value:g}")) if 0 < value < 1 else None


def runs_backwards(rows: Sequence[Row]) -> list[int]:
    """Where a row is older than one that came before it."""
    newest, found = 0, list[int]()
    for number, row in enumerate(rows):
        if row.at < newest:
            found.append(number)
        newest = max(newest, row.at)
    return found


def book_of(rows: Sequence[Row]) -> Snapshot:
    """What these rows leave, without levels that the last top denies: their ends went untold."""
    sides: dict[str, dict[str, str]] = {"BUY": {}, "SELL": {}}
    told = [row for row in rows if not row.is_trade]
    for row in told:
        sides[row.side][row.price] = row.size
    bid, ask = told[-1].top
    bids = [
        one for one in sides["BUY"].items() if Decimal(one[1]) and Decimal(one[0]) <= (bid or 0)
    ]
    asks = [
        one for one in sides["SELL"].items() if Decimal(one[1]) and Decimal(one[0]) >= (ask or 1)
    ]
    return Snapshot(
        max(row.at for row in rows),
        sorted(bids, key=lambda level: -Decimal(level[0])),
        sorted(asks, key=lambda level: Decimal(level[0])),
    )


def test_recorded_rows_whose_time_runs_backwards_are_right_or_not_live(
    arrived: list[list[Row]],
) -> None:
    """Right: as the venue states with that row, or with the newest one."""
    cases, live, looks = 0, 0, 0
    for rows in arrived:
        for number in runs_backwards(rows):
            start = max(1, number - BEFORE)
            base = book_of(rows[:start])
            if number < BEFORE or base.top != rows[start - 1].top:
                continue
            cases += 1
            for is_live in followed(base, rows[start : number + AFTER]):
                live, looks = live + is_live, looks + 1
    assert cases == CASES
    assert live > looks * 2 / 3


def followed(base: Snapshot, rows: Sequence[Row]) -> list[bool]:
    """After each row, whether the token was live."""
    token, begin = rows[0].token, base.at
    feed, was_live = Feed([token]), list[bool]()
    feed.hear(base.message(TokenId(token)))
    tops, newest = [base.top, base.top], base.at
    for row in rows:
        feed.now = max(feed.now, (row.at - begin) / 1000)
        feed.hear(row.message())
        if not row.is_trade:
            tops = [row.top, row.top if row.at >= newest else tops[1]]
            newest = max(newest, row.at)
        is_live = feed.board.is_live(TokenId(token))
        assert not is_live or feed.top(TokenId(token)) in tops, row
        was_live.append(is_live)
    return was_live
