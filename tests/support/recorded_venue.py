"""The venue of a recording: the books behind its frames, given again to whoever asks."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from core.domain.book import Book, HashInputs
from core.domain.market import Market
from core.domain.units import TokenId
from core.ports import BookSnapshot
from data_ingestion.streamer.market_updater.token_feed import instant
from data_ingestion.streamer.websocket_client import wire
from tests.support.rows import market

Pair = tuple[str, str]


class Recorded(NamedTuple):
    """A capture: the token pairs of its markets, and its frames."""

    pairs: list[Pair]
    frames: list[bytes]


def long_recording(fixtures_dir: Path) -> Recorded:
    """Thirteen minutes of six markets, with the hash of every book."""
    folder = fixtures_dir / "tickscope/derived_wire"
    markets = json.loads((folder / "markets.json").read_bytes())["pairs"]
    pairs = [(pair["assets"][0], pair["assets"][1]) for pair in markets]
    with gzip.open(folder / "nhl_g4_0132_0145.jsonl.gz") as lines:
        return Recorded(pairs, [line[line.index(b'"raw":') + 6 : -2] for line in lines])


def described(number: int, pair: Pair) -> Market:
    """A market as the catalogue would describe it, with these tokens."""
    base = market(number)
    named = zip(base.outcomes, pair, strict=True)
    outcomes = tuple(replace(outcome, token=TokenId(token)) for outcome, token in named)
    return replace(base, outcomes=outcomes)


class RecordedVenue:
    """Follows the frames as the venue knew them, nothing lost; books are asked of it."""

    def __init__(self) -> None:
        self.books: dict[TokenId, Book] = {}
        self.at = "0"
        self._inputs: dict[TokenId, HashInputs] = {}

    def tell(self, frame: bytes) -> Iterator[wire.Message]:
        """The frame's messages; what they say is true from now on."""
        for message in wire.decode(frame):
            self.at = max(self.at, message.timestamp)
            self._take(message)
            yield message

    def book(self, token: TokenId) -> wire.WireBook:
        """What the venue sends to whoever subscribes now."""
        book, inputs = self.books[token], self._inputs[token]
        return wire.WireBook(
            asset_id=token,
            market=inputs.market,
            timestamp=self.at,
            bids=[wire.WireLevel(*level) for level in book.raw_bids()],
            asks=[wire.WireLevel(*level) for level in book.raw_asks()],
            hash=book.hash(inputs, self.at),
            tick_size=inputs.tick,
            last_trade_price=inputs.last_trade,
        )

    def snapshot(self, token: TokenId) -> BookSnapshot:
        """What REST answers now."""
        copy = Book(token)
        copy.replace(self.books[token].raw_bids(), self.books[token].raw_asks())
        return BookSnapshot(
            book=copy,
            last_trade=None,
            tick=None,
            minimum_size=None,
            at=instant(self.at),
            timestamp=self.at,
            inputs=self._inputs[token],
            is_proven=True,
        )

    def _take(self, message: wire.Message) -> None:
        match message:
            case wire.WireBook():
                self._replace(message)
            case wire.WirePriceChange():
                for entry in message.entries():
                    self.books[entry.asset_id].apply(entry.side, entry.price, entry.size)
            case wire.WireTickSize():
                self._note(message.asset_id, tick=message.new_tick_size)
            case wire.WireTrade():
                whole, _, decimals = message.price.partition(".")
                for token in [t for t, its in self._inputs.items() if its.market == message.market]:
                    self._note(token, last_trade=f"{whole}.{decimals.ljust(3, '0')}")
            case _:
                raise AssertionError(message)

    def _replace(self, message: wire.WireBook) -> None:
        token = message.asset_id
        self.books.setdefault(token, Book(token)).replace(
            ((level.price, level.size) for level in message.bids),
            ((level.price, level.size) for level in message.asks),
        )
        self._inputs.setdefault(token, HashInputs(message.market, "5", "0.01", False, ""))
        self._note(token, tick=message.tick_size, last_trade=message.last_trade_price)

    def _note(
        self, token: TokenId, *, tick: str | None = None, last_trade: str | None = None
    ) -> None:
        known = self._inputs[token]
        self._inputs[token] = replace(
            known,
            tick=tick or known.tick,
            last_trade=known.last_trade if last_trade is None else last_trade,
        )
