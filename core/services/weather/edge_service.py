"""Listens to the board, and looks at an event's edges at every price of one of its buckets."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.continuity import Gap
from core.domain.units import EventId, TokenId, UserId
from core.domain.weather.belief import Blend, ForecastVersion
from core.domain.weather.decision import Skip
from core.services.clock import utc_now
from core.services.price_board import PriceBoard
from core.services.weather.beliefs import Beliefs
from core.services.weather.candidates import Candidates
from core.services.weather.decision_log import DecisionLog
from core.services.weather.grounds import Chance
from core.services.weather.ordering import Orderer
from core.services.weather.skipping import Skips
from core.services.weather.watching import Own, Watched

SWEEP: Final = 30.0  # seconds after which every event is looked at although nothing changed
RETRY: Final = 5.0  # seconds before a decision that Postgres kept from being made
REMEMBERED: Final = 20_000  # times from price to edge, for figures

logger = logging.getLogger(__name__)


class EdgeService:
    """A tick costs a look at eleven numbers; only what passes it is decided on, in its own task."""

    def __init__(
        self,
        board: PriceBoard,
        beliefs: Beliefs,
        candidates: Candidates,
        orderer: Orderer,
        log: DecisionLog,
        *,
        now: Callable[[], datetime] = utc_now,
        sweep: float = SWEEP,
    ) -> None:
        self._board = board
        self._beliefs = beliefs
        self._candidates = candidates
        self._orderer = orderer
        self._log = log
        self._limits = orderer.rules.limits
        self._skips = Skips(log, beliefs, orderer.rules.limits, now)
        self._now = now
        self._sweep = sweep
        self._watched: dict[EventId, Watched] = {}
        self._event_of: dict[TokenId, EventId] = {}
        self._stirred: set[TokenId] = set()
        self._outdated: set[EventId] = set()
        self._is_renewed = False
        self._wake = asyncio.Event()
        self._swept_at = 0.0
        self._is_resting = False
        self._is_refreshing = False
        self.looks = 0
        self.to_edge: deque[float] = deque(maxlen=REMEMBERED)  # seconds from price to edge

    @property
    def watched(self) -> dict[EventId, Watched]:
        """By event: for whoever shows them, who must not change anything."""
        return self._watched

    @property
    def is_at_rest(self) -> bool:
        """All that was heard has been looked at, and nothing is decided on or placed now."""
        is_busy = any(own.is_busy for one in self._watched.values() for own in one.own.values())
        waits = self._stirred or self._outdated or self._is_renewed or self._wake.is_set()
        return self._is_resting and not (waits or is_busy or self._is_refreshing)

    def wake(self) -> None:
        """Look at what is due. It wakes by itself, unless its clock is one that does not run."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; an order that is being placed then is found by its key later."""
        self._renew()
        ends = (
            self._board.listen(self._note),
            self._board.listen_gaps(self._note_gap),
            self._beliefs.listen(self._outdate),
            self._candidates.listen(self._renew),
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    if self._is_renewed:
                        self._adopt()
                        self._refresh_soon(tasks)
                    self._look_at_all(tasks)
                    await self._wait()
        finally:
            for end in ends:
                end()

    def _note(self, token: TokenId) -> None:
        if token in self._event_of:
            self._stirred.add(token)
            self._wake.set()

    def _note_gap(self, gap: Gap) -> None:
        """What is live again is looked at without waiting for the pause after an earlier try."""
        event = self._event_of.get(gap.token)
        if event is None or gap.ended is None:
            return
        for own in self._watched[event].own.values():
            own.retry_at = 0.0
        self._outdate(event)

    def _outdate(self, event: EventId) -> None:
        self._outdated.add(event)
        self._wake.set()

    def _renew(self) -> None:
        self._is_renewed = True
        self._wake.set()

    async def _wait(self) -> None:
        pause = max(0.0, self._next_due() - self._board.clock())
        self._is_resting = True
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()
        self._is_resting = False
        self._wake.clear()

    def _next_due(self) -> float:
        times = [self._swept_at + self._sweep]
        for watched in self._watched.values():
            times += [own.retry_at for own in watched.own.values() if own.retry_at > 0]
        return min(times)

    def _adopt(self) -> None:
        """Watch what is wanted now; what is known of an event that did not change stays."""
        self._is_renewed = False
        wanted = self._candidates.wanted()
        for gone in self._watched.keys() - wanted.keys():
            self._log.forget(gone)
        kept = dict[EventId, Watched]()
        for event, candidate in wanted.items():
            before = self._watched.get(event)
            watched = Watched(candidate)
            if before is not None:
                watched.own = before.own
            users = self._candidates.users_of(event)
            watched.own = {user: watched.own.get(user) or Own() for user in users}
            kept[event] = watched
        self._mirror(kept)
        self._watched = kept
        self._event_of = {token: event for event, one in kept.items() for token in one.places}
        self._stirred |= self._event_of.keys()
        self._outdated |= kept.keys()

    def _mirror(self, kept: dict[EventId, Watched]) -> None:
        """Of a candidate's bucket one token is subscribed."""
        before = {no: yes for one in self._watched.values() for yes, no in one.pairs}
        now = {no: yes for one in kept.values() for yes, no in one.pairs}
        for token in before.keys() - now.keys():
            self._board.unmirror(token)
        for token in now.keys() - before.keys():
            self._board.mirror(token, now[token])

    def _refresh_soon(self, tasks: asyncio.TaskGroup) -> None:
        if not self._is_refreshing:
            self._is_refreshing = True
            tasks.create_task(self._refresh(), name="weather-holdings")

    async def _refresh(self) -> None:
        """What is held decides which bids are worth a look."""
        try:
            for user, choices in self._candidates.chosen.items():
                held = await self._orderer.held(user, choices)
                for watched in self._watched.values():
                    if user in watched.own:
                        watched.own[user].held = dict(held)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("Weather holdings cannot be read: %s", type(fault).__name__)
        finally:
            self._is_refreshing = False
        self._outdated |= self._watched.keys()
        self._wake.set()

    def _look_at_all(self, tasks: asyncio.TaskGroup) -> None:
        tokens, self._stirred = self._stirred, set()
        events, self._outdated = self._outdated, set()
        for token in tokens:
            event = self._event_of.get(token)
            if event is not None:
                watched = self._watched[event]
                quote = self._board.quote(token) if self._board.is_since_gap(token) else None
                watched.put(watched.places[token], quote, self._board.state(token))
                events.add(event)
        events |= self._due(tasks)
        for event in events:
            watched_ = self._watched.get(event)
            if watched_ is not None:
                self._look(event, watched_, tokens, tasks)

    def _due(self, tasks: asyncio.TaskGroup) -> set[EventId]:
        now = self._board.clock()
        if now - self._swept_at >= self._sweep:
            self._swept_at = now
            self._refresh_soon(tasks)
            return set(self._watched)
        return {
            event
            for event, watched in self._watched.items()
            if any(0 < own.retry_at <= now for own in watched.own.values())
        }

    def _look(
        self, event: EventId, watched: Watched, tokens: set[TokenId], tasks: asyncio.TaskGroup
    ) -> None:
        self.looks += 1
        received = self._received(watched, tokens)
        version = self._beliefs.of(event)
        if version is None:
            self._skips.note_all(watched, Skip.NO_FORECAST, None)
            return
        blend = watched.believe(version)
        if blend is None:
            gap = self._orderer.open_gap(watched)
            skip = Skip.NO_MARKET if gap is None else Skip.NOT_LIVE
            self._skips.note_all(watched, skip, version, gap)
            return
        for user, own in watched.own.items():
            self._look_for(watched, user, own, version, blend, received, tasks)

    def _look_for(
        self,
        watched: Watched,
        user: UserId,
        own: Own,
        version: ForecastVersion,
        blend: Blend,
        received: float,
        tasks: asyncio.TaskGroup,
    ) -> None:
        choices = self._candidates.chosen.get(user)
        if choices is None:
            return
        entries = watched.entries(blend, self._limits)
        exits = watched.exits(blend, own, self._limits)
        now = self._board.clock()
        self.to_edge.append(now - received)
        if not entries and not exits:
            own.retry_at = 0.0
            self._skips.note(watched, user, Skip.NO_EDGE, version)
            return
        is_waiting = own.retry_at > now and own.seen_version == version.number
        if own.is_busy or is_waiting:
            return
        at = self._now() - timedelta(seconds=now - received)
        series = self._orderer.series(watched)
        chance = Chance(watched, user, choices, version, received, at, series)
        hindered = None if exits else self._orderer.hindered(chance)
        if hindered is not None:
            own.retry_at, own.seen_version = 0.0, version.number
            self._skips.note(watched, user, hindered.skip, version)
            return
        own.is_busy, own.retry_at, own.seen_version = True, 0.0, version.number
        name = f"weather-{watched.candidate.event.slug}"
        tasks.create_task(self._act(chance, own), name=name)

    async def _act(self, chance: Chance, own: Own) -> None:
        pause = RETRY
        try:
            pause = await self._orderer.act(chance)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("A weather decision was not made: %s", type(fault).__name__)
        finally:
            own.is_busy = False
            own.retry_at = self._board.clock() + pause
            self._outdate(chance.watched.candidate.event.event_id)

    def _received(self, watched: Watched, tokens: set[TokenId]) -> float:
        """When the oldest of the prices came that are looked at now; now without one."""
        times = [
            quote.received
            for token in tokens & watched.places.keys()
            if (quote := self._board.quote(token)) is not None
        ]
        return min(times, default=self._board.clock())
