"""Scores what was said of events once they are settled, and shows how everybody has done."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.domain.account import Account
from core.domain.units import Usdc, UserId
from core.domain.weather.calibration import Lead
from core.domain.weather.records import SEASON, Occasion, Outcome, SaidOf, Scored, scored
from core.domain.weather.scores import Settled, reliability
from core.domain.weather.standings import ReliabilityOf, Standing
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme
from core.services.clock import utc_now
from core.storage import weather_beliefs, weather_scores
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

PART: Final = 50  # beliefs at a time
ROLLING: Final = timedelta(days=90)
KEPT_FOR: Final = timedelta(days=400)
MOST_EVENTS: Final = 300  # of a reliability diagram

logger = logging.getLogger(__name__)


class Scoring:
    """Each event and occasion is scored once, and kept for longer than any average looks back."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        now: Callable[[], datetime] = utc_now,
        kept_for: timedelta = KEPT_FOR,
    ) -> None:
        if kept_for <= ROLLING:
            raise ValueError("averages look farther back than scores would be kept")
        self.scored = 0
        self._sessions = sessions
        self._now = now
        self._kept_for = kept_for

    async def forget(self) -> None:
        """What was said goes with its score: alone it would be scored again.

        Raises: SQLAlchemyError, OSError.
        """
        before = self._now() - self._kept_for
        async with as_worker(self._sessions) as session:
            await weather_beliefs.forget(session, before)
            await weather_scores.forget(session, before)

    async def score(self) -> int:
        """How many were. Raises: SQLAlchemyError, OSError."""
        count = 0
        while found := await self._part():
            count += found
        self.scored += count
        if count:
            logger.info("%d forecasts of settled temperature events were scored", count)
        return count

    async def _part(self) -> int:
        """How many were looked at."""
        async with as_worker(self._sessions) as session:
            waiting = await weather_beliefs.unscored(session, limit=PART)
        scores, unfit = list[Scored](), list[SaidOf]()
        for said, outcome in waiting:
            score = await self._scored(said, outcome)
            if score is None:
                logger.warning("The buckets of event %s have changed", said.subject.event_id)
                unfit.append(said)
            else:
                scores.append(score)
        async with as_worker(self._sessions) as session:
            await weather_scores.add(session, scores)
            await weather_beliefs.drop(session, unfit)
        return len(waiting)

    async def _scored(self, said: SaidOf, outcome: Outcome) -> Scored | None:
        subject = said.subject
        history = await self._history(subject.station, subject.extreme, said.at)
        await asyncio.sleep(0)
        return scored(said, outcome, history)

    async def _history(
        self, station: StationId, extreme: Extreme, until: datetime
    ) -> Sequence[Settled]:
        async with as_worker(self._sessions) as session:
            return await weather_scores.history(session, station, extreme, until - SEASON)


class ScoreBook:
    """The open record: what people are shown of it."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        now: Callable[[], datetime] = utc_now,
        rolling: timedelta = ROLLING,
    ) -> None:
        self.rolling = rolling
        self._sessions = sessions
        self._now = now

    async def standings(self) -> tuple[Standing, ...]:
        """By city and lead; with "" for a city all of them together."""
        async with as_worker(self._sessions) as session:
            return await weather_scores.standings(session, self._now() - self.rolling)

    async def overall(self) -> Standing | None:
        """Of all cities, by what was said last before the day began."""
        found = await self.standings()
        return next((one for one in found if not one.city and one.lead is None), None)

    async def reliability(self, lead: Lead | None, city: str | None = None) -> ReliabilityOf:
        """Of the newest events of that time; `lead` None: said last before the day began."""
        occasion = Occasion.MIDNIGHT if lead is None else Occasion(lead.value)
        since = self._now() - self.rolling
        async with as_worker(self._sessions) as session:
            said, events = await weather_scores.chances(
                session, occasion, city, since, most=MOST_EVENTS
            )
        return ReliabilityOf(tuple(reliability(said)), events)

    async def profit(self, user: UserId, account: Account) -> Usdc | None:
        """What the strategy made there, booked and unbooked, after fees; None without a trade."""
        async with as_user(self._sessions, user) as session:
            return await weather_scores.profit(session, user, account, self._now() - self.rolling)
