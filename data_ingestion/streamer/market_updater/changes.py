"""Applies changes of single levels to books: the hot path of the feed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from core.domain.errors import InvalidBook, InvalidQuantity
from core.domain.health import Doubt
from core.domain.units import TokenId
from data_ingestion.streamer.market_updater.deliveries import Deliveries
from data_ingestion.streamer.market_updater.kept import has_top
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.market_updater.publisher import Publisher
from data_ingestion.streamer.market_updater.token_feed import TokenFeed
from data_ingestion.streamer.market_updater.trust import Trust
from data_ingestion.streamer.websocket_client import wire


class Changes:
    """Takes the entries of `price_change`s, one after the other; `settle` ends each frame."""

    def __init__(
        self,
        feeds: Mapping[TokenId, TokenFeed],
        trust: Trust,
        publisher: Publisher,
        *,
        verifies: bool,
        deliveries: Deliveries,
        clock: Callable[[], float],
    ) -> None:
        self.dropped = deliveries.dropped
        self.unproven: Counter[Verdict] = Counter()  # comparisons that did not match, by result
        self.unsettled: list[TokenFeed] = []  # top or hash was not as stated, or it was crossed
        self.go_on: Callable[[TokenFeed, float], None] = lambda _feed, _received: None
        self._feeds = feeds
        self._trust = trust
        self._publish = publisher.publish
        self._touch = publisher.touch
        self._verifies = verifies
        self._deliveries = deliveries
        self._clock = clock

    def apply(self, entry: wire.WireChange, market: str, timestamp: str, received: float) -> None:
        """A change that is not older than what is known of its token."""
        feed = self._feeds.get(entry.asset_id)
        if feed is None:
            return
        if not feed.is_live:
            self._keep(feed, entry, market, timestamp, received)
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
            self.refuse(feed)
            return
        if self._verifies and not feed.proof.matches(book, market, entry.hash, timestamp):
            self._wonder(feed)

    def apply_unordered(
        self, entry: wire.WireChange, market: str, timestamp: str, received: float
    ) -> None:
        """A change that may be older than what is known of its token, or known itself."""
        feed = self._feeds.get(entry.asset_id)
        if feed is None or self._deliveries.repeats(feed, entry, timestamp):
            return
        if timestamp >= feed.at or not feed.is_live:
            self.apply(entry, market, timestamp, received)
            return
        try:
            self._apply_older(feed, entry, market, timestamp, received)
        except (InvalidQuantity, InvalidBook):
            self.refuse(feed)

    def settle(self, entries: Sequence[wire.WireChange], timestamp: str, received: float) -> None:
        """The frame is over: a top that is still wrong is wrong, a book still crossed waits."""
        last = {entry.asset_id: entry for entry in entries}
        for feed in {feed.token: feed for feed in self.unsettled}.values():
            if feed.is_live:
                self._settle(feed, last[feed.token], timestamp, received)
            if feed.is_live and feed.proof.is_odd:
                self.mismatched(feed)
        self.unsettled.clear()

    def question(self, feed: TokenFeed) -> None:
        """Something is odd about the book: it must prove itself soon."""
        feed.proof.question(self._clock())

    def mismatched(self, feed: TokenFeed) -> None:
        """The newest comparison of hashes did not match, and the frame is over."""
        feed.proof.conclude()
        verdict = feed.proof.verdict
        self.unproven[verdict] += 1
        if verdict is Verdict.WRONG:
            self._doubt(feed, Doubt.HASH, "hash_differs")
        elif feed.proof.mismatches and feed.proof.has_matched:
            feed.proof.question(self._clock())

    def refuse(self, feed: TokenFeed) -> None:
        """News that makes no sense: what it meant is missing now."""
        self._doubt(feed, Doubt.UNREADABLE, "invalid_entry")

    def _wonder(self, feed: TokenFeed) -> None:
        if feed.proof.is_odd:
            self.unsettled.append(feed)
        else:  # there was nothing to compare with
            self.unproven[Verdict.OPEN] += 1

    def _accept(
        self, feed: TokenFeed, entry: wire.WireChange, timestamp: str, received: float
    ) -> None:
        feed.told_bid, feed.told_ask = entry.best_bid, entry.best_ask
        feed.at = timestamp
        feed.crossed_since = None
        self._publish(feed, timestamp, received)

    def _settle(
        self, feed: TokenFeed, entry: wire.WireChange, timestamp: str, received: float
    ) -> None:
        try:
            agrees = feed.agrees(entry.best_bid, entry.best_ask)
        except InvalidQuantity:
            self.refuse(feed)
            return
        if not agrees:
            self._doubt(feed, Doubt.MISSED, "book_disagrees")
        elif not feed.book.is_crossed:
            self._accept(feed, entry, timestamp, received)
        elif feed.crossed_since is None:
            feed.crossed_since = self._clock()

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
            self.go_on(feed, received)

    def _apply_older(
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
        before = feed.book.size_at(entry.side, entry.price)
        if before == entry.size:
            self.dropped["duplicate"] += 1
            return
        did_agree = feed.agrees(entry.best_bid, entry.best_ask)
        feed.book.apply(entry.side, entry.price, entry.size)
        if self._fits(feed, entry, market, timestamp, did_agree=did_agree):
            self.question(feed)  # the next change shows whether it was the true one
            self._publish(feed, feed.at, received)
            return
        feed.book.apply(entry.side, entry.price, before)
        if timestamp < feed.base:
            self.dropped["older_than_snapshot"] += 1
        else:
            self._doubt(feed, Doubt.DISORDER, "out_of_order")

    def _fits(
        self,
        feed: TokenFeed,
        entry: wire.WireChange,
        market: str,
        timestamp: str,
        *,
        did_agree: bool,
    ) -> bool:
        """By the hash, or where it cannot be computed, by a top that agrees only now."""
        if self._verifies and entry.hash and feed.proof.inputs(market) is not None:
            proof, stated = feed.proof, entry.hash
            return proof.is_match(feed.book, market, stated, timestamp) and proof.matches(
                feed.book, market, stated, timestamp
            )
        return not did_agree and has_top(feed.book, entry.best_bid, entry.best_ask)

    def _doubt(self, feed: TokenFeed, why: Doubt, reason: str) -> None:
        self.dropped[reason] += 1
        self._trust.doubt(feed, why)
