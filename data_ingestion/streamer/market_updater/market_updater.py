"""Books from news, and prices from books: the one writer of the price board's live prices."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Final, assert_never

from core.domain.health import Doubt
from core.domain.market import Market
from core.domain.units import TokenId
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.changes import Changes
from data_ingestion.streamer.market_updater.deliveries import Deliveries
from data_ingestion.streamer.market_updater.polled import Polled
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.market_updater.publisher import Publisher
from data_ingestion.streamer.market_updater.snapshots import Snapshots
from data_ingestion.streamer.market_updater.token_feed import TokenFeed
from data_ingestion.streamer.market_updater.trust import Trust
from data_ingestion.streamer.market_updater.verdicts import Verdicts
from data_ingestion.streamer.websocket_client import wire

DIGITS: Final = 13  # of a timestamp in milliseconds between the years 2001 and 2286
EARLIEST: Final = "1577836800000"  # ms, the year 2020; older timestamps are nonsense
LATEST: Final = "4102444800000"  # ms, the year 2100; so are later ones


class MarketUpdater:
    """Applies the stream's messages to the books of followed tokens and publishes their prices."""

    def __init__(
        self,
        board: PriceBoard,
        *,
        renew: Callable[[Collection[TokenId]], None] = lambda _: None,
        observe_lag: Callable[[float], None] = lambda _: None,
        verifies: bool = True,
        copies: int = 1,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`verifies`: prove each book by the venue's hash.

        `copies`: how many connections bring the same news; the first delivery of each counts.
        `observe_lag` is told the seconds from the venue's timestamp to now, at each news.
        """
        self._described: dict[TokenId, Market] = {}
        self._board = board
        self._clock = clock
        self._feeds: dict[TokenId, TokenFeed] = {}
        self._trust = Trust(board, clock, wall)
        self._trust.renew = renew
        publisher = Publisher(board, observe_lag, wall)
        deliveries = Deliveries(copies)
        self.dropped = deliveries.dropped  # news that could not be applied, by reason
        self._verdicts = Verdicts(self._trust, self.dropped, clock)
        self._polled = Polled(self._feeds, board, self._trust, publisher, self.dropped)
        self._changes = Changes(
            self._feeds,
            publisher,
            self._verdicts,
            deliveries,
            verifies=verifies,
            go_on=self._polled.go_on,
        )
        self._snapshots = Snapshots(
            self._feeds, self._trust, publisher, self._verdicts, deliveries, verifies=verifies
        )
        self._change = self._changes.apply
        self._unsettled = self._changes.unsettled
        self._on_resolved: Callable[[], None] = lambda: None
        self._proven_by_dropped = 0

    @property
    def proofs(self) -> Counter[Verdict]:
        """Comparisons of hashes, by result."""
        proven = self._proven_by_dropped + sum(feed.proof.proven for feed in self._feeds.values())
        return self._verdicts.unproven + Counter({Verdict.PROVEN: proven})

    def on_renewal(self, renew: Callable[[Collection[TokenId]], None]) -> None:
        """Whom to ask for new snapshots: the connection, which is built after its listener."""
        self._trust.renew = renew

    def on_resolution(self, tell: Callable[[], None]) -> None:
        """Whom to tell that the stream spoke of a market's result."""
        self._on_resolved = tell

    def describe(self, market: Market) -> None:
        """What the catalogue says of a market whose tokens will be followed."""
        for token in market.tokens:
            self._described[token] = market
            if token in self._feeds:
                self._feeds[token].proof.describe(market)

    def forget(self, market: Market) -> None:
        """Nobody follows its tokens any more."""
        for token in market.tokens:
            self._described.pop(token, None)

    def follow(self, token: TokenId, complement: TokenId | None) -> None:
        """Take notice of news about `token` from now on; its first book is waited for."""
        if token in self._feeds:
            return
        feed = self._feeds[token] = TokenFeed(token, complement, self._clock())
        if token in self._described:
            feed.proof.describe(self._described[token])
        self._board.set_state(token, self._board.state(token), Doubt.UNHEARD)

    def drop(self, token: TokenId) -> None:
        """Forget the book; the board keeps the last price, which ages."""
        feed = self._feeds.pop(token, None)
        if feed is not None:
            self._proven_by_dropped += feed.proof.proven
        self._board.forget(token)

    def connection_opened(self, tokens: Collection[TokenId]) -> None:
        """Snapshots of these were just asked for; each makes its token live."""
        for feed in self._named(tokens):
            self._trust.opened(feed)

    def connection_lost(self, tokens: Collection[TokenId]) -> None:
        """Whatever happens to these is missed: no book is trusted before its next snapshot."""
        for feed in self._named(tokens):
            self._trust.lost(feed)

    def suspect(self, tokens: Collection[TokenId], why: Doubt = Doubt.UNREADABLE) -> None:
        """Something about these tokens was missed: distrust their books until a new snapshot."""
        for feed in self._named(tokens):
            self._trust.doubt(feed, why)

    def check(self) -> None:
        """What only time tells: call it a few times a second."""
        self._trust.check(self._feeds.values())

    def worn(self, mute: frozenset[TokenId]) -> frozenset[TokenId]:
        """Tokens whose connection did not bring their book although asked more than once.

        `mute`: tokens whose connection brought nothing at all.
        """
        now = self._clock()
        return frozenset(
            token
            for token, feed in self._feeds.items()
            if feed.health.needs_another_connection(now, is_mute=token in mute)
        )

    async def handle_price_update(self, message: wire.Message, received: float) -> None:
        """Apply one message that arrived at `received` (monotonic seconds)."""
        self.apply(message, received)

    def apply(self, message: wire.Message, received: float) -> None:
        """The same without a task switch, for the connection's own loop.

        News about tokens nobody follows, and news that makes no sense, changes nothing.
        """
        timestamp = message.timestamp
        is_dated = EARLIEST <= timestamp < LATEST and timestamp.isdigit()
        if not is_dated or len(timestamp) != DIGITS:
            self._misdated(message)
        elif isinstance(message, wire.WirePriceChange):  # nearly all of them: the hot path
            change, market = self._change, message.market
            entries = message.price_changes or message.entries()
            for entry in entries:
                change(entry, market, timestamp, received)
            if self._unsettled:
                self._changes.settle(entries, timestamp, received)
        else:
            self._apply_rare(message, received)

    def take_polled(self, snapshot: BookSnapshot, received: float) -> None:
        """A book by REST: see `Polled.take`."""
        self._polled.take(snapshot, received)

    def repair(self, snapshot: BookSnapshot, received: float) -> None:
        """Our book has missed something: see `Polled.repair`."""
        self._polled.repair(snapshot, received)

    def agrees_with(self, snapshot: BookSnapshot) -> bool:
        """Whether our streamed book is the polled one, or not older: see `Polled.agrees_with`."""
        return self._polled.agrees_with(snapshot)

    def is_proven_by(self, snapshot: BookSnapshot) -> bool:
        """Whether the polled book is ours, level by level."""
        return self._polled.is_proven_by(snapshot)

    def asked(self, tokens: Collection[TokenId]) -> None:
        """REST is being asked for these tokens' books."""
        self._polled.asked(tokens)

    def unanswered(self, tokens: Collection[TokenId]) -> None:
        """REST did not answer for these tokens."""
        self._polled.unanswered(tokens)

    def absent(self, tokens: Collection[TokenId]) -> None:
        """REST answered, and has no book of these."""
        self._polled.absent(tokens)

    def is_carried(self, token: TokenId) -> bool:
        """Whether a connection was asked for it, or has brought its book."""
        feed = self._feeds.get(token)
        return feed is not None and feed.health.is_carried

    def _apply_rare(self, message: wire.RareMessage, received: float) -> None:
        match message:
            case wire.WireBook():
                self._snapshots.book(message, received)
            case wire.WireTrade() | wire.WireLegacyTrade():
                self._snapshots.trade(message, received)
            case wire.WireTickSize():
                self._snapshots.tick(message)
            case wire.WireResolved():
                self._on_resolved()  # a hint only: the catalogue decides
            case wire.WireBestBidAsk() | wire.WireNewMarket():
                pass  # the book says the first, the catalogue the other
            case _:
                assert_never(message)

    def _misdated(self, message: wire.Message) -> None:
        """What it told is missed: it has no place in any order."""
        self.dropped["timestamp"] += 1
        self.suspect(wire.tokens_of(message))

    def _named(self, tokens: Collection[TokenId]) -> list[TokenFeed]:
        return [self._feeds[token] for token in tokens if token in self._feeds]
