"""The stream's rarer news of a token: its whole book, its trades, its price grid."""

from collections.abc import Mapping
from decimal import Decimal

from core.domain.errors import InvalidBook, InvalidQuantity
from core.domain.health import Doubt
from core.domain.units import TokenId, price
from data_ingestion.streamer.market_updater.deliveries import Deliveries
from data_ingestion.streamer.market_updater.lateness import LATE
from data_ingestion.streamer.market_updater.publisher import Publisher
from data_ingestion.streamer.market_updater.token_feed import NEVER, TokenFeed
from data_ingestion.streamer.market_updater.trust import Trust
from data_ingestion.streamer.market_updater.verdicts import Verdicts
from data_ingestion.streamer.websocket_client import wire


class Snapshots:
    """Takes books, trades and new price grids."""

    def __init__(
        self,
        feeds: Mapping[TokenId, TokenFeed],
        trust: Trust,
        publisher: Publisher,
        verdicts: Verdicts,
        deliveries: Deliveries,
        *,
        verifies: bool,
    ) -> None:
        self._feeds = feeds
        self._trust = trust
        self._publish = publisher.publish
        self._verdicts = verdicts
        self._verifies = verifies
        self._deliveries = deliveries

    def book(self, message: wire.WireBook, received: float) -> None:
        """A whole book replaces ours, and makes its token live where it can be believed."""
        feed = self._feeds.get(message.asset_id)
        if feed is None or self._repeats(feed, message):
            return
        if self._stays_late(feed, message.timestamp, received):
            return
        is_older = feed.is_live and message.timestamp < feed.at
        try:
            feed.take(message)
        except (InvalidQuantity, InvalidBook):
            self._verdicts.refuse(feed)
            return
        if not self._show(feed, message.timestamp, received):
            return
        if self._verifies:
            self._prove(feed, message)
        if is_older:  # on one connection the order of arrival counts, once it is proven
            self._verdicts.question(feed)

    def trade(self, message: wire.WireTrade | wire.WireLegacyTrade, received: float) -> None:
        """A trade changes what is hashed, of both tokens, and perhaps the price shown."""
        feed = self._feeds.get(message.asset_id)
        if feed is None or self._deliveries.repeats_trade(feed, message.timestamp):
            return
        try:
            feed.last_trade = price(message.price)
        except InvalidQuantity:
            self._verdicts.dropped["trade"] += 1
            return
        for traded in (feed, self._feeds.get(feed.complement) if feed.complement else None):
            if traded is not None:
                traded.traded_at = message.timestamp
                traded.proof.traded(message.price)
        if feed.is_live and not feed.book.is_crossed:
            self._publish(feed, message.timestamp, received)

    def tick(self, message: wire.WireTickSize) -> None:
        """A new grid is a new book: the old one holds prices that may no longer exist."""
        feed = self._feeds.get(message.asset_id)
        if feed is None:
            return
        try:
            price(message.new_tick_size)
        except InvalidQuantity:
            self._verdicts.dropped["tick"] += 1
            return
        if self._deliveries.repeats_tick(feed, message.timestamp):
            return
        is_new = feed.proof.tick is None or Decimal(feed.proof.tick) != Decimal(
            message.new_tick_size
        )
        feed.ticked_at = message.timestamp
        feed.proof.retick(message.new_tick_size)
        if is_new:
            self._trust.doubt(feed, Doubt.TICK)

    def _show(self, feed: TokenFeed, timestamp: str, received: float) -> bool:
        """Whether the book counts. Who is live waits with a crossed one for what explains it."""
        if feed.book.is_crossed:
            if feed.is_live:
                self._verdicts.crossed(feed)
            else:
                self._verdicts.dropped["crossed"] += 1
            return feed.is_live
        self._trust.booked(feed)
        if feed.is_live:
            feed.shown_bid = -1  # published whatever it says: it may end a doubt
            self._publish(feed, timestamp, received)
        return feed.is_live

    def _stays_late(self, feed: TokenFeed, timestamp: str, received: float) -> bool:
        """Whether it is one more late news of a connection that is late.

        The book that was asked for, and comes at once, knows nothing newer where nothing is late.
        """
        if feed.health.why is not Doubt.LATE or feed.at == NEVER:
            return False
        if timestamp == feed.at:
            if received - feed.health.since <= LATE:
                feed.lateness.refute()
            return False
        if not feed.lateness.would_be_late(self._trust.lag(timestamp)):
            return False
        feed.health.heard()
        self._verdicts.dropped["late"] += 1
        return True

    def _repeats(self, feed: TokenFeed, message: wire.WireBook) -> bool:
        is_late = self._trust.has_waited(feed)
        return self._deliveries.repeats_book(feed, message, is_late=is_late)

    def _prove(self, feed: TokenFeed, message: wire.WireBook) -> None:
        feed.proof.begin(message.tick_size, message.last_trade_price)
        if not feed.proof.matches(feed.book, message.market, message.hash, message.timestamp):
            self._verdicts.mismatched(feed)
