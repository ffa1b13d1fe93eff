"""Recordings of the market socket: the formats we can play back.

| Name | Content |
|---|---|
| a folder | what its `manifest.json` names: a recording of `data_ingestion.recorder` |
| `*.jsonl`, `.gz`, `.zst` | a frame a line, bare or as `Line`, the recorder's own form |
| `*.json`, `*.json.gz` | one array of frames, each an object or itself an array |
| `*orderbooks*<name>up.json.gz`, `…down…` | full books without ids; see `_name_books` |

A frame goes out byte for byte as it stands in the file; only books without ids are completed. What
a recorder got in answer to itself (PONG, refusals) is left out: everybody gets answers of his own.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from core.domain.book import Book, HashInputs
from core.domain.units import TokenId
from infrastructure.sandbox.exchange.recorded_files import (
    ENDINGS,
    RecordedMarket,
    Unplayable,
    files_of,
    markets_of,
    unpacked,
)

SIDES: Final = ("up", "down")  # endings of the file names of books without ids
TOKEN_DIGITS: Final = 77
NO_JSON: Final = msgspec.Raw(b"")


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
    """A frame as JSON, as text, or as bytes; `ns` is a steady clock's time, where there was one."""

    t: int  # milliseconds since 1970
    ns: int | None = None
    raw: msgspec.Raw = NO_JSON
    text: str | None = None
    base64: bytes | None = None

    @property
    def frame(self) -> bytes | None:
        """None for what was not news."""
        if self.raw:
            return bytes(self.raw)
        if self.text is not None and self.text.lstrip().startswith(("{", "[")):
            return self.text.encode()
        return self.base64


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """A frame as it came, and when, in milliseconds."""

    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """Frames in the order in which they are played; `tokens` by market, in order of appearance.

    `opening` has the first book of each token of which nothing else came before it; `cut` names
    the files that end in the middle.
    """

    frames: tuple[RecordedFrame, ...]
    tokens: dict[str, tuple[str, ...]]
    opening: tuple[Message, ...]
    markets: tuple[RecordedMarket, ...] = ()
    cut: tuple[str, ...] = ()


_FRAMES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_LINE: Final = msgspec.json.Decoder(Line)
_MESSAGE: Final = msgspec.json.Decoder(Message)
_MESSAGES: Final = msgspec.json.Decoder(list[Message])


def load_recording(*paths: Path) -> Recording:
    """Read one capture, or several which are merged by time.

    Raises: Unplayable.
    """
    reader = _Reader()
    frames = [frame for path in paths for frame in reader.frames(path)]
    if not frames:
        raise Unplayable(f"{', '.join(map(str, paths))} holds no frames")
    if len(paths) > 1:
        frames.sort(key=lambda frame: frame.at)
    markets = tuple(market for path in paths for market in markets_of(path))
    return _scanned(frames, markets, tuple(reader.cut))


def messages(data: bytes) -> list[Message]:
    """What a frame says."""
    return _MESSAGES.decode(data) if data.startswith(b"[") else [_MESSAGE.decode(data)]


def readable(data: bytes) -> list[Message]:
    """The same of a frame that nobody has checked: what makes no sense is left out."""
    try:
        told = messages(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [each for each in told if not each.timestamp or each.timestamp.isdecimal()]


@dataclass(slots=True)
class _Reader:
    """Reads files one after another; the steady clock of a recording runs through all of them."""

    cut: list[str] = field(default_factory=list)
    _started: Line | None = None

    def frames(self, path: Path) -> Iterator[RecordedFrame]:
        """Raises: Unplayable."""
        self._started = None
        for file in files_of(path):
            try:
                yield from self._of_file(file)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise Unplayable(f"{file} is no recording: {error}") from error

    def _of_file(self, path: Path) -> Iterator[RecordedFrame]:
        content, name = unpacked(path), path.name
        for ending in ENDINGS:
            name = name.removesuffix(ending)
        lines = content.data.splitlines(keepends=True)
        if content.is_cut:
            self.cut.append(str(path))
            lines = lines[:-1] if lines and not lines[-1].endswith(b"\n") else lines
        if name.endswith(".jsonl"):
            for line in lines:
                yield from self._line(line.strip())
        elif "orderbooks" in name:
            yield from _name_books(name.removesuffix(".json"), content.data)
        else:
            yield from (_timed(bytes(raw)) for raw in _FRAMES.decode(content.data))

    def _line(self, text: bytes) -> Iterator[RecordedFrame]:
        if text.startswith(b'{"t":'):
            line = _LINE.decode(text)
            if line.frame is not None:
                yield RecordedFrame(self._time(line), line.frame)
        elif text:
            yield _timed(text)

    def _time(self, line: Line) -> int:
        """Milliseconds; by the steady clock if there was one, since the other may be set."""
        first = self._started = self._started or line
        if line.ns is None or first.ns is None:
            return line.t
        return first.t + (line.ns - first.ns) // 1_000_000


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


def _scanned(
    frames: list[RecordedFrame], markets: tuple[RecordedMarket, ...], cut: tuple[str, ...]
) -> Recording:
    tokens = {market.condition_id: dict.fromkeys(market.tokens) for market in markets}
    told: set[str] = set()
    opening: dict[str, Message] = {}
    for frame in frames:
        for message in readable(frame.data):
            if not message.market:
                continue
            if message.bids is not None and message.asset_id not in told:
                opening[message.asset_id] = message
            told.update(message.tokens)
            tokens.setdefault(message.market, {}).update(dict.fromkeys(message.tokens))
    return Recording(
        tuple(frames),
        {market: tuple(found) for market, found in tokens.items()},
        tuple(opening.values()),
        markets,
        cut,
    )
