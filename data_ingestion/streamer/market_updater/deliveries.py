"""News that more than one connection brings: the first delivery counts."""

from collections import Counter

from data_ingestion.streamer.market_updater.token_feed import TokenFeed
from data_ingestion.streamer.websocket_client import wire


class Deliveries:
    """Knows again what another copy told before; with a single connection nothing is looked at."""

    def __init__(self, copies: int) -> None:
        self.dropped: Counter[str] = Counter()  # news that was not applied, by reason
        self.is_single = copies == 1

    def repeats(self, feed: TokenFeed, entry: wire.WireChange, timestamp: str) -> bool:
        """Whether another copy brought this entry first."""
        if self.is_single:
            return False
        name = entry.hash or f"{timestamp} {entry.side} {entry.price} {entry.size}"
        if name in feed.recent:
            self.dropped["duplicate"] += 1
            return True
        feed.recent.appendleft(name)
        return False

    def repeats_book(self, feed: TokenFeed, book: wire.WireBook) -> bool:
        """Whether another copy told of this book, or of something newer, before."""
        if self.is_single or not feed.is_live:
            return False
        if book.timestamp > feed.at and book.hash not in feed.recent:
            feed.recent.appendleft(book.hash)
            return False
        self.dropped["duplicate"] += 1
        return True

    def repeats_trade(self, feed: TokenFeed, timestamp: str) -> bool:
        """Whether a trade is older than the last; one connection tells them in their order."""
        return not self.is_single and timestamp < feed.traded_at
