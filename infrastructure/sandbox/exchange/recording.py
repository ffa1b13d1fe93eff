"""Recordings of the market socket: the formats we can play back.

| Name | Content |
|---|---|
| `*.jsonl`, `*.jsonl.gz` | a frame a line, bare or as `{"t": milliseconds, "raw": frame}` |
| `*.json`, `*.json.gz` | one array of frames, each an object or itself an array |
| `*orderbooks*<name>up.json.gz`, `…down…` | full books without ids; see `_name_books` |

A frame goes out byte for byte as it stands in the file; only books without ids are completed.
"""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from core.domain.book import Book, HashInputs
from core.domain.units import TokenId

SIDES: Final = ("up", "down")  # endings of the file names of books without ids
TOKEN_DIGITS: Final = 77


class Level(msgspec.Struct, frozen=True):
    price: str
    size: str


class Change(msgspec.Struct, frozen=True):
    asset_id: str
    price: str
    size: str
    side: str


class Message(msgspec.Struct, frozen=True):
    """One event of any type; what it lacks is empty."""

    event_type: str = ""
    market: str = ""
    asset_id: str = ""
    timestamp: str = ""
    bids: list[Level] | None = None
    asks: list[Level] | None = None
    tick_size: str | None = None
    last_trade_price: str | None = None
    price_changes: list[Change] = []
    price: str = ""
    side: str = ""
    new_tick_size: str = ""

    @property
    def tokens(self) -> tuple[str, ...]:
        if self.asset_id:
            return (self.asset_id,)
        return tuple(dict.fromkeys(change.asset_id for change in self.price_changes))


class Line(msgspec.Struct, frozen=True):
    """The recorder's own form."""

    t: int
    raw: msgspec.Raw


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """A frame as it came, and when, in milliseconds."""

    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """Frames in the order in which they are played; `tokens` by market, in order of appearance.

    `opening` has the first book of each token of which nothing else came before it.
    """

    frames: tuple[RecordedFrame, ...]
    tokens: dict[str, tuple[str, ...]]
    opening: tuple[Message, ...]


_FRAMES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_LINE: Final = msgspec.json.Decoder(Line)
_MESSAGE: Final = msgspec.json.Decoder(Message)
_MESSAGES: Final = msgspec.json.Decoder(list[Message])


def load_recording(*paths: Path) -> Recording:
    """Read one capture, or several which are merged by time.

    Raises: OSError, msgspec.DecodeError for what is none.
    """
    frames = [frame for path in paths for frame in _frames(path)]
    if len(paths) > 1:
        frames.sort(key=lambda frame: frame.at)
    return _scanned(frames)


def messages(data: bytes) -> list[Message]:
    """What a frame says."""
    return _MESSAGES.decode(data) if data.startswith(b"[") else [_MESSAGE.decode(data)]


def _frames(path: Path) -> Iterator[RecordedFrame]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    names = path.name.removesuffix(".gz")
    if names.endswith(".jsonl"):
        return (_line(line) for line in data.splitlines() if line.strip())
    if "orderbooks" in names:
        return _name_books(names.removesuffix(".json"), data)
    return (_timed(bytes(raw)) for raw in _FRAMES.decode(data))


def _line(line: bytes) -> RecordedFrame:
    if not line.startswith(b'{"t":'):
        return _timed(line.strip())
    timed = _LINE.decode(line)
    return RecordedFrame(timed.t, bytes(timed.raw))


def _timed(data: bytes) -> RecordedFrame:
    """A frame without a receive time counts as received at its own."""
    told = messages(data)
    return RecordedFrame(int(told[0].timestamp or 0) if told else 0, data)


def _name_books(name: str, data: bytes) -> Iterator[RecordedFrame]:
    """Give books without ids a market and a token made from the file's name.

    `1h_btc_orderbooks_1765450800up` and `…down` are the two tokens of one market. Tick 0.01,
    minimum 5 and no last trade are assumed, and the hash is made for that.
    """
    side = SIDES[1] if name.endswith(SIDES[1]) else SIDES[0]
    stem = name.removesuffix(side)
    token = made_token(stem + side)
    for book in msgspec.json.decode(data, type=list[Message]):
        yield RecordedFrame(int(book.timestamp), _named(book, _made_market(stem), token))


def _named(book: Message, market: str, token: str) -> bytes:
    bids = [(level.price, level.size) for level in book.bids or []]
    asks = [(level.price, level.size) for level in book.asks or []]
    own = Book(TokenId(token))
    own.replace(bids, asks)
    inputs = HashInputs(market, "5", "0.01", neg_risk=False, last_trade="")
    return msgspec.json.encode(
        {
            "market": market,
            "asset_id": token,
            "timestamp": book.timestamp,
            "hash": own.hash(inputs, book.timestamp),
            "bids": [{"price": price, "size": size} for price, size in own.raw_bids()],
            "asks": [{"price": price, "size": size} for price, size in own.raw_asks()],
            "tick_size": "0.01",
            "event_type": "book",
            "last_trade_price": "",
        }
    )


def made_token(name: str) -> str:
    """A token id that nobody recorded, always the same for a name."""
    digest = int.from_bytes(hashlib.sha512(name.encode()).digest())
    return str(digest)[:TOKEN_DIGITS]


def _made_market(name: str) -> str:
    return f"0x{hashlib.sha256(name.encode()).hexdigest()}"


def _scanned(frames: list[RecordedFrame]) -> Recording:
    tokens: dict[str, dict[str, None]] = {}
    opening: dict[str, Message] = {}
    for frame in frames:
        for message in messages(frame.data):
            if not message.market:
                continue
            known = tokens.setdefault(message.market, {})
            if message.bids is not None and message.asset_id not in known:
                opening[message.asset_id] = message
            known.update(dict.fromkeys(message.tokens))
    return Recording(
        tuple(frames),
        {market: tuple(found) for market, found in tokens.items()},
        tuple(opening.values()),
    )
