"""Books by REST: shown where the stream brings nothing, and gone on from where it does."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Final

from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.lateness import LATE
from data_ingestion.streamer.market_updater.publisher import Publisher
from data_ingestion.streamer.market_updater.token_feed import TokenFeed
from data_ingestion.streamer.market_updater.trust import Trust

LATELY: Final = 2.0  # seconds since its last news, for which a token counts as talking


class Polled:
    """What becomes of a token's book by REST."""

    def __init__(
        self,
        feeds: Mapping[TokenId, TokenFeed],
        board: PriceBoard,
        trust: Trust,
        publisher: Publisher,
        dropped: Counter[str],
    ) -> None:
        self._feeds = feeds
        self._board = board
        self._trust = trust
        self._publisher = publisher
        self._dropped = dropped

    def take(self, snapshot: BookSnapshot, received: float) -> None:
        """A live token is compared, any other one repaired or at least shown.

        REST may be a moment ahead of a token that talks: whether that is all, the audit finds. A
        crossed book is no answer.
        """
        token = snapshot.book.token
        feed = self._feeds.get(token)
        if snapshot.book.is_crossed:
            self._dropped["crossed"] += 1
            self.unanswered([token])
            return
        if feed is None:
            self._publisher.publish_polled(snapshot, None, received)
            self._board.show_polled(token)
            return
        if not feed.is_live:
            self._repair(feed, snapshot, received)
            return
        if feed.holds(snapshot):
            feed.learn(snapshot)
            return
        if (self._board.age(token) or 0.0) >= LATELY:
            self._trust.doubt(feed, Doubt.FROZEN)

    def repair(self, snapshot: BookSnapshot, received: float) -> None:
        """Our live book has missed something: this is what the venue has instead."""
        feed = self._feeds.get(snapshot.book.token)
        if feed is not None and feed.is_live:
            self._dropped["silently_stopped"] += 1
            self._trust.doubt(feed, Doubt.FROZEN)
            self._repair(feed, snapshot, received)

    def agrees_with(self, snapshot: BookSnapshot) -> bool:
        """Whether our streamed book is the polled one, or not older: then ours counts.

        A token whose book is not trusted agrees with everything; it is being repaired already.
        """
        feed = self._feeds.get(snapshot.book.token)
        return feed is None or not feed.is_live or feed.holds(snapshot)

    def is_proven_by(self, snapshot: BookSnapshot) -> bool:
        """Whether the polled book is ours, level by level; an older one proves nothing."""
        feed = self._feeds.get(snapshot.book.token)
        return feed is not None and feed.is_live and feed.equals(snapshot)

    def asked(self, tokens: Collection[TokenId]) -> None:
        self._each(tokens, self._trust.asked)

    def unanswered(self, tokens: Collection[TokenId]) -> None:
        self._each(tokens, self._trust.unanswered)

    def absent(self, tokens: Collection[TokenId]) -> None:
        self._each(tokens, self._trust.absent)

    def go_on(self, feed: TokenFeed, received: float) -> None:
        """The stream spoke of a token whose book by REST is proven: live, if both fit."""
        snapshot = feed.candidate
        if snapshot is None or not feed.health.can_go_on(received):
            return
        book = feed.continued(snapshot)
        if book is None or self._stays_late(feed, received):
            return
        feed.adopt(book, snapshot)
        self._trust.answered(feed, is_proven=True)
        feed.shown_bid = -1  # published whatever it says: it ends a doubt
        self._publisher.publish(feed, feed.at, received)

    def _repair(self, feed: TokenFeed, snapshot: BookSnapshot, received: float) -> None:
        if snapshot.book.is_crossed or self._is_behind(feed, snapshot):
            self._trust.unanswered(feed)
            if snapshot.book.is_crossed or feed.health.state is not PriceState.DOWN:
                return  # it is asked again soon; after a while an older book is better than none
        elif snapshot.is_proven:
            feed.candidate, feed.asked_at = snapshot, received
            self.go_on(feed, received)
        if not feed.is_live:
            self._publisher.publish_polled(snapshot, feed.complement, received)
            self._trust.answered(feed, is_proven=False)

    def _stays_late(self, feed: TokenFeed, received: float) -> bool:
        """Whether the stream was late, and tells late again what REST has told."""
        if feed.health.why is not Doubt.LATE:
            return False
        if received - feed.asked_at <= LATE:
            feed.lateness.refute()
            return False
        return feed.lateness.would_be_late(self._trust.lag(feed.kept[-1].timestamp))

    def _is_behind(self, feed: TokenFeed, snapshot: BookSnapshot) -> bool:
        """Whether the stream already told more than REST knows."""
        if snapshot.timestamp and snapshot.timestamp < feed.at:
            return True
        if feed.health.why is not Doubt.TICK or snapshot.tick is None or not feed.proof.tick:
            return False
        return snapshot.tick != Decimal(feed.proof.tick)

    def _each(self, tokens: Collection[TokenId], tell: Callable[[TokenFeed], None]) -> None:
        for token in tokens:
            feed = self._feeds.get(token)
            if feed is not None:
                tell(feed)
