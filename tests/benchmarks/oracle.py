"""Books as frames tell them, in the plainest way: what the product's books are compared with."""

from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

Levels: TypeAlias = tuple[list[tuple[str, str]], list[tuple[str, str]]]  # bids, asks; best last


class Level(msgspec.Struct):
    price: str
    size: str


class Change(msgspec.Struct):
    asset_id: str
    price: str
    size: str
    side: str


class News(msgspec.Struct):
    """Of every kind of message, what matters to a book."""

    event_type: str
    market: str
    timestamp: str
    asset_id: str = ""
    bids: list[Level] = []
    asks: list[Level] = []
    price_changes: list[Change] = []
    new_tick_size: str = ""


_DECODER: Final = msgspec.json.Decoder(News | list[News])


def news(frame: bytes) -> list[News]:
    """The messages of one frame."""
    found = _DECODER.decode(frame)
    return found if isinstance(found, list) else [found]


class Oracle:
    """The books after everything that it was told, in the order in which it was told."""

    def __init__(self) -> None:
        self._books: dict[str, tuple[dict[float, Level], dict[float, Level]]] = {}

    def hear(self, messages: Iterable[News]) -> None:
        for message in messages:
            if message.event_type == "book":
                self._books[message.asset_id] = _side(message.bids), _side(message.asks)
            for change in message.price_changes:
                self._change(change)

    def levels(self, token: str) -> Levels:
        bids, asks = self._books[token]
        return _sorted(bids, reverse=False), _sorted(asks, reverse=True)

    def snapshot(self, message: News) -> bytes:
        """The frame that a new subscription would bring after `message`, a change of the grid."""
        bids, asks = self._books[message.asset_id]
        book = {
            "event_type": "book",
            "asset_id": message.asset_id,
            "market": message.market,
            "timestamp": message.timestamp,
            "tick_size": message.new_tick_size,
            "bids": [bids[key] for key in sorted(bids)],
            "asks": [asks[key] for key in sorted(asks, reverse=True)],
        }
        return msgspec.json.encode(book)

    def _change(self, change: Change) -> None:
        side = self._books[change.asset_id][change.side == "SELL"]
        if float(change.size) == 0:
            side.pop(float(change.price), None)
        else:
            side[float(change.price)] = Level(change.price, change.size)


def _side(levels: list[Level]) -> dict[float, Level]:
    return {float(level.price): level for level in levels if float(level.size)}


def _sorted(side: dict[float, Level], *, reverse: bool) -> list[tuple[str, str]]:
    return [(side[key].price, side[key].size) for key in sorted(side, reverse=reverse)]
