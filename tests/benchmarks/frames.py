"""Frames to measure with: the recorded capture where it is at hand, else generated ones."""

import gzip
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.domain.book import Book, HashInputs
from core.domain.units import TokenId
from tests.benchmarks.oracle import Oracle, news

ROOT: Final = Path(__file__).resolve().parents[2]
RECORDED: Final = "tickscope/derived_wire/nhl_g4_0132_0145.jsonl.gz"
RECEIVED: Final = len(b'{"t":')  # where a recorded line says when its frame came, in ms
MS_DIGITS: Final = 13
TIMESTAMP: Final = "1790658674035"
MARKET: Final = "0x1"
KNOWN: Final = {"tick_size": "0.01", "last_trade_price": "0.500"}
INPUTS: Final = HashInputs(MARKET, "5", "0.01", neg_risk=False, last_trade="0.500")


@dataclass(frozen=True, slots=True)
class Capture:
    """Frames with the snapshots first, the token pairs in them, and where they come from.

    A change of the price grid ends a book; the capture was not made by a client that subscribes
    again then, so the snapshot that would have come is put in after it.
    """

    frames: list[bytes]
    times: list[float]  # seconds from the first frame's arrival to each; never fewer than before
    pairs: list[tuple[str, str]]
    origin: str

    def part(self, frames: int) -> "Capture":
        return Capture(self.frames[:frames], self.times[:frames], self.pairs, self.origin)

    def messages(self) -> int:
        return sum(len(news(frame)) for frame in self.frames)

    def worst_second(self) -> tuple[int, int]:
        """First frame of the busiest second, and the first one after it."""
        busiest, first = (0, 0), 0
        for last, time in enumerate(self.times):
            while self.times[first] <= time - 1:
                first += 1
            busiest = max(busiest, (last + 1 - first, first))
        return busiest[1], busiest[1] + busiest[0]


def fixtures() -> Path:
    """The folder of recordings; it need not exist."""
    return (ROOT / os.environ.get("FIXTURES_DIR", "../shared/fixtures")).resolve()


def capture() -> Capture:
    path = fixtures() / RECORDED
    return _recorded(path) if path.exists() else _generated(pairs=6, frames=60_000)


def _recorded(path: Path) -> Capture:
    with gzip.open(path) as lines:
        told = list(_with_snapshots(_told(line) for line in lines))
    markets = json.loads((path.parent / "markets.json").read_bytes())
    pairs = [(pair["assets"][0], pair["assets"][1]) for pair in markets["pairs"]]
    began = told[0][0]
    latest, times = began, list[float]()
    for at, _ in told:
        latest = max(latest, at)
        times.append((latest - began) / 1000)
    return Capture([frame for _, frame in told], times, pairs, "recorded capture")


def _told(line: bytes) -> tuple[int, bytes]:
    """When a frame came (ms), and the frame."""
    at = int(line[RECEIVED : RECEIVED + MS_DIGITS])
    return at, line[line.index(b'"raw":') + 6 : -2]


def _with_snapshots(told: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    oracle = Oracle()
    for at, frame in told:
        yield at, frame
        messages = news(frame)
        oracle.hear(messages)
        for message in messages:
            if message.event_type == "tick_size_change":
                yield at, oracle.snapshot(message)


def _generated(pairs: int, frames: int) -> Capture:
    rng = random.Random(1)  # noqa: S311 - repeatable on purpose
    tokens = [(f"{number}1", f"{number}2") for number in range(1, pairs + 1)]
    first = [{**snapshot(token), **KNOWN} for pair in tokens for token in pair]
    books = {token: book_of_snapshot(token) for pair in tokens for token in pair}
    made = [json.dumps(first).encode()]
    made += [_small_change(rng, books, rng.choice(tokens)) for _ in range(frames)]
    times = [number / 1000 for number in range(len(made))]
    return Capture(made, times, tokens, "generated frames")


def snapshot(token: str) -> dict[str, object]:
    """50 levels a side around 0.50."""
    return {
        "event_type": "book",
        "asset_id": token,
        "market": MARKET,
        "timestamp": TIMESTAMP,
        "bids": [{"price": f"{0.5 - n / 1000:.3f}", "size": "100"} for n in range(1, 51)],
        "asks": [{"price": f"{0.5 + n / 1000:.3f}", "size": "100"} for n in range(1, 51)],
    }


def top_change(
    sides: list[tuple[str, float, str, str]],
    size: str,
    top: tuple[str, str],
    timestamp: str = TIMESTAMP,
) -> bytes:
    """One `price_change` with an entry for each token, price, side and hash."""
    entries = [
        {
            "asset_id": token,
            "price": f"{price:.3f}",
            "size": size,
            "side": side,
            "hash": mark,
            "best_bid": top[0],
            "best_ask": top[1],
        }
        for token, price, side, mark in sides
    ]
    message = {"market": MARKET, "price_changes": entries, "timestamp": timestamp}
    return json.dumps({**message, "event_type": "price_change"}, separators=(",", ":")).encode()


def _small_change(rng: random.Random, books: dict[str, Book], pair: tuple[str, str]) -> bytes:
    """A level below the top on both books, as most changes are, with the hashes after it."""
    level, size = rng.randrange(2, 50), f"{rng.random() * 1000 + 1:.2f}"
    sides = []
    for token, price, side in zip(pair, (500 - level, 500 + level), ("BUY", "SELL"), strict=True):
        books[token].apply(side, f"0.{price}", size)
        sides.append((token, price / 1000, side, books[token].hash(INPUTS, TIMESTAMP)))
    return top_change(sides, size, ("0.499", "0.501"))


def book_of_snapshot(token: str) -> Book:
    """What `snapshot` says."""
    book = Book(TokenId(token))
    bids, asks = ([(f"0.{500 + sign * n}", "100") for n in range(1, 51)] for sign in (-1, 1))
    book.replace(bids, asks)
    return book
