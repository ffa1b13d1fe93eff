"""The connections that carry the same tokens: one, or several so that the loss of one is none."""

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Final

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.dialing import Dialing
from data_ingestion.streamer.websocket_client.market_connection import (
    NOTHING,
    MarketConnection,
    MarketListener,
)
from data_ingestion.streamer.websocket_client.wire import Message, WireBook, WirePriceChange

logger = logging.getLogger(__name__)

LAG: Final = 2.0  # seconds that one copy may be behind another
WARM_UP: Final = 5.0  # seconds after opening in which a copy may be behind
SETTLED: Final = 60.0  # seconds after opening; what a copy has not brought by now does not come
LONGEST_LIFE: Final = 4 * 3600.0  # seconds; subscriptions were seen to stop after some 8 hours
MS_DIGITS: Final = 13  # of a timestamp in milliseconds until the year 2286
LATEST: Final = 60_000  # milliseconds; what is older than that is not late: the clock went back


class Copy:
    """One connection, and its ear: it tells the listener what no other copy makes good."""

    def __init__(
        self, shard: "Copies", listener: MarketListener, dialing: Dialing, *, is_alone: bool
    ) -> None:
        self.newest = ""  # the venue's newest timestamp since it was opened, milliseconds
        self.worn = ""  # why it is to be replaced as soon as another copy can stand in
        self.apply = listener.apply if is_alone else self._apply_and_note
        self.suspect = listener.suspect
        self.connection = MarketConnection(self, dialing)
        self._shard = shard
        self._apply = listener.apply
        self._brought: set[TokenId] = set()  # since it was opened; unknown if it is alone

    @property
    def carried(self) -> frozenset[TokenId]:
        """What it has spoken of: to be asked for a token is not yet to carry it."""
        return self.connection.subscribed & self._brought

    def renew(self, tokens: Collection[TokenId]) -> None:
        self._brought.difference_update(tokens)
        self.connection.renew(tokens)

    def want(self, tokens: frozenset[TokenId]) -> None:
        self._brought &= tokens
        self.connection.want(tokens)

    def connection_opened(self, tokens: Collection[TokenId]) -> None:
        self.newest = self.worn = ""
        self._brought.clear()
        self._shard.opened(self, tokens)

    def connection_lost(self, tokens: Collection[TokenId]) -> None:
        self._shard.lost(self, tokens)

    def _apply_and_note(self, message: Message, received: float) -> None:
        self._note(message.timestamp, may_be_old=isinstance(message, WireBook))
        if isinstance(message, WirePriceChange):
            self._brought.update([entry.asset_id for entry in message.entries()])
        elif isinstance(message, WireBook):
            self._brought.add(message.asset_id)
        self._apply(message, received)

    def _note(self, timestamp: str, *, may_be_old: bool) -> None:
        """The newest, unless that was no time of this day. A quiet token's book is an old one."""
        if len(timestamp) != MS_DIGITS or not timestamp.isdigit():
            return
        if timestamp > self.newest or (not may_be_old and _went_back(self.newest, timestamp)):
            self.newest = timestamp


class Copies:
    """Keeps the copies of one shard alike, and never replaces two of them at once."""

    def __init__(
        self,
        listener: MarketListener,
        dialing: Dialing,
        count: int,
        on_change: Callable[[], None],
    ) -> None:
        """`on_change` is called whenever one of the connections was opened or lost."""
        self.tokens = NOTHING
        self._listener = listener
        self._clock = dialing.clock
        self._on_change = on_change
        self._copies = tuple(
            Copy(self, listener, dialing, is_alone=count == 1) for _ in range(count)
        )
        self._highs: deque[tuple[float, str]] = deque()  # when which newest timestamp was seen

    @property
    def connections(self) -> tuple[MarketConnection, ...]:
        return tuple(copy.connection for copy in self._copies)

    @property
    def opened_at(self) -> float | None:
        """Of the oldest open connection."""
        return min(_known(each.opened_at for each in self.connections), default=None)

    @property
    def last_data(self) -> float | None:
        return max(_known(each.last_data for each in self.connections), default=None)

    @property
    def heard(self) -> tuple[float | None, ...]:
        """Of each connection, when it last brought data; when it was opened if it brought none."""
        return tuple(each.last_data or each.opened_at for each in self.connections)

    def want(self, tokens: frozenset[TokenId]) -> None:
        self.tokens = tokens
        for copy in self._copies:
            copy.want(tokens)

    def disown(self, tokens: Collection[TokenId]) -> None:
        """Other connections carry these now."""
        for connection in self.connections:
            connection.disown(tokens)

    def renew(self, tokens: Collection[TokenId]) -> None:
        mine = self.tokens.intersection(tokens)
        for copy in self._copies if mine else ():
            copy.renew(mine)

    def recycle(self) -> None:
        """Replace all connections, each after another one carries all that it does."""
        self._wear(self._copies, "it answers, and what it brings is not what the venue has")

    def look(self) -> None:
        """Replace copies that lag, and those that had to wait; call it now and then."""
        self._wear(self._lagging(), f"it is {LAG:g} s behind its copy")

    @property
    def is_whole(self) -> bool:
        """Whether every copy brings something, or had its time to, and none is to be replaced."""
        return not any(copy.worn or self._is_new(copy) for copy in self._copies)

    def retire(self) -> bool:
        """Replace a copy that is old, if the others can stand in; whether that is being done."""
        spare = (copy for copy in self._old() if self._can_be_spared(copy))
        return any(copy.connection.recycle("it is old") for copy in spare)

    def opened(self, copy: Copy, tokens: Collection[TokenId]) -> None:
        news = self.tokens.intersection(tokens) - self._asked_of_others(copy)
        self._on_change()
        if news:
            self._listener.connection_opened(news)

    def lost(self, copy: Copy, tokens: Collection[TokenId]) -> None:
        carried = NOTHING.union(*(other.carried for other in self._others(copy)))
        gone = self.tokens.intersection(tokens) - carried
        self._on_change()
        if gone:
            self._listener.connection_lost(gone)
        still_asked = gone & self._asked_of_others(copy)
        if still_asked:
            self._listener.connection_opened(still_asked)

    def _others(self, copy: Copy) -> list[Copy]:
        return [other for other in self._copies if other is not copy]

    def _asked_of_others(self, copy: Copy) -> frozenset[TokenId]:
        return NOTHING.union(*(other.connection.subscribed for other in self._others(copy)))

    def _wear(self, copies: Iterable[Copy], why: str) -> None:
        for copy in copies:
            copy.worn = copy.worn or why
        for copy in self._copies:
            if copy.worn and self._can_be_spared(copy):
                copy.connection.recycle(copy.worn)
                copy.worn = ""

    def _can_be_spared(self, copy: Copy) -> bool:
        others = self._others(copy)
        return not copy.connection.delivers or all(self._stands_in(o, copy) for o in others)

    def _stands_in(self, other: Copy, copy: Copy) -> bool:
        opened = other.connection.opened_at
        if opened is None or not other.connection.delivers:
            return False
        return copy.carried <= other.carried or self._clock() - opened >= SETTLED

    def _is_new(self, copy: Copy) -> bool:
        opened = copy.connection.opened_at
        if opened is None:
            return True
        return not copy.connection.delivers and self._clock() - opened < SETTLED

    def _lagging(self) -> list[Copy]:
        """Copies that do not know by now what another one knew `LAG` seconds ago."""
        now, highs = self._clock(), self._highs
        newest = max(copy.newest for copy in self._copies)
        if highs and _went_back(highs[-1][1], newest):
            highs.clear()
        if newest and (not highs or newest > highs[-1][1]):
            highs.append((now, newest))
        while len(highs) > 1 and now - highs[1][0] >= LAG:
            highs.popleft()
        if not highs or now - highs[0][0] < LAG:
            return []
        seen, known = highs[0]
        return [copy for copy in self._copies if copy.newest < known and _was_warm(copy, seen)]

    def _old(self) -> list[Copy]:
        now = self._clock()
        return [
            copy
            for copy in self._copies
            if now - (copy.connection.opened_at or now) >= LONGEST_LIFE
        ]


def _went_back(before: str, after: str) -> bool:
    """Whether timestamps, both in milliseconds, are too far apart for lateness."""
    return bool(before and after) and int(before) - int(after) > LATEST


def _was_warm(copy: Copy, moment: float) -> bool:
    opened = copy.connection.opened_at
    return opened is not None and moment - opened >= WARM_UP


def _known(moments: Iterable[float | None]) -> Iterable[float]:
    return (moment for moment in moments if moment is not None)
