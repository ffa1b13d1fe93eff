"""Listens to the board, and looks at an event's edges at every price of one of its buckets."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.continuity import Gap
from core.domain.units import EventId, TokenId, UserId
from core.domain.weather.decision import Skip
from core.services.bell import Bell
from core.services.clock import utc_now
from core.services.price_board import PriceBoard
from core.services.weather.agenda import Agenda, Due
from core.services.weather.beliefs import Beliefs
from core.services.weather.candidates import Candidates
from core.services.weather.decision_log import DecisionLog
from core.services.weather.grounds import Chance
from core.services.weather.ordering import Orderer
from core.services.weather.skipping import Skipping
from core.services.weather.watching import Glance, Own, Watched

SWEEP: Final = 30.0  # seconds after which every event is looked at although nothing changed
RETRY: Final = 5.0  # seconds before a decision that Postgres kept from being made
SLICE: Final = 0.002  # seconds of looks in a row, after which others have their turn
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
        self._skipping = Skipping(beliefs, log, self._limits, now)
        self._now = now
        self._sweep = sweep
        self._bell = Bell(board.clock)
        self._agenda = Agenda(board, self._bell.ring)
        self._watched: dict[EventId, Watched] = {}
        self._is_renewed = False
        self._swept_at = 0.0
        self._is_refreshing = False
        self._chances = deque[tuple[Chance, Own]]()  # to be decided on, each in its own task
        self._looked = 0.0  # seconds of looks in this turn of the loop, right where prices came
        self._is_looking = False
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
        waits = self._agenda or self._is_renewed or self._is_refreshing
        return self._bell.is_silent and not (waits or is_busy)

    def wake(self) -> None:
        """Look at what is due. It wakes by itself, unless its clock is one that does not run."""
        self._bell.ring()

    async def run(self) -> None:
        """Until cancelled; an order that is being placed then is found by its key later."""
        self._renew()
        self._looked, self._is_looking = 0.0, False
        ends = (
            self._board.listen(self._hear),
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
                    self._add_due(tasks)
                    await self._look_at_all(tasks)
                    await self._bell.wait(self._next_due())
        finally:
            for end in ends:
                end()

    def _hear(self, token: TokenId) -> None:
        """Looked at where it is heard, up to `SLICE` in a turn of the loop.

        Frames that come together are one turn: what waits for the next one waits for all of them.
        A look that failed leaves the others to `run`, which ends of it; the feed goes on.
        """
        is_first, is_now = not self._looked, not self._is_looking and self._looked < SLICE
        due = self._agenda.note(token, is_taken_now=is_now)
        if due is None:
            return
        if is_first:
            asyncio.get_running_loop().call_soon(self._begin_turn)
        began, self._is_looking = self._board.clock(), True
        self._look(due)
        self._is_looking = False
        self._looked += self._board.clock() - began

    def _begin_turn(self) -> None:
        self._looked = 0.0

    def _note_gap(self, gap: Gap) -> None:
        """What is live again is looked at without waiting for the pause after an earlier try."""
        event = self._agenda.event_of(gap.token)
        if event is None or gap.ended is None:
            return
        for own in self._watched[event].own.values():
            own.retry_at = 0.0
        self._outdate(event)

    def _outdate(self, event: EventId) -> None:
        self._agenda.outdate([event])

    def _renew(self) -> None:
        self._is_renewed = True
        self._bell.ring()

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
        self._agenda.watch({token: event for event, one in kept.items() for token in one.places})

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
        self._agenda.outdate(self._watched)

    def _add_due(self, tasks: asyncio.TaskGroup) -> None:
        now = self._board.clock()
        if now - self._swept_at >= self._sweep:
            self._swept_at = now
            self._refresh_soon(tasks)
            self._agenda.outdate(self._watched)
        for event, watched in self._watched.items():
            for own in watched.own.values():
                if 0 < own.retry_at <= now:
                    own.retry_at = 0.0
                    self._agenda.outdate([event])

    async def _look_at_all(self, tasks: asyncio.TaskGroup) -> None:
        """What has a price first, in slices: many events at once hold up nobody for long."""
        began = self._board.clock()
        self._decide_soon(tasks)
        while (due := self._agenda.take()) is not None:
            self._look(due)
            self._decide_soon(tasks)
            if self._board.clock() - began >= SLICE:
                await asyncio.sleep(0)
                began = self._board.clock()

    def _decide_soon(self, tasks: asyncio.TaskGroup) -> None:
        while self._chances:
            chance, own = self._chances.popleft()
            name = f"weather-{chance.watched.candidate.event.slug}"
            tasks.create_task(self._act(chance, own), name=name)

    def _look(self, due: Due) -> None:
        watched = self._watched.get(due.event)
        if watched is None:
            return
        self.looks += 1
        for token in due.tokens & watched.places.keys():
            quote = self._board.quote(token) if self._board.is_since_gap(token) else None
            watched.put(watched.places[token], quote, self._board.state(token))
        version = self._beliefs.of(due.event)
        waited = timedelta(seconds=self._board.clock() - due.since)
        glance = Glance(watched, version, due.since, self._now() - waited)
        if version is None:
            self._skipping.note_all(glance, Skip.NO_FORECAST)
        elif watched.believe(version) is None:
            gap = self._orderer.open_gap(watched)
            self._skipping.note_all(glance, Skip.NOT_LIVE if gap else Skip.NO_MARKET, gap)
        else:
            for user, own in watched.own.items():
                self._look_for(user, own, glance)

    def _look_for(self, user: UserId, own: Own, glance: Glance) -> None:
        watched, version, blend = glance.watched, glance.version, glance.watched.blend
        choices = self._candidates.chosen.get(user)
        if choices is None or version is None or blend is None:
            return
        entries = watched.entries(blend, self._limits)
        exits = watched.exits(blend, own, self._limits)
        now = self._board.clock()
        self.to_edge.append(now - glance.since)
        if not entries and not exits:
            own.retry_at = 0.0
            self._skipping.note(glance, user, Skip.NO_EDGE)
            return
        is_waiting = own.retry_at > now and own.seen_version == version.number
        if own.is_busy or is_waiting:
            return
        series = self._orderer.series(watched)
        chance = Chance(watched, user, choices, version, glance.since, glance.received_at, series)
        hindered = None if exits else self._orderer.hindered(chance)
        own.retry_at, own.seen_version = 0.0, version.number
        if hindered is not None:
            self._skipping.note(glance, user, hindered.skip)
            return
        own.is_busy = True
        self._chances.append((chance, own))
        self._bell.ring()

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
