"""What the stream has told about one token."""

from collections import deque
from datetime import UTC, datetime
from typing import Final

from core.domain.book import Book, HashInputs
from core.domain.health import FROM_THE_STREAM, Doubt, TokenHealth
from core.domain.price import own_last_trade
from core.domain.units import Price, TokenId, price
from core.ports import BookSnapshot
from data_ingestion.streamer.market_updater.kept import Kept, has_top, is_replayed
from data_ingestion.streamer.market_updater.lateness import Lateness
from data_ingestion.streamer.market_updater.proof import BookProof
from data_ingestion.streamer.websocket_client import wire

KEPT: Final = 128  # changes of one token that wait for its book
RECENT: Final = 512  # entries of one token that a second copy is compared with
NEVER: Final = "0"  # a timestamp before all others
BEYOND: Final = ":"  # and after all others, as strings compare


class TokenFeed:
    """What is known about one subscribed token: its book once a snapshot came, and its last trade.

    `shown_bid` and `shown_ask` are the top that the board was last given, in millionths of a USDC,
    `told_bid` and `told_ask` the venue's words for it (None: it said nothing): so that only changes
    are published.
    """

    __slots__ = (
        "asked_at",
        "at",
        "base",
        "book",
        "candidate",
        "complement",
        "crossed_since",
        "health",
        "is_live",
        "kept",
        "last_trade",
        "lateness",
        "left_out",
        "market",
        "proof",
        "recent",
        "shown_ask",
        "shown_bid",
        "shown_trade",
        "ticked_at",
        "timed",
        "token",
        "told_ask",
        "told_bid",
        "traded_at",
    )

    def __init__(self, token: TokenId, complement: TokenId | None, now: float) -> None:
        self.asked_at = 0.0  # when REST answered with the candidate, monotonic seconds
        self.at = NEVER  # the venue's timestamp of the newest news of the book, milliseconds
        self.base = NEVER  # and of the snapshot that it goes back to
        self.book = Book(token)
        self.candidate: BookSnapshot | None = None  # proven, until the stream goes on from it
        self.complement = complement
        self.crossed_since: float | None = None
        self.health = TokenHealth(now)
        self.is_live = False  # what the health says, at hand for the hot path
        self.kept = deque[Kept](maxlen=KEPT)
        self.last_trade: Price | None = None
        self.lateness = Lateness()
        self.left_out = NEVER  # the newest change that was not kept
        self.market = min(token, complement or token)  # one name for both of its tokens
        self.proof = BookProof()
        self.recent = deque[str](maxlen=RECENT)  # the newest first; empty with one connection
        self.shown_bid = -1
        self.shown_trade: Price | None = None
        self.shown_ask = -1
        self.ticked_at = NEVER
        self.told_bid: str | None = None
        self.told_ask: str | None = None
        self.timed = (
            NEVER  # the news whose lag is known, or says nothing: a book that was asked for
        )
        self.token = token
        self.traded_at = NEVER

    def begin_connection(self) -> None:
        """What another connection told has no order with what this one will tell."""
        self.at = self.base = NEVER
        self.forget_kept()

    def forget_kept(self) -> None:
        """Nothing is waited for any more."""
        self.kept.clear()
        self.candidate = None
        self.left_out = NEVER

    def break_off(self) -> None:
        """A change was lost: no book can be gone on from before the stream sends a whole one."""
        self.forget_kept()
        self.left_out = BEYOND

    def keep(self, entry: wire.WireChange, market: str, timestamp: str) -> None:
        """A change that belongs to the book which is on its way."""
        if len(self.kept) == KEPT:
            self.left_out = max(self.left_out, self.kept[0].timestamp)
        self.kept.append(Kept(entry, market, timestamp))

    def take(self, message: wire.WireBook) -> None:
        """Become the snapshot.

        Raises: InvalidQuantity, InvalidBook; the book is as before then.
        """
        self.book.replace(
            ((level.price, level.size) for level in message.bids),
            ((level.price, level.size) for level in message.asks),
        )
        if not self.is_live:
            self.timed = message.timestamp
        self.at = self.base = message.timestamp
        if not self.book.is_crossed:  # the same crossed book once more makes it no younger
            self.crossed_since = None
        if message.last_trade_price:
            self.last_trade = own_last_trade(
                price(message.last_trade_price),
                self.book.best_bid,
                self.book.best_ask,
                self.last_trade,
            )

    def agrees(self, bid: str | None, ask: str | None) -> bool:
        """Whether our top is the one that an entry states, where it states one.

        Raises: InvalidQuantity.
        """
        return has_top(self.book, bid, ask)

    def holds(self, snapshot: BookSnapshot) -> bool:
        """Whether our book is the polled one, or not older: then ours counts."""
        if snapshot.at is not None and snapshot.at <= instant(self.at):
            return True
        return self.equals(snapshot)

    def equals(self, snapshot: BookSnapshot) -> bool:
        """Whether both books have the same levels."""
        ours, theirs = self.book, snapshot.book
        return ours.bids() == theirs.bids() and ours.asks() == theirs.asks()

    def continued(self, snapshot: BookSnapshot) -> Book | None:
        """The proven book by REST with every later change applied to it.

        None if it is older than what the stream told, a change in between is missing, the result
        is crossed or not what the venue stated with the last change, or the stream that had stopped
        speaks of older times only.
        """
        known = max(self.at, self.left_out)
        if not snapshot.is_proven or snapshot.inputs is None or snapshot.timestamp < known:
            return None
        later = [kept for kept in self.kept if kept.timestamp >= snapshot.timestamp]
        book = Book(self.token)
        book.replace(snapshot.book.raw_bids(), snapshot.book.raw_asks())
        if later:
            inputs = self._newest_inputs(snapshot.inputs, snapshot.timestamp)
            fits = is_replayed(book, later, inputs)
        else:
            why = self.health.why  # news that is late is the newest, if the venue has no newer
            fits = why in FROM_THE_STREAM or (why is Doubt.LATE and snapshot.timestamp == self.at)
        return book if fits and not book.is_crossed else None

    def learn(self, snapshot: BookSnapshot) -> None:
        """Our book counts, but the venue itself says what it hashes besides."""
        if snapshot.inputs is not None and snapshot.is_proven and not self.proof.is_proven:
            self.proof.learn(self._newest_inputs(snapshot.inputs, snapshot.timestamp))

    def adopt(self, book: Book, snapshot: BookSnapshot) -> None:
        """Go on from the book by REST, and from what the venue hashed for it."""
        if book.has_levels_of(self.book):
            self.proof.excuse()
        self.book = book
        self.base = self.timed = snapshot.timestamp
        self.at = max([self.base, *(kept.timestamp for kept in self.kept)])
        if snapshot.inputs is not None:
            self.proof.learn(self._newest_inputs(snapshot.inputs, snapshot.timestamp))
        self.proof.restart()
        self.crossed_since = None
        if snapshot.last_trade is not None and self.traded_at <= snapshot.timestamp:
            self.last_trade = snapshot.last_trade

    def _newest_inputs(self, told: HashInputs, timestamp: str) -> HashInputs:
        """Trades and ticks that the stream told of after the snapshot count."""
        ours = self.proof
        last_trade, tick = told.last_trade, told.tick
        if self.traded_at > timestamp and ours.last_trade is not None:
            last_trade = ours.last_trade
        if self.ticked_at > timestamp and ours.tick is not None:
            tick = ours.tick
        return HashInputs(told.market, told.minimum_size, tick, told.neg_risk, last_trade)


def instant(timestamp: str) -> datetime:
    """The venue's milliseconds as a moment."""
    return datetime.fromtimestamp(int(timestamp) / 1000, UTC)
