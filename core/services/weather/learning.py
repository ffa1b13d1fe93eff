"""What was learned of forecasts: fitted in the worker process, kept, and read again at start."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import Unavailable
from core.domain.units import EventId
from core.domain.weather.calibration import Calibration, Coefficients, Group, Lead
from core.domain.weather.calibration_json import (
    FORMAT,
    UnreadableCalibration,
    group_of,
    head_of,
)
from core.domain.weather.learning import LEARNED, LESSONS, TOGETHER, JoinJob, Learned, LearnJob
from core.domain.weather.records import Lows, lows_of
from core.domain.weather.rules import TemperatureEvent, read_event
from core.domain.weather.stations import Stations
from core.domain.weather.temperature import Extreme
from core.domain.weather.untaught import untaught
from core.services.clock import utc_now
from core.services.weather.jobs import PATIENCE, Jobs
from core.storage import calibrations, weather_events, weather_lessons
from core.storage.calibrations import StoredFit
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

LADDERS: Final = 4  # events read at a time, so that no price waits for it
GROUPS: Final = 8  # read at a time, for the same reason
KEPT: Final = timedelta(days=30)  # of fits

logger = logging.getLogger(__name__)

Listener = Callable[[], None]


class Learning:
    """`current` is what to believe by; until something was learned, the wide default."""

    def __init__(
        self,
        sessions: Sessions,
        jobs: Jobs,
        stations: Stations,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._jobs = jobs
        self._stations = stations
        self._now = now
        self._current = untaught(now())
        self._listeners: list[Listener] = []
        self.pairs = 0  # that it was made of
        self.refused = 0  # at the last fit of this run
        self.fitted_at: datetime | None = None  # None: nothing was ever fitted

    @property
    def current(self) -> Calibration:
        return self._current

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` when something else is believed; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def read(self) -> bool:
        """Take over what an earlier run has learned; whether there was something.

        Raises: SQLAlchemyError, OSError.
        """
        async with as_worker(self._sessions) as session:
            stored = await calibrations.newest(session, FORMAT)
        if stored is None:
            return False
        try:
            await self._adopt(stored)
        except UnreadableCalibration as fault:
            logger.warning("What was learned is learned anew: %s", fault)
            return False
        return True

    async def learn(self) -> None:
        """From all that is known now. Raises: Unavailable, SQLAlchemyError, OSError."""
        await self._keep_ladders()
        moment = self._now()
        since = moment - LESSONS
        parts, records = await self._parts(moment)
        whole = await self._learned(TOGETHER, JoinJob(parts, records, moment))
        fit = StoredFit(FORMAT, moment, since, whole.pairs, whole.content)
        try:
            await self._adopt(fit)
        except UnreadableCalibration as fault:
            raise Unavailable("That could not be done.") from fault
        self.refused = whole.refused
        async with as_worker(self._sessions) as session:
            await calibrations.keep(session, fit)
            await calibrations.forget(session, moment - KEPT)
        logger.info("Forecasts were calibrated by %d pairs", fit.pairs)

    async def _parts(self, moment: datetime) -> tuple[tuple[Learned, ...], tuple[Learned, ...]]:
        """For each extreme and lead, then what was seen of each lead, in that order.

        Fifteen jobs: one would keep the worker from its pictures for too long. While it works on
        one, the database reads for the next.
        """
        groups = [(extreme, lead) for extreme in Extreme for lead in Lead]
        reads = [partial(self._lessons, extreme, lead, moment) for extreme, lead in groups]
        reads += [partial(self._records, lead, moment) for lead in Lead]
        try:
            async with asyncio.TaskGroup() as tasks:
                found = [
                    await self._learned(LEARNED, await job) for job in _one_ahead(tasks, reads)
                ]
        except ExceptionGroup as faults:  # of the work or of a read, which ends the other
            raise faults.exceptions[0] from faults
        return tuple(found[: len(groups)]), tuple(found[len(groups) :])

    async def _lessons(self, extreme: Extreme, lead: Lead, moment: datetime) -> LearnJob:
        since = moment - LESSONS
        async with as_worker(self._sessions) as session:
            lessons = await weather_lessons.lessons(session, since, moment, extreme, lead)
        return LearnJob(lessons, (), moment)

    async def _records(self, lead: Lead, moment: datetime) -> LearnJob:
        """For the layer and the market's share of one lead."""
        async with as_worker(self._sessions) as session:
            records = await weather_lessons.records(session, moment - LESSONS, moment, lead)
        return LearnJob((), records, moment)

    async def _learned(self, function: str, job: LearnJob | JoinJob) -> Learned:
        found = await self._jobs.call(function, job, PATIENCE)
        if not isinstance(found, Learned):
            raise Unavailable("That could not be done.")
        return found

    async def _adopt(self, fit: StoredFit) -> None:
        """Raises: UnreadableCalibration."""
        self._current = await _read(fit.content)
        self.pairs, self.fitted_at = fit.pairs, fit.fitted_at
        for listener in tuple(self._listeners):
            listener()

    async def _keep_ladders(self) -> None:
        """Of settled events only a bucket is kept: which ones there were is read once."""
        async with as_worker(self._sessions) as session:
            await weather_lessons.forget_ladders(session)
        while True:
            async with as_worker(self._sessions) as session:
                events = await weather_lessons.without_ladder(session, limit=LADDERS)
                for event, lows in (await self._ladders(session, events)).items():
                    await weather_lessons.keep_ladder(session, event, lows)
            if not events:
                return

    async def _ladders(
        self, session: AsyncSession, events: Sequence[EventId]
    ) -> Mapping[EventId, Lows]:
        """Empty for an event that nobody can read any more."""
        found: dict[EventId, Lows] = dict.fromkeys(events, ())
        for listed in await weather_events.temperature_events(session, events):
            read = read_event(listed.text, self._stations)
            if isinstance(read, TemperatureEvent):
                found[listed.text.id] = lows_of(read.ladder)
        return found


def _one_ahead(
    tasks: asyncio.TaskGroup, reads: Iterable[Callable[[], Coroutine[None, None, LearnJob]]]
) -> Iterator[asyncio.Task[LearnJob]]:
    """Each as a task, when the one after it has been begun."""
    coming: asyncio.Task[LearnJob] | None = None
    for read in reads:
        ready, coming = coming, tasks.create_task(read(), name="weather-lessons")
        if ready is not None:
            yield ready
    if coming is not None:
        yield coming


async def _read(content: str) -> Calibration:
    """A few groups at a time: a thread would hold up the prices just as long.

    Raises: UnreadableCalibration.
    """
    first, *lines = content.split("\n")
    head, groups = head_of(first), dict[Group, Coefficients]()
    for start in range(0, len(lines), GROUPS):
        groups |= dict(group_of(line) for line in lines[start : start + GROUPS])
        await asyncio.sleep(0)
    return head.with_groups(groups)
