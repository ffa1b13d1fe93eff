"""What the stream has told about one token."""

from core.domain.book import Book
from core.domain.units import Price, TokenId


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
        "renewed_at",
        "shown_ask",
        "shown_bid",
        "shown_trade",
        "tick",
        "told_ask",
        "told_bid",
        "waits_since",
    )

    def __init__(self, token: TokenId, complement: TokenId | None, now: float) -> None:
        self.at = "0"  # the venue's timestamp of the newest news, milliseconds
        self.book = Book(token)
        self.complement = complement
        self.has_snapshot = False
        self.last_trade: Price | None = None
        self.tick: str | None = None
        self.renewed_at = now  # when a snapshot was last asked for
        self.shown_bid = -1
        self.shown_trade: Price | None = None
        self.shown_ask = -1
        self.told_bid: str | None = ""
        self.told_ask: str | None = ""
        self.waits_since = now  # without a trusted book
