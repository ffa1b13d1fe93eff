"""Moves tokens from state to state, shows it on the board, and asks for the books they need."""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from core.domain.health import Doubt
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.lateness import (
    UNKNOWN,
    Lateness,
    first_lag,
    usual_lag,
)
from data_ingestion.streamer.market_updater.token_feed import TokenFeed

CROSSED: Final = 0.5  # seconds a bid may stand above an ask before something must be missing


class Trust:
    """The one place where a feed's health changes."""

    def __init__(
        self, board: PriceBoard, clock: Callable[[], float], wall: Callable[[], float]
    ) -> None:
        self.renew: Callable[[Collection[TokenId]], None] = lambda _: None
        self._board = board
        self._clock = clock
        self._wall = wall
        self._usual_lag = UNKNOWN  # of news that is on time, whichever token it is about

    def opened(self, feed: TokenFeed) -> None:
        """A connection was just asked to carry the token."""
        feed.begin_connection()
        feed.health.opened(self._clock())
        self._show(feed)

    def lost(self, feed: TokenFeed) -> None:
        """No connection carries the token any more."""
        feed.forget_kept()
        feed.health.lost(self._clock())
        self._show(feed)

    def doubt(self, feed: TokenFeed, why: Doubt) -> None:
        """Something was missed: the book is asked for at once, unless it was just now."""
        if feed.is_live:
            feed.health.doubted(why, self._clock())
            feed.forget_kept()
            self._show(feed)
            self._renew_overdue([feed])
        elif why is Doubt.UNREADABLE:
            feed.break_off()

    def has_waited(self, feed: TokenFeed) -> bool:
        """Whether its book was not brought in the time that a connection is given."""
        return feed.health.has_waited(self._clock())

    def booked(self, feed: TokenFeed) -> None:
        """The stream sent the whole book."""
        feed.health.booked(self._clock())
        feed.forget_kept()
        self._show(feed)

    def asked(self, feed: TokenFeed) -> None:
        """REST is being asked."""
        feed.health.asked()
        self._show(feed)

    def answered(self, feed: TokenFeed, *, is_proven: bool) -> None:
        """REST answered; see `TokenHealth.answered`."""
        feed.health.answered(self._clock(), is_proven=is_proven)
        self._show(feed)

    def unanswered(self, feed: TokenFeed) -> None:
        """REST did not answer, or with nothing that could be used."""
        feed.health.unanswered(self._clock())
        self._show(feed)

    def absent(self, feed: TokenFeed) -> None:
        """REST answered, and has no book of it."""
        feed.health.absent(self._clock())
        self._show(feed)

    def check(self, feeds: Collection[TokenFeed]) -> None:
        """What only time tells: books that do not come, and doubts that do not go."""
        now, waiting = self._clock(), list[TokenFeed]()
        told = ((feed.market, feed.lateness) for feed in feeds)
        self._usual_lag = usual_lag(told, self._usual_lag)
        for feed in feeds:
            if not feed.is_live:
                waiting.append(feed)
            elif feed.proof.is_overdue(now):
                self.doubt(feed, Doubt.HASH)
            elif feed.crossed_since is not None and self._stays_crossed(feed, now):
                self.doubt(feed, Doubt.CROSSED)
            elif self._has_become_late(feed):
                self.doubt(feed, Doubt.LATE)
        self._renew_overdue(waiting)

    def lag(self, timestamp: str) -> float:
        """Seconds from the venue's timestamp to now, but for a constant: compare it with others."""
        return self._clock() - int(timestamp) / 1000

    def _stays_crossed(self, feed: TokenFeed, now: float) -> bool:
        """A change that brings back the top which is shown ends a crossing and tells nobody."""
        if not feed.book.is_crossed:
            feed.crossed_since = None
        return feed.crossed_since is not None and now - feed.crossed_since >= CROSSED

    def _has_become_late(self, feed: TokenFeed) -> bool:
        """Looked at now and then, not at each news: what was late a moment ago is late no more."""
        if feed.at == feed.timed:
            return False
        feed.timed = feed.at
        lag = self.lag(feed.at) - (self._board.age(feed.token) or 0.0)
        if feed.lateness.is_new:
            self._begin(feed.lateness, lag)
        feed.lateness.tell(lag)
        return feed.lateness.is_late

    def _begin(self, lateness: Lateness, lag: float) -> None:
        """A token's first news is held against the others', else against the clock on the wall."""
        if self._usual_lag < UNKNOWN:
            lateness.begin(self._usual_lag)
        else:
            lateness.limit(first_lag(lag, lag + self._wall() - self._clock()))

    def _renew_overdue(self, feeds: Iterable[TokenFeed]) -> None:
        now = self._clock()
        overdue = [feed for feed in feeds if feed.health.is_overdue(now)]
        for feed in overdue:
            feed.health.renewed(now)
        if overdue:
            self.renew([feed.token for feed in overdue])

    def _show(self, feed: TokenFeed) -> None:
        health = feed.health
        feed.is_live = health.is_live
        self._board.set_state(feed.token, health.state, health.why)
