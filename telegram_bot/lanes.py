"""Whose turn it is: in each chat, and among all chats, the most urgent first.

Nobody runs this part. Who wants to speak takes a place, waits until nothing more urgent could go
instead, and wakes the next on leaving.
"""

import asyncio
import heapq
import itertools
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from telegram_bot.clock import Clock
from telegram_bot.pacing import WINDOW, AllChats, Lane, Pace, Urgency

Key: TypeAlias = tuple[int, int]  # chat and message


class TooLate(Exception):
    """The turn did not come before it was of no use any more."""


class Superseded(Exception):
    """A newer text for the same message took the place in the queue."""


@dataclass(slots=True, eq=False)
class Place:
    """A wish to send or edit one message. `until`: when it is of no use any more (clock's time)."""

    chat: int
    urgency: Urgency
    until: float = math.inf
    key: Key | None = None
    number: int = 0  # what waits longer has the smaller one
    since: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_ready: bool = False  # its chat would let it go
    is_superseded: bool = False

    def hurry(self, urgency: Urgency) -> None:
        """What is waited for has become more urgent."""
        if urgency < self.urgency:
            self.urgency = urgency
            self.is_ready = False
            self.news.set()

    @property
    def rank(self) -> tuple[int, int]:
        return self.urgency, self.number


@dataclass(slots=True)
class LaneStatistics:
    floods: int = 0
    given_up: Counter[Urgency] = field(default_factory=Counter)
    superseded: int = 0


class Lanes:
    def __init__(self, clock: Clock, pace: Pace) -> None:
        self._clock = clock
        self._pace = pace
        self._lanes: dict[int, Lane] = {}
        self._places: dict[int, list[Place]] = {}  # who waits, by chat
        self._all = AllChats()
        self._ready: list[tuple[tuple[int, int], int, Place]] = []  # a heap; some are outdated
        self._numbers = itertools.count()
        self._tidied_at = clock.now()
        self.statistics: Final = LaneStatistics()

    def wait(self, chat: int, urgency: Urgency) -> float:
        """Seconds until the chat's pace, and that of all chats, allow one more of this kind."""
        now = self._clock.now()
        lane = self._lanes.get(chat)
        in_lane = lane.wait(now, urgency) if lane is not None else 0.0
        return max(in_lane, self._all.wait(now))

    async def turn(self, place: Place) -> None:
        """Wait for the turn of `place`, and spend it.

        Raises: TooLate, Superseded.
        """
        self._enter(place)
        try:
            while (pause := self._pause(place, now := self._clock.now())) > 0:
                if now >= place.until:
                    self.statistics.given_up[place.urgency] += 1
                    raise TooLate
                await self._sleep(place, min(pause, place.until - now))
                if place.is_superseded:
                    self.statistics.superseded += 1
                    raise Superseded
            self._lane(place.chat).spend(now, place.urgency)
            self._all.spend(now)
        finally:
            self._leave(place)

    def try_turn(self, chat: int, urgency: Urgency) -> bool:
        """The turn if it can be had right now and nobody waits for it; never waits."""
        if self._places.get(chat) or self._best() is not None or self.wait(chat, urgency) > 0:
            return False
        now = self._clock.now()
        self._lane(chat).spend(now, urgency)
        self._all.spend(now)
        return True

    def give_back(self, chat: int) -> None:
        """The turn was not used."""
        now = self._clock.now()
        self._lane(chat).give_back(now)
        self._all.give_back(now)
        self._wake(chat)

    def refused(self, chat: int, seconds: float) -> None:
        """Telegram wants silence in this chat."""
        now = self._clock.now()
        self.statistics.floods += 1
        self._lane(chat).penalize(now, seconds)
        self._all.refused(chat, now, seconds)

    @property
    def pauses(self) -> int:
        """How often all chats were silent because several were refused at once."""
        return self._all.pauses

    @property
    def known(self) -> int:
        """Chats whose last minute matters."""
        return len(self._lanes)

    def waiting(self) -> Counter[Urgency]:
        return Counter(place.urgency for places in self._places.values() for place in places)

    def longest_wait(self) -> float:
        """Seconds that the oldest of those who wait has waited by now."""
        since = [place.since for places in self._places.values() for place in places]
        return self._clock.now() - min(since) if since else 0.0

    def _enter(self, place: Place) -> None:
        places = self._places.setdefault(place.chat, [])
        place.number, place.since = next(self._numbers), self._clock.now()
        for older in places:
            if place.key is not None and older.key == place.key and not older.is_superseded:
                place.number, place.since = older.number, older.since
                place.urgency = min(place.urgency, older.urgency)
                older.is_superseded = True
                older.is_ready = False
                older.news.set()
        places.append(place)

    def _leave(self, place: Place) -> None:
        place.is_ready = False
        places = self._places[place.chat]
        places.remove(place)
        if not places:
            del self._places[place.chat]
        self._wake(place.chat)

    def _wake(self, chat: int) -> None:
        """Whoever may be next, in this chat and among all."""
        for place in self._places.get(chat, ()):
            place.news.set()
        best = self._best()
        if best is not None:
            best.news.set()

    def _pause(self, place: Place, now: float) -> float:
        """0.0 if it may go now; infinite while somebody else will wake it."""
        lane = self._lane(place.chat)
        pause = lane.wait(now, place.urgency)
        rivals = (each for each in self._places[place.chat] if each.rank < place.rank)
        if pause > 0 or any(lane.wait(now, rival.urgency) <= 0 for rival in rivals):
            self._step_back(place)
            return pause or math.inf
        if not place.is_ready:
            place.is_ready = True
            heapq.heappush(self._ready, (place.rank, next(self._numbers), place))
        return self._all.wait(now) if self._best() is place else math.inf

    def _step_back(self, place: Place) -> None:
        """Its chat would not let it go, so others need not wait for it."""
        if place.is_ready:
            place.is_ready = False
            best = self._best()
            if best is not None:
                best.news.set()

    def _best(self) -> Place | None:
        """The most urgent of those whose chats would let them go."""
        while self._ready:
            rank, _, place = self._ready[0]
            if place.is_ready and rank == place.rank:
                return place
            heapq.heappop(self._ready)
        return None

    async def _sleep(self, place: Place, seconds: float) -> None:
        if math.isinf(seconds):
            await place.news.wait()
        else:
            await self._clock.wait(place.news, seconds)
        place.news.clear()

    def _lane(self, chat: int) -> Lane:
        now = self._clock.now()
        if now - self._tidied_at > WINDOW:
            self._tidied_at = now
            busy = {each: lane for each, lane in self._lanes.items() if not lane.is_idle(now)}
            self._lanes = busy
        lane = self._lanes.get(chat)
        if lane is None:
            lane = self._lanes[chat] = Lane(self._pace, is_group=chat < 0)
        return lane
