"""News that more than one connection brings: the first delivery counts."""

from collections import Counter
from typing import Final

from data_ingestion.streamer.market_updater.token_feed import TokenFeed
from data_ingestion.streamer.websocket_client import wire

LATEST: Final = 60_000  # milliseconds that one copy can be behind another


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

    def repeats_book(self, feed: TokenFeed, book: wire.WireBook, *, is_late: bool) -> bool:
        """Whether another copy told of this book, or of something newer, before.

        `is_late`: the newest that we know was waited for in vain, so it need not be true.
        """
        if self.is_single:
            return False
        if feed.is_live:
            is_known = book.timestamp <= feed.at or book.hash in feed.recent
        else:  # the one that was asked for is not older than what was told before
            is_known = book.timestamp < feed.at and not is_late
        if is_known:
            self.dropped["duplicate"] += 1
        else:
            feed.recent.appendleft(book.hash)
        return is_known

    def repeats_trade(self, feed: TokenFeed, timestamp: str) -> bool:
        """Whether a trade is older than the last; one connection tells them in their order."""
        return self._is_passed(timestamp, feed.traded_at) and timestamp != feed.traded_at

    def repeats_tick(self, feed: TokenFeed, timestamp: str) -> bool:
        """Whether another copy told of this price grid, or of a newer one, before."""
        return self._is_passed(timestamp, feed.ticked_at)

    def _is_passed(self, timestamp: str, newest: str) -> bool:
        """No copy is that late; beyond, the venue's own clock went back."""
        return not self.is_single and timestamp <= newest and int(newest) - int(timestamp) < LATEST
