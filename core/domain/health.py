"""How far each token's price can be trusted: one small state machine, fed with what happened."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

FIRST_BOOK: Final = 5.0  # seconds for a book that was asked for, before it is asked for again
NEW_CONNECTION: Final = 12.0  # seconds without one, asked for twice, before another connection
MOST_DOUBLINGS: Final = 6  # of these seconds, where connection after connection does not help
MUTE_DOUBLINGS: Final = 1  # the same for connections that brought nothing to anybody
RELAPSE: Final = (
    60.0  # seconds after a frozen or late token was believed again: then it is a second time
)
BARRED: Final = 20.0  # seconds for which a stream that was found so twice is not believed


class PriceState(StrEnum):
    """How far a token's price can be trusted right now."""

    LIVE = "live"  # by socket, complete since the last snapshot
    POLLED = "polled"  # by REST; as old as its age says
    SUSPECT = "suspect"  # the socket may have missed something
    RESYNCING = "resyncing"  # a new snapshot is on its way
    DOWN = "down"  # nothing brings this price any more


class Doubt(StrEnum):
    """Why a token is not trusted."""

    UNHEARD = "unheard"  # no first book has come yet
    DISCONNECTED = "disconnected"  # no connection carries it
    STALLED = "stalled"  # this program stood still, and news waited unread
    SILENT = "silent"  # its whole connection brought nothing
    UNPROVEN = "unproven"  # neither news of its own nor an answer by REST
    FROZEN = "frozen"  # REST has a newer book: its news stopped
    LATE = "late"  # its news comes, and is older than it used to be
    MISSED = "missed"  # the venue states another top than ours
    HASH = "hash"  # the venue states another hash than ours
    DISORDER = "disorder"  # news that is older than what we know, and new to us
    UNREADABLE = "unreadable"  # news about it could not be read
    CROSSED = "crossed"  # a bid stays above an ask
    TICK = "tick"  # the price grid changed: a new book begins


class Event(StrEnum):
    """What can happen to a token."""

    OPENED = "opened"  # a connection was asked to carry it
    LOST = "lost"  # no connection carries it any more
    BOOK = "book"  # the stream sent its whole book
    DOUBTED = "doubted"  # something about it was missed
    ASKED = "asked"  # REST is being asked for its book
    ADOPTED = "adopted"  # the book by REST is proven, and the stream goes on from it
    POLLED = "polled"  # REST answered, and the stream does not go on from there
    UNANSWERED = "unanswered"  # REST did not answer; the stream may still
    FORSAKEN = "forsaken"  # REST did not answer, and the stream does not either


_NOT_LIVE: Final = (PriceState.POLLED, PriceState.SUSPECT, PriceState.RESYNCING, PriceState.DOWN)

MOVES: Final = MappingProxyType(
    {
        (PriceState.LIVE, Event.LOST): PriceState.SUSPECT,
        (PriceState.LIVE, Event.DOUBTED): PriceState.SUSPECT,
        (PriceState.SUSPECT, Event.ASKED): PriceState.RESYNCING,
        (PriceState.SUSPECT, Event.FORSAKEN): PriceState.DOWN,
        (PriceState.RESYNCING, Event.UNANSWERED): PriceState.SUSPECT,
        (PriceState.RESYNCING, Event.FORSAKEN): PriceState.DOWN,
        (PriceState.POLLED, Event.FORSAKEN): PriceState.DOWN,
    }
    | {(state, Event.BOOK): PriceState.LIVE for state in _NOT_LIVE}
    | {(state, Event.ADOPTED): PriceState.LIVE for state in _NOT_LIVE}
    | {(state, Event.POLLED): PriceState.POLLED for state in _NOT_LIVE}
)
"""The state after an event; where a pair is missing, the state stays as it is."""

FROM_THE_STREAM: Final = frozenset(
    {
        Doubt.MISSED,
        Doubt.HASH,
        Doubt.DISORDER,
        Doubt.UNREADABLE,
        Doubt.CROSSED,
        Doubt.TICK,
    }
)
"""Doubts that news of the stream raised: whatever is wrong, the stream does carry the token."""


BEHIND: Final = frozenset({Doubt.FROZEN, Doubt.LATE})
"""Doubts of a stream that tells the truth of some other time; who relapses is not believed."""


class TokenHealth:
    """One token's state, why it is not live, and since when. Times are monotonic seconds."""

    __slots__ = (
        "_asked_at",
        "_barred_until",
        "_in_vain",
        "_is_absent",
        "_revived_at",
        "is_carried",
        "is_heard",
        "since",
        "state",
        "why",
    )

    def __init__(self, now: float) -> None:
        self.state = PriceState.DOWN
        self.why: Doubt | None = Doubt.UNHEARD
        self.since = now  # without a trusted book; when it is live: since then
        self.is_carried = False  # a connection was asked for it, or has brought its book
        self.is_heard = False  # the stream spoke of it since the doubt began
        self._asked_at = now  # when the stream was last asked for its book
        self._in_vain = 0  # connections in a row that were given up because they did not bring it
        self._is_absent = False  # REST answers, and has no book of it
        self._revived_at = float("-inf")  # when it was last believed after it was frozen or late
        self._barred_until = float("-inf")  # what the stream brings before then is not believed

    @property
    def is_live(self) -> bool:
        return self.state is PriceState.LIVE

    def can_go_on(self, now: float) -> bool:
        """Whether the stream is known to carry it, so that a book by REST is followed by news."""
        return self.is_carried and self.is_heard and not self.is_barred(now)

    def is_barred(self, now: float) -> bool:
        """Whether the stream was late or frozen so lately, and again, that it is not believed."""
        return now < self._barred_until

    def opened(self, now: float) -> None:
        """A connection was just asked for its book; the first-book timer starts over."""
        self.is_carried = True
        self.since = self._asked_at = now
        self._revived_at = self._barred_until = float("-inf")
        self._take(Event.OPENED)

    def lost(self, now: float) -> None:
        """Whatever happens from now on is missed."""
        self._in_vain += self.needs_another_connection(now, is_mute=False)
        self.is_carried = False
        self._doubted(Event.LOST, Doubt.DISCONNECTED, now)
        self.is_heard = False

    def doubted(self, why: Doubt, now: float) -> None:
        """A doubt of a token that is not live changes nothing: its book is asked for already."""
        if self.is_live:
            self._doubted(Event.DOUBTED, why, now)
            if why in BEHIND and now - self._revived_at < RELAPSE:
                self._barred_until = now + BARRED
            self.is_heard = why in FROM_THE_STREAM or why is Doubt.LATE

    def booked(self, now: float) -> None:
        """The stream sent its whole book."""
        self.is_carried = True
        if self.is_barred(now):
            self.heard()
        else:
            self._trusted(Event.BOOK, now)

    def heard(self) -> None:
        """The stream spoke of it, while it was not live."""
        self.is_heard = True

    def asked(self) -> None:
        """REST is being asked."""
        self._take(Event.ASKED)

    def answered(self, now: float, *, is_proven: bool) -> None:
        """REST answered. `is_proven`: by a book that is certain, all later news applied to it."""
        self._is_absent = False
        if is_proven and self.can_go_on(now):
            self._trusted(Event.ADOPTED, now)
        else:
            self._take(Event.POLLED)

    def unanswered(self, now: float) -> None:
        """REST did not answer; a connection is given its time to do so."""
        may_come = self.is_carried and not self.has_waited(now)
        self._take(Event.UNANSWERED if may_come else Event.FORSAKEN)

    def absent(self, now: float) -> None:
        """REST answered, and has no book of it: no connection is to blame for bringing none."""
        self._is_absent = True
        self.unanswered(now)

    def has_waited(self, now: float) -> bool:
        """Whether the time is over in which a connection brings a book."""
        return not self.is_live and now - self.since >= FIRST_BOOK

    def is_overdue(self, now: float) -> bool:
        """Whether it is time to ask the stream (again) for its book."""
        return not self.is_live and now - self._asked_at >= FIRST_BOOK

    def renewed(self, now: float) -> None:
        """The stream was asked for its book once more."""
        self._asked_at = now

    def needs_another_connection(self, now: float, *, is_mute: bool) -> bool:
        """Whether the one that was asked more than once does not bring it.

        Others travel on it, so each further one is given twice the time; `is_mute`: it brought
        them nothing either, so there is little to lose. None is needed for a token that froze alone
        while no stream would be believed; but who is late is late with all it carries.
        """
        most = MUTE_DOUBLINGS if is_mute else MOST_DOUBLINGS
        patience = NEW_CONNECTION * 2 ** min(self._in_vain, most)
        is_waiting = self.is_carried and not self.is_live and not self._is_absent
        return is_waiting and now - self._believable_since >= patience

    @property
    def _believable_since(self) -> float:
        return self.since if self.why is Doubt.LATE else max(self.since, self._barred_until)

    def _doubted(self, event: Event, why: Doubt, now: float) -> None:
        if self.is_live:
            self.why, self.since = why, now
        self._take(event)

    def _trusted(self, event: Event, now: float) -> None:
        if not self.is_live:
            if self.why in BEHIND:
                self._revived_at = now
            self.why, self.since = None, now
        self._in_vain, self._is_absent = 0, False
        self._take(event)

    def _take(self, event: Event) -> None:
        self.state = MOVES.get((self.state, event), self.state)
