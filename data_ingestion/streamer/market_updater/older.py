"""Changes that came after a newer one: known already, out of date, or in their true order."""

from core.domain.errors import InvalidBook, InvalidQuantity
from core.domain.health import Doubt
from data_ingestion.streamer.market_updater.kept import has_top
from data_ingestion.streamer.market_updater.publisher import Publisher
from data_ingestion.streamer.market_updater.token_feed import TokenFeed
from data_ingestion.streamer.market_updater.verdicts import Verdicts
from data_ingestion.streamer.websocket_client import wire


class Older:
    """Takes changes of live tokens that are dated before the newest one."""

    def __init__(self, publisher: Publisher, verdicts: Verdicts, *, verifies: bool) -> None:
        self._publish = publisher.publish
        self._verdicts = verdicts
        self._verifies = verifies

    def apply(
        self,
        feed: TokenFeed,
        entry: wire.WireChange,
        market: str,
        timestamp: str,
        received: float,
    ) -> None:
        """Where it states the book that it makes of ours, the order of arrival is the true one.

        Else a change from before the snapshot is in it already, and any other is out of order.
        """
        try:
            before = feed.book.size_at(entry.side, entry.price)
            if before == entry.size:
                self._verdicts.dropped["duplicate"] += 1
            elif self._makes_sense(feed, entry, market, timestamp):
                self._verdicts.question(feed)  # the next change shows whether it was the true one
                self._publish(feed, feed.at, received)
            else:
                feed.book.apply(entry.side, entry.price, before)
                self._refuse(feed, timestamp)
        except (InvalidQuantity, InvalidBook):
            self._verdicts.refuse(feed)

    def _refuse(self, feed: TokenFeed, timestamp: str) -> None:
        if timestamp < feed.base:
            self._verdicts.dropped["older_than_snapshot"] += 1
        else:
            self._verdicts.doubt(feed, Doubt.DISORDER, "out_of_order")

    def _makes_sense(
        self, feed: TokenFeed, entry: wire.WireChange, market: str, timestamp: str
    ) -> bool:
        """Apply it; by the hash, or where that cannot be computed, by a top that agrees only now.

        Raises: InvalidQuantity, InvalidBook.
        """
        did_agree = feed.agrees(entry.best_bid, entry.best_ask)
        feed.book.apply(entry.side, entry.price, entry.size)
        if self._verifies and entry.hash and feed.proof.inputs(market) is not None:
            proof, stated = feed.proof, entry.hash
            return proof.is_match(feed.book, market, stated, timestamp) and proof.matches(
                feed.book, market, stated, timestamp
            )
        return not did_agree and has_top(feed.book, entry.best_bid, entry.best_ask)
