"""Books by REST from the venue's CLOB."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Final

import msgspec

from core.domain.book import Book, HashInputs
from core.domain.errors import Unavailable
from core.domain.price import own_last_trade
from core.domain.units import Price, Size, TokenId, plain_decimal, price, size
from core.ports import BookSnapshot
from infrastructure.polymarket.http import VenueHttp, decoded

BATCH: Final = 100  # tokens a request; the venue's own cap is unpublished
SLICE: Final = 10  # books read before others may run

logger = logging.getLogger(__name__)


class _Level(msgspec.Struct, frozen=True):
    price: str
    size: str


class _Book(msgspec.Struct, frozen=True):
    asset_id: str
    bids: list[_Level]
    asks: list[_Level]
    timestamp: str = ""  # milliseconds since 1970: the book's last change, not its age
    min_order_size: str = ""
    tick_size: str = ""
    last_trade_price: str | None = None  # "" where nothing has traded yet
    market: str = ""  # condition id
    neg_risk: bool | None = None
    hash: str = ""


_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_BOOK: Final = msgspec.json.Decoder(_Book)
_TIME: Final = msgspec.json.Decoder(int, strict=False)


class ClobPrices:
    """A `PriceSource` over `POST /books`. What cannot be read is counted and left out."""

    def __init__(self, http: VenueHttp) -> None:
        self._http = http
        self.unreadable = 0

    async def books(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        """Raises: Unavailable."""
        snapshots, rest = list[BookSnapshot](), iter(dict.fromkeys(tokens))
        while batch := list(islice(rest, BATCH)):
            snapshots += await self._batch(batch)
        return snapshots

    async def time(self) -> datetime:
        """The venue's clock, to the second. Raises: Unavailable."""
        seconds = decoded(_TIME, await self._http.get("/time"))
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError) as error:
            raise Unavailable("The venue's clock could not be read.") from error

    async def _batch(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        question = msgspec.json.encode([{"token_id": token} for token in tokens])
        wanted, found = set(tokens), dict[TokenId, BookSnapshot]()
        entries = decoded(_LIST, await self._http.post("/books", question))
        for number, raw in enumerate(entries):
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            snapshot = self._snapshot(raw)
            if snapshot is not None and snapshot.book.token in wanted:
                found.setdefault(snapshot.book.token, snapshot)
        return list(found.values())

    def _snapshot(self, raw: msgspec.Raw) -> BookSnapshot | None:
        try:
            return read_book(bytes(raw))
        except (msgspec.MsgspecError, ValueError) as error:
            self.unreadable += 1
            if self.unreadable & (self.unreadable - 1) == 0:  # the 1st, 2nd, 4th, 8th, ...
                logger.warning("Unreadable book (%s so far): %s", self.unreadable, error)
            return None


def read_book(text: bytes) -> BookSnapshot:
    """One entry of `POST /books`, or the answer of `GET /book`.

    Raises: msgspec.MsgspecError, ValueError (as InvalidQuantity, InvalidBook).
    """
    wire = _BOOK.decode(text)
    book = Book(TokenId(wire.asset_id))
    book.replace(_pairs(wire.bids), _pairs(wire.asks))
    inputs = _inputs(wire)
    return BookSnapshot(
        book=book,
        last_trade=_last_trade(wire.last_trade_price, book),
        tick=_tick(wire.tick_size),
        minimum_size=_minimum(wire.min_order_size),
        at=_instant(wire.timestamp),
        timestamp=wire.timestamp,
        inputs=inputs,
        is_proven=bool(inputs and wire.hash == book.hash(inputs, wire.timestamp)),
    )


def _pairs(levels: Sequence[_Level]) -> Iterable[tuple[str, str]]:
    return ((level.price, level.size) for level in levels)


def _inputs(wire: _Book) -> HashInputs | None:
    """None where the venue leaves one out: then nothing can be proven."""
    if not (wire.hash and wire.min_order_size and wire.tick_size) or wire.neg_risk is None:
        return None
    return HashInputs(
        wire.market,
        wire.min_order_size,
        wire.tick_size,
        wire.neg_risk,
        wire.last_trade_price or "",
    )


def _last_trade(text: str | None, book: Book) -> Price | None:
    stated = price(text) if text else None
    if not stated:  # nothing trades at 0
        return None
    return own_last_trade(stated, book.best_bid, book.best_ask)


def _tick(text: str) -> Decimal | None:
    return plain_decimal(text) if text else None


def _minimum(text: str) -> Size | None:
    return size(text) if text else None


def _instant(milliseconds: str) -> datetime | None:
    """None for a time that is none: nothing hangs on it."""
    if not (milliseconds.isascii() and milliseconds.isdigit() and len(milliseconds) == 13):  # noqa: PLR2004 - until 2286
        return None
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
