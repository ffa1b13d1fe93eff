"""Which events are to be looked at, and since when: those with a new price first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from core.domain.market import Source
from core.domain.price import Quote
from core.domain.units import EventId, TokenId
from core.services.price_board import PriceBoard


@dataclass(slots=True)
class Due:
    """`since` (monotonic seconds): when the first of what stirred the event was received."""

    event: EventId
    since: float
    tokens: set[TokenId] = field(default_factory=set)  # whose prices or states are new


class Agenda:
    """Remembers what was stirred until somebody takes it; each event is on it once."""

    def __init__(self, board: PriceBoard, ring: Callable[[], None]) -> None:
        self._board = board
        self._ring = ring
        self._event_of: Mapping[TokenId, EventId] = {}
        self._seen: dict[TokenId, Quote] = {}
        self._priced: dict[EventId, Due] = {}
        self._outdated: dict[EventId, float] = {}

    def __len__(self) -> int:
        return len(self._priced.keys() | self._outdated.keys())

    def event_of(self, token: TokenId) -> EventId | None:
        return self._event_of.get(token)

    def watch(self, event_of: Mapping[TokenId, EventId]) -> None:
        """From now on these tokens count, each as if it had just been heard of."""
        self._event_of = event_of
        self._seen = {token: quote for token, quote in self._seen.items() if token in event_of}
        now = self._board.clock()
        for token, event in event_of.items():
            self._priced.setdefault(event, Due(event, now)).tokens.add(token)

    def note(self, token: TokenId, *, is_taken_now: bool = False) -> Due | None:
        """The board has another price or state of it; None if that is not to be looked at now."""
        event = self._event_of.get(token)
        if event is None:
            return None
        due = self._priced.get(event)
        if due is None:
            due = self._priced[event] = Due(event, self._since(token))
        due.tokens.add(token)
        if is_taken_now:
            return self._taken(self._priced.pop(event))
        self._ring()
        return None

    def outdate(self, events: Iterable[EventId]) -> None:
        """Something else than a price has changed."""
        now = self._board.clock()
        for event in events:
            self._outdated.setdefault(event, now)
        self._ring()

    def take(self) -> Due | None:
        """What is to be looked at next; None while there is nothing."""
        if self._priced:
            event, due = next(iter(self._priced.items()))
            del self._priced[event]
        elif self._outdated:
            event, since = next(iter(self._outdated.items()))
            due = Due(event, since)
        else:
            return None
        return self._taken(due)

    def _taken(self, due: Due) -> Due:
        self._outdated.pop(due.event, None)
        for token in due.tokens:
            quote = self._board.quote(token)
            if quote is not None:
                self._seen[token] = quote
        return due

    def _since(self, token: TokenId) -> float:
        """When its frame was received; now for a new state of a known price, and for polled ones,

        which are dated by when they were asked for.
        """
        now, quote = self._board.clock(), self._board.quote(token)
        if quote is None or quote is self._seen.get(token) or quote.source is not Source.WS:
            return now
        return min(now, quote.received)
