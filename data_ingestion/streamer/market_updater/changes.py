"""Applies changes of single levels to books: the hot path of the feed."""

from collections.abc import Callable, Mapping, Sequence

from core.domain.errors import InvalidBook, InvalidQuantity
from core.domain.units import TokenId
from data_ingestion.streamer.market_updater.deliveries import Deliveries
from data_ingestion.streamer.market_updater.older import Older
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.market_updater.publisher import Publisher
from data_ingestion.streamer.market_updater.token_feed import TokenFeed
from data_ingestion.streamer.market_updater.verdicts import Verdicts
from data_ingestion.streamer.websocket_client import wire


class Changes:
    """Takes the entries of `price_change`s, one after the other; `settle` ends each frame."""

    def __init__(
        self,
        feeds: Mapping[TokenId, TokenFeed],
        publisher: Publisher,
        verdicts: Verdicts,
        deliveries: Deliveries,
        *,
        verifies: bool,
        go_on: Callable[[TokenFeed, float], None],
    ) -> None:
        """`go_on` is told that the stream spoke of a token whose book by REST may be continued."""
        self.unsettled: list[TokenFeed] = []  # top or hash was not as stated, or it was crossed
        self._go_on = go_on
        self._feeds = feeds
        self._publish = publisher.publish
        self._touch = publisher.touch
        self._verdicts = verdicts
        self._verifies = verifies
        self._has_copies = not deliveries.is_single
        self._repeats = deliveries.repeats
        self._apply_older = Older(publisher, verdicts, verifies=verifies).apply

    def apply(self, entry: wire.WireChange, market: str, timestamp: str, received: float) -> None:
        """One change, which may be older than what is known of its token, or known itself."""
        feed = self._feeds.get(entry.asset_id)
        if feed is None or (self._has_copies and self._repeats(feed, entry, timestamp)):
            return
        if not feed.is_live:
            self._keep(feed, entry, market, timestamp, received)
            return
        if timestamp < feed.at:
            self._apply_older(feed, entry, market, timestamp, received)
            return
        book = feed.book
        try:
            book.apply(entry.side, entry.price, entry.size)
            if (
                entry.best_bid == feed.told_bid
                and entry.best_ask == feed.told_ask
                and book.best_bid_micros == feed.shown_bid
                and book.best_ask_micros == feed.shown_ask
            ):  # most changes are below the top
                feed.at = timestamp
                self._touch(entry.asset_id, received)
            elif book.best_bid_micros < book.best_ask_micros and feed.agrees(
                entry.best_bid, entry.best_ask
            ):
                self._accept(feed, entry, timestamp, received)
            else:
                feed.at = timestamp
                self.unsettled.append(feed)
        except (InvalidQuantity, InvalidBook):
            self._verdicts.refuse(feed)
            return
        if self._verifies and not feed.proof.matches(book, market, entry.hash, timestamp):
            self._wonder(feed)

    def settle(self, entries: Sequence[wire.WireChange], timestamp: str, received: float) -> None:
        """The frame is over: a top that is still wrong is wrong, a book still crossed waits."""
        last = {entry.asset_id: entry for entry in entries}
        for feed in {feed.token: feed for feed in self.unsettled}.values():
            if feed.is_live:
                self._settle(feed, last[feed.token], timestamp, received)
            if feed.is_live and feed.proof.is_odd:
                self._verdicts.mismatched(feed)
        self.unsettled.clear()

    def _wonder(self, feed: TokenFeed) -> None:
        if feed.proof.is_odd:
            self.unsettled.append(feed)
        else:  # there was nothing to compare with
            self._verdicts.unproven[Verdict.OPEN] += 1

    def _accept(
        self, feed: TokenFeed, entry: wire.WireChange, timestamp: str, received: float
    ) -> None:
        feed.at = timestamp
        feed.crossed_since = None
        self._publish(feed, timestamp, received)
        feed.told_bid, feed.told_ask = entry.best_bid, entry.best_ask

    def _settle(
        self, feed: TokenFeed, entry: wire.WireChange, timestamp: str, received: float
    ) -> None:
        try:
            agrees = feed.agrees(entry.best_bid, entry.best_ask)
        except InvalidQuantity:
            self._verdicts.refuse(feed)
            return
        if not agrees:
            self._verdicts.disagree(feed)
        elif feed.book.is_crossed:
            self._verdicts.crossed(feed)
        else:
            self._accept(feed, entry, timestamp, received)

    def _keep(
        self,
        feed: TokenFeed,
        entry: wire.WireChange,
        market: str,
        timestamp: str,
        received: float,
    ) -> None:
        feed.health.heard()
        feed.keep(entry, market, timestamp)
        if feed.candidate is not None:
            self._go_on(feed, received)
