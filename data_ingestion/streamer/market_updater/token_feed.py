"""What the stream has told about one token."""

from datetime import UTC, datetime

from core.domain.book import NO_ASK, Book
from core.domain.price import own_last_trade
from core.domain.units import Price, TokenId, price, price_micros
from core.ports import BookSnapshot
from data_ingestion.streamer.market_updater.proof import BookProof
from data_ingestion.streamer.websocket_client import wire


class TokenFeed:
    """What is known about one subscribed token: its book once a snapshot came, and its last trade.

    `shown_bid` and `shown_ask` are the top that the board was last given, in millionths of a USDC,
    `told_bid` and `told_ask` the venue's words for it: so that only changes are published.
    """

    __slots__ = (
        "at",
        "book",
        "complement",
        "has_snapshot",
        "last_trade",
        "proof",
        "renewed_at",
        "shown_ask",
        "shown_bid",
        "shown_trade",
        "told_ask",
        "told_bid",
        "waits_since",
    )

    def __init__(self, token: TokenId, complement: TokenId | None, now: float) -> None:
        self.at = "0"  # the venue's timestamp of the newest news, milliseconds
        self.book = Book(token)
        self.complement = complement
        self.proof = BookProof()
        self.has_snapshot = False
        self.last_trade: Price | None = None
        self.renewed_at = now  # when a snapshot was last asked for
        self.shown_bid = -1
        self.shown_trade: Price | None = None
        self.shown_ask = -1
        self.told_bid: str | None = ""
        self.told_ask: str | None = ""
        self.waits_since = now  # without a trusted book

    def take(self, message: wire.WireBook) -> None:
        """Become the snapshot.

        Raises: InvalidQuantity, InvalidBook; the book is as before then.
        """
        self.book.replace(
            ((level.price, level.size) for level in message.bids),
            ((level.price, level.size) for level in message.asks),
        )
        if message.last_trade_price:
            self.last_trade = own_last_trade(
                price(message.last_trade_price),
                self.book.best_bid,
                self.book.best_ask,
                self.last_trade,
            )

    def agrees(self, bid: str | None, ask: str | None) -> bool:
        """Whether our top is the one that an entry states, where it states one.

        The venue writes an empty side as "", "0" or, for asks, "1".
        Raises: InvalidQuantity.
        """
        book = self.book
        if bid is not None and price_micros(bid or "0") != book.best_bid_micros:
            return False
        return ask is None or (price_micros(ask or "1") or NO_ASK) == book.best_ask_micros

    def holds(self, snapshot: BookSnapshot) -> bool:
        """Whether our book is the polled one, or not older: then ours counts."""
        if snapshot.at is not None and snapshot.at <= instant(self.at):
            return True
        ours, theirs = self.book, snapshot.book
        return ours.bids() == theirs.bids() and ours.asks() == theirs.asks()


def instant(timestamp: str) -> datetime:
    """The venue's milliseconds as a moment."""
    return datetime.fromtimestamp(int(timestamp) / 1000, UTC)
