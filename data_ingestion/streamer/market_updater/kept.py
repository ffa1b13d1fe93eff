"""Changes that wait for the book they belong to, and what must come out when it is there."""

from collections.abc import Iterable
from typing import NamedTuple

from core.domain.book import NO_ASK, Book, HashInputs
from core.domain.errors import InvalidBook, InvalidQuantity
from core.domain.units import price_micros
from data_ingestion.streamer.websocket_client import wire


class Kept(NamedTuple):
    """A change that came while there was no trusted book to apply it to."""

    entry: wire.WireChange
    market: str
    timestamp: str


def has_top(book: Book, bid: str | None, ask: str | None) -> bool:
    """Whether a book's top is the one that an entry states, where it states one.

    The venue writes an empty side as "", "0" or, for asks, "1".
    Raises: InvalidQuantity.
    """
    if bid is not None and price_micros(bid or "0") != book.best_bid_micros:
        return False
    return ask is None or (price_micros(ask or "1") or NO_ASK) == book.best_ask_micros


def is_replayed(book: Book, changes: Iterable[Kept], inputs: HashInputs) -> bool:
    """Apply the changes in their order; whether the last one states the book that comes out."""
    last: Kept | None = None
    try:
        for last in changes:
            book.apply(last.entry.side, last.entry.price, last.entry.size)
        if last is None or not last.entry.hash:
            return last is None or has_top(book, last.entry.best_bid, last.entry.best_ask)
    except (InvalidQuantity, InvalidBook):
        return False
    return book.hash(inputs, last.timestamp) == last.entry.hash
