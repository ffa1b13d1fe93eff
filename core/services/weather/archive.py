"""What is kept of forecasts and reports beyond the life of the program."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.weather.daily import ModelDay, lead_from, model_day
from core.domain.weather.days import IncompleteDay
from core.domain.weather.fetching import KeepingRules
from core.domain.weather.forecast import Forecast, Observation
from core.domain.weather.lessons import DaySaid, ModelSaid
from core.domain.weather.station import Station
from core.domain.weather.temperature import Extreme
from core.storage import forecasts as stored
from core.storage import weather_pairs
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

PERIOD: Final = 21_600.0  # seconds between two looks at what is too old
REPORTS: Final = timedelta(hours=50)  # the longest day, and one before it

logger = logging.getLogger(__name__)


class Archive:
    """A database that is away costs what it would have kept, and stops nothing."""

    def __init__(
        self, sessions: Sessions, rules: KeepingRules, now: Callable[[], datetime]
    ) -> None:
        self.failures = 0
        self._sessions = sessions
        self._rules = rules
        self._now = now

    async def remembered(self) -> tuple[tuple[Forecast, ...], tuple[Observation, ...]]:
        """Forecasts that may still be given out, and the reports of days under way."""
        now = self._now()
        try:
            async with as_worker(self._sessions) as session:
                return (
                    await stored.newest_forecasts(session, now - self._rules.max_age),
                    await stored.observations_since(session, now - REPORTS),
                )
        except (SQLAlchemyError, OSError) as fault:
            self._lost("Forecasts cannot be remembered", fault)
            return (), ()

    async def keep_forecasts(
        self, station: Station, days: Collection[date], forecasts: Sequence[Forecast]
    ) -> None:
        """With what they say of `days`, to learn from."""
        said = await _said(station, days, forecasts)
        try:
            async with as_worker(self._sessions) as session:
                await stored.keep_forecasts(session, forecasts)
                await weather_pairs.keep_said(session, said)
        except (SQLAlchemyError, OSError) as fault:
            self._lost(f"Forecasts for {station.id} are not kept", fault)

    async def keep_observations(self, observations: Sequence[Observation]) -> None:
        try:
            async with as_worker(self._sessions) as session:
                await stored.keep_observations(session, observations)
        except (SQLAlchemyError, OSError) as fault:
            self._lost("Station reports are not kept", fault)

    async def run(self) -> None:
        """Forget what is too old, until cancelled."""
        while True:
            try:
                await self.forget()
            except (SQLAlchemyError, OSError) as fault:
                self._lost("Old forecasts stay for now", fault)
            await asyncio.sleep(PERIOD)

    async def forget(self) -> None:
        """Raises: SQLAlchemyError, OSError."""
        now, rules = self._now(), self._rules
        async with as_worker(self._sessions) as session:
            await stored.forget_forecasts(session, now - rules.forecasts_kept)
            await stored.forget_observations(session, now - rules.lessons_kept)
            await weather_pairs.forget_lessons(session, (now - rules.lessons_kept).date())

    def _lost(self, what: str, fault: Exception) -> None:
        self.failures += 1
        logger.warning("%s: %s", what, fault)


async def _said(
    station: Station, days: Collection[date], forecasts: Sequence[Forecast]
) -> list[DaySaid]:
    """What each forecast says of each day that it covers whole."""
    found = dict[tuple[date, Extreme, int], list[ModelSaid]]()
    for forecast in forecasts:
        for day in days:
            for extreme, said in _extremes(forecast, station, day).items():
                lead = lead_from(forecast.available_at, station, day)
                found.setdefault((day, extreme, lead), []).append(_summary(said))
        await asyncio.sleep(0)  # an ensemble takes a millisecond or two
    return [
        DaySaid(station.id, day, extreme, lead, tuple(models))
        for (day, extreme, lead), models in found.items()
    ]


def _extremes(forecast: Forecast, station: Station, day: date) -> Mapping[Extreme, ModelDay]:
    """Empty for a day that it does not cover whole."""
    try:
        return {
            extreme: model_day(forecast, day, station.zone, extreme, forecast.available_at)
            for extreme in Extreme
        }
    except IncompleteDay:
        return {}


def _summary(said: ModelDay) -> ModelSaid:
    return ModelSaid(
        said.source, said.model, said.mean, said.spread, len(said.members), said.available_at
    )
