"""A market socket with a full book for every token it is asked for, in a process of its own."""

import asyncio
import gzip
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from core.domain.book import Book
from core.domain.units import TokenId
from tests.benchmarks import frames
from tests.benchmarks.feeds import process
from tests.benchmarks.frames import capture, fixtures, snapshot
from tests.benchmarks.oracle import Level, Levels, news

MARKET: Final = "0x" + 64 * "a"  # as long as the venue's
INPUTS: Final = replace(frames.INPUTS, market=MARKET)
SINGLE: Final = ("polyarb/clob_book_binary.json", "polyarb/clob_book_negrisk_outcome.json")
SERIES: Final = "l2collector/raw/*_orderbooks_*.json.gz"

Message: TypeAlias = dict[str, object]


class _Sides(msgspec.Struct):
    bids: list[Level]
    asks: list[Level]


def recorded_books() -> list[Levels]:
    """Every kind of book in the recordings, small and large; made up where there are none."""
    folder = fixtures()
    if not folder.exists():
        return [_levels(json.dumps(snapshot("")).encode())]
    books = [_levels(msgspec.json.encode(message)) for message in news(capture().frames[0])]
    books += [_levels((folder / name).read_bytes()) for name in SINGLE]
    return books + [_first(path) for path in sorted(folder.glob(SERIES))]


@contextmanager
def shelf(books: list[Levels]) -> Iterator[str]:
    """Answers a subscription with a book of each token, then moves a level on both its sides."""
    with process(_stand, books) as (url, _):
        yield url


def _stand(books: list[Levels], port: Connection) -> None:
    asyncio.run(_serve(books, port))


async def _serve(books: list[Levels], port: Connection) -> None:
    supply = itertools.cycle(books)

    async def answer(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in socket:
                await _answer(socket, str(frame), supply)

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        port.send(next(iter(server.sockets)).getsockname()[1])
        await server.serve_forever()


async def _answer(socket: ServerConnection, frame: str, supply: Iterator[Levels]) -> None:
    if not frame.startswith("{"):
        await socket.send("PONG")
        return
    made = [_filled(TokenId(token), next(supply)) for token in json.loads(frame)["assets_ids"]]
    await socket.send(json.dumps([_book(book) for book in made]))
    for book in made:
        await socket.send(json.dumps(_changes(book)))


def _filled(token: TokenId, levels: Levels) -> Book:
    book = Book(token)
    book.replace(*levels)
    return book


def _book(book: Book) -> Message:
    at = _now()
    return {
        "event_type": "book",
        "asset_id": book.token,
        "market": MARKET,
        "timestamp": at,
        "hash": book.hash(INPUTS, at),
        "bids": [{"price": price, "size": size} for price, size in book.raw_bids()],
        "asks": [{"price": price, "size": size} for price, size in book.raw_asks()],
        "tick_size": INPUTS.tick,
        "last_trade_price": INPUTS.last_trade,
    }


def _changes(book: Book) -> Message:
    at = _now()
    middles = [("BUY", book.raw_bids()), ("SELL", book.raw_asks())]
    entries = [_change(book, side, levels[len(levels) // 2][0], at) for side, levels in middles]
    return {
        "event_type": "price_change",
        "market": MARKET,
        "timestamp": at,
        "price_changes": entries,
    }


def _change(book: Book, side: str, price: str, at: str) -> Message:
    book.apply(side, price, "123.45")
    return {
        "asset_id": book.token,
        "price": price,
        "size": "123.45",
        "side": side,
        "hash": book.hash(INPUTS, at),
        "best_bid": book.raw_bids()[-1][0],
        "best_ask": book.raw_asks()[-1][0],
    }


def _now() -> str:
    return str(time.time_ns() // 1_000_000)


def _first(path: Path) -> Levels:
    """The first of a file of many books."""
    return _levels(
        msgspec.json.decode(gzip.decompress(path.read_bytes()), type=list[msgspec.Raw])[0]
    )


def _levels(book: bytes | msgspec.Raw) -> Levels:
    sides = msgspec.json.decode(book, type=_Sides)
    bids, asks = sides.bids, sides.asks
    return [(one.price, one.size) for one in bids], [(one.price, one.size) for one in asks]
