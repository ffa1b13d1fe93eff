"""Books from news, and prices from books: the one writer of the price board's live prices."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Final, assert_never

from core.domain.book import Book
from core.domain.errors import InvalidBook, InvalidQuantity
from core.domain.market import Market, Source
from core.domain.price import PriceState, Quote, shown_price
from core.domain.units import Price, TokenId, price
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.market_updater.token_feed import TokenFeed, instant
from data_ingestion.streamer.websocket_client import wire

logger = logging.getLogger(__name__)

RENEW_EVERY: Final = 5.0  # seconds between new snapshots asked for one token
MS_DIGITS: Final = 13  # of a timestamp in milliseconds until the year 2286
EARLIEST: Final = "1577836800000"  # ms, the year 2020; older timestamps are nonsense


class MarketUpdater:
    """Applies the stream's messages to the books of followed tokens and publishes their prices."""

    def __init__(
        self,
        board: PriceBoard,
        *,
        renew: Callable[[Collection[TokenId]], None] = lambda _: None,
        observe_lag: Callable[[float], None] = lambda _: None,
        verifies: bool = True,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`verifies`: prove each book by the venue's hash.

        `observe_lag` is told the seconds from the venue's timestamp to now, at each news.
        """
        self.dropped: Counter[str] = Counter()  # entries that could not be applied, by reason
        self.proofs: Counter[Verdict] = Counter()  # comparisons of hashes, by result
        self._verifies = verifies
        self._described: dict[TokenId, Market] = {}
        self._board = board
        self._touch = board.touch
        self._renew = renew
        self._observe_lag = observe_lag
        self._on_resolved: Callable[[], None] = lambda: None
        self._clock = clock
        self._wall = wall
        self._feeds: dict[TokenId, TokenFeed] = {}

    def on_renewal(self, renew: Callable[[Collection[TokenId]], None]) -> None:
        """Whom to ask for new snapshots: the connection, which is built after its listener."""
        self._renew = renew

    def on_resolution(self, tell: Callable[[], None]) -> None:
        """Whom to tell that the stream spoke of a market's result."""
        self._on_resolved = tell

    def describe(self, market: Market) -> None:
        """What the catalogue says of a market whose tokens will be followed."""
        for token in market.tokens:
            self._described[token] = market
            if token in self._feeds:
                self._feeds[token].proof.describe(market)

    def follow(self, token: TokenId, complement: TokenId | None) -> None:
        """Take notice of news about `token` from now on."""
        if token not in self._feeds:
            feed = self._feeds[token] = TokenFeed(token, complement, self._clock())
            if token in self._described:
                feed.proof.describe(self._described[token])

    def drop(self, token: TokenId) -> None:
        """Forget the book; the board keeps the last price, which ages."""
        if self._feeds.pop(token, None) is not None:
            self._board.forget(token)

    def connection_opened(self) -> None:
        """Snapshots were just asked for; each makes its token live."""
        now = self._clock()
        for feed in self._feeds.values():
            feed.renewed_at = feed.waits_since = now

    def connection_lost(self) -> None:
        """Whatever happened meanwhile was missed: no book is trusted before its next snapshot."""
        self.suspect(self._feeds)

    def suspect(self, tokens: Iterable[TokenId]) -> None:
        """Something about these tokens was missed: distrust their books until a new snapshot."""
        for token in list(tokens):
            feed = self._feeds.get(token)
            if feed is not None and feed.has_snapshot:
                self._distrust(token, feed)

    def renew_overdue(self) -> None:
        """Ask again for snapshots that did not come; call it now and then while connected."""
        for token, feed in self._feeds.items():
            if not feed.has_snapshot:
                self._ask_for_snapshot(token, feed)

    def longest_wait(self) -> float:
        """Seconds that a token with a book at the venue has been without one here; 0 if none is.

        What REST has no book for either is not the connection's fault.
        """
        now = self._clock()
        waits = (
            now - feed.waits_since
            for token, feed in self._feeds.items()
            if not feed.has_snapshot and self._board.state(token) is PriceState.POLLED
        )
        return max(waits, default=0.0)

    async def handle_price_update(self, message: wire.Message, received: float) -> None:
        """Apply one message that arrived at `received` (monotonic seconds)."""
        self.apply(message, received)

    def apply(self, message: wire.Message, received: float) -> None:
        """The same without a task switch, for the connection's own loop.

        News about tokens nobody follows, and news that makes no sense, changes nothing.
        """
        timestamp = message.timestamp
        if not (timestamp.isdigit() and len(timestamp) == MS_DIGITS and timestamp >= EARLIEST):
            self.dropped["timestamp"] += 1
        elif isinstance(message, wire.WirePriceChange):  # nearly all of them: the hot path
            for entry in message.price_changes or message.entries():
                self._change(entry, message.market, timestamp, received)
        else:
            self._apply_rare(message, received)

    def _apply_rare(self, message: wire.RareMessage, received: float) -> None:
        match message:
            case wire.WireBook():
                self._snapshot(message, received)
            case wire.WireTrade() | wire.WireLegacyTrade():
                self._trade(message, received)
            case wire.WireTickSize():
                self._tick(message)
            case wire.WireResolved():
                self._on_resolved()  # a hint only: the catalogue decides
            case wire.WireBestBidAsk() | wire.WireNewMarket():
                pass  # the book says the first, the catalogue the other
            case _:
                assert_never(message)

    def take_polled(self, snapshot: BookSnapshot, received: float) -> None:
        """A book by REST: shown while the stream does not carry the token, else only compared."""
        token = snapshot.book.token
        feed = self._feeds.get(token)
        if feed is not None and feed.has_snapshot:
            if not self.agrees_with(snapshot):
                self._distrust(token, feed)
            return
        complement = self._board.quote(feed.complement) if feed and feed.complement else None
        quote = Quote(
            token=token,
            price=self._price(snapshot.book, snapshot.last_trade, complement),
            bid=snapshot.book.best_bid,
            ask=snapshot.book.best_ask,
            last_trade=snapshot.last_trade,
            source=Source.POLL,
            received=received,
            at=snapshot.at,
        )
        self._board.publish(quote)
        self._board.set_state(token, PriceState.POLLED)

    def agrees_with(self, snapshot: BookSnapshot) -> bool:
        """Whether our streamed book is the polled one, or not older: then ours counts.

        A token whose book is not trusted agrees with everything; it is being repaired already.
        """
        feed = self._feeds.get(snapshot.book.token)
        return feed is None or not feed.has_snapshot or feed.holds(snapshot)

    def repair(self, snapshot: BookSnapshot, received: float) -> None:
        """Our book has missed something: show the polled one, and ask for a new snapshot."""
        token = snapshot.book.token
        feed = self._feeds.get(token)
        if feed is not None and feed.has_snapshot:
            self.dropped["silently_stopped"] += 1
            self._distrust(token, feed)
            self.take_polled(snapshot, received)

    def _change(self, entry: wire.WireChange, market: str, timestamp: str, received: float) -> None:
        token = entry.asset_id
        feed = self._feeds.get(token)
        if feed is None or not feed.has_snapshot:
            return
        book = feed.book
        try:
            book.apply(entry.side, entry.price, entry.size)
            is_below_top = (
                entry.best_bid == feed.told_bid
                and entry.best_ask == feed.told_ask
                and book.best_bid_micros == feed.shown_bid
                and book.best_ask_micros == feed.shown_ask
            )
            agrees = is_below_top or feed.agrees(entry.best_bid, entry.best_ask)
        except (InvalidQuantity, InvalidBook):
            self._refuse(token, feed)
            return
        if not agrees:
            self.dropped["book_disagrees"] += 1
            self._distrust(token, feed)
            return
        if is_below_top:  # most changes
            feed.at = timestamp
            self._touch(token, received)
        else:
            feed.told_bid, feed.told_ask = entry.best_bid, entry.best_ask
            self._publish(token, feed, timestamp, received)
        if self._verifies:
            self._prove(feed, market, entry.hash, timestamp)

    def _prove(self, feed: TokenFeed, market: str, stated: str, timestamp: str) -> None:
        verdict = feed.proof.compare(feed.book, market, stated, timestamp)
        self.proofs[verdict] += 1
        if verdict is Verdict.WRONG:
            self.dropped["hash_differs"] += 1
            self._distrust(feed.book.token, feed)

    def _snapshot(self, message: wire.WireBook, received: float) -> None:
        token = message.asset_id
        feed = self._feeds.get(token)
        if feed is None:
            return
        try:
            feed.take(message)
        except (InvalidQuantity, InvalidBook):
            self._refuse(token, feed)
            return
        feed.has_snapshot = True
        feed.shown_bid = -1  # published whatever it says: it may end a doubt
        self._publish(token, feed, message.timestamp, received)
        self._board.set_state(token, PriceState.LIVE)
        if self._verifies:
            feed.proof.begin(message.tick_size, message.last_trade_price)
            self._prove(feed, message.market, message.hash, message.timestamp)

    def _trade(self, message: wire.WireTrade | wire.WireLegacyTrade, received: float) -> None:
        token = message.asset_id
        feed = self._feeds.get(token)
        if feed is None:
            return
        try:
            feed.last_trade = price(message.price)
        except InvalidQuantity:
            self.dropped["trade"] += 1
            return
        for traded in (feed, self._feeds.get(feed.complement) if feed.complement else None):
            if traded is not None:
                traded.proof.traded(message.price)
        if feed.has_snapshot:
            self._publish(token, feed, message.timestamp, received)

    def _tick(self, message: wire.WireTickSize) -> None:
        """A new grid is a new book: the old one holds prices that may no longer exist."""
        token = message.asset_id
        feed = self._feeds.get(token)
        if feed is None:
            return
        try:
            price(message.new_tick_size)
        except InvalidQuantity:
            self.dropped["tick"] += 1
            return
        feed.proof.retick(message.new_tick_size)

    def _publish(self, token: TokenId, feed: TokenFeed, timestamp: str, received: float) -> None:
        book = feed.book
        feed.at = timestamp
        top = (book.best_bid_micros, book.best_ask_micros)
        if top == (feed.shown_bid, feed.shown_ask) and feed.last_trade == feed.shown_trade:
            self._touch(token, received)
            return
        feed.shown_bid, feed.shown_ask = top
        feed.shown_trade = feed.last_trade
        complement = self._board.quote(feed.complement) if feed.complement else None
        told = instant(timestamp)
        self._observe_lag(self._wall() - told.timestamp())
        self._board.publish(
            Quote(
                token=token,
                price=self._price(book, feed.last_trade, complement),
                bid=book.best_bid,
                ask=book.best_ask,
                last_trade=feed.last_trade,
                source=Source.WS,
                received=received,
                at=told,
                book=book,
            )
        )

    def _price(
        self, book: Book, last_trade: Price | None, complement: Quote | None
    ) -> Price | None:
        """An empty book says nothing about the price: the last one stays, and ages."""
        other = complement.last_trade if complement else None
        shown = shown_price(book.best_bid, book.best_ask, last_trade, other)
        if shown is not None:
            return shown
        known = self._board.quote(book.token)
        return known.price if known else None

    def _refuse(self, token: TokenId, feed: TokenFeed) -> None:
        self.dropped["invalid_entry"] += 1
        self._distrust(token, feed)

    def _distrust(self, token: TokenId, feed: TokenFeed) -> None:
        feed.has_snapshot = False
        feed.waits_since = self._clock()
        self._board.set_state(token, PriceState.SUSPECT)
        self._ask_for_snapshot(token, feed)

    def _ask_for_snapshot(self, token: TokenId, feed: TokenFeed) -> None:
        now = self._clock()
        if now - feed.renewed_at >= RENEW_EVERY:
            feed.renewed_at = now
            self._renew((token,))
