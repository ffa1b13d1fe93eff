"""Open-Meteo: members of ensembles, and single runs of several models."""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from pydantic import SecretStr

from core.domain.errors import BudgetSpent, Unavailable
from core.domain.sentences import worded
from core.domain.weather.forecast import Forecast, ModelId
from core.domain.weather.station import Station, distance
from core.services.clock import utc_now
from infrastructure.forecasts.budget import Budget, open_meteo_units
from infrastructure.forecasts.hourly import Dropped, Grid, Unbelievable, grid, unit_of
from infrastructure.polymarket.http import Refused, VenueHttp, decoded

logger = logging.getLogger(__name__)

NAME: Final = "Open-Meteo"
VARIABLE: Final = "temperature_2m"
FAR: Final = 60.0  # km; the points of the coarsest model are half a degree apart
PAST: Final = 1  # days before today: local days east of Greenwich have begun by then
MOST_DAYS: Final = 7
SINGLE: Final = ("gfs_seamless", "ecmwf_ifs025", "icon_seamless", "gem_seamless", "ukmo_seamless")
BLEND: Final = ModelId("best_match")  # what the provider calls its choice among all models
_COLUMN: Final = re.compile(r"temperature_2m(?:_member([0-9]{2,3}))?(?:_([a-z0-9_]{2,60}))?")


@dataclass(frozen=True, slots=True)
class Ensemble:
    """`names`: as the provider calls it today, and as it used to."""

    names: tuple[str, ...]
    members: int

    @property
    def model(self) -> ModelId:
        return ModelId(self.names[0])


ENSEMBLES: Final = (
    Ensemble(("ecmwf_ifs025_ensemble", "ecmwf_ifs025"), 51),
    Ensemble(("ncep_gefs_seamless", "gfs_seamless"), 31),
    Ensemble(("icon_seamless_eps", "icon_seamless", "dwd_icon_seamless_eps"), 40),
)


class _Answer(msgspec.Struct, frozen=True):
    latitude: float
    longitude: float
    hourly: dict[str, msgspec.Raw]
    hourly_units: dict[str, str] = {}
    utc_offset_seconds: int = 0


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_TIMES: Final = msgspec.json.Decoder(list[int | str])
_VALUES: Final = msgspec.json.Decoder(list[float | int | None])


class OpenMeteo:
    """A `ForecastSource`. A model that cannot be read is counted and left out; one call at a time.

    Each ensemble is asked for by itself, so that one that is gone does not take others along. The
    provider does not tell when a run began: `issued_at` is None.
    """

    name = "open-meteo"

    def __init__(
        self,
        single: VenueHttp,
        ensemble: VenueHttp,
        budget: Budget,
        *,
        key: SecretStr | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.dropped = Dropped()
        self.budget = budget
        self._single = single
        self._ensemble = ensemble
        self._key = key
        self._now = now
        self._turn = asyncio.Lock()
        self._accepted: dict[Ensemble, str] = {}

    def covers(self, station: Station) -> bool:
        return -90 <= station.latitude <= 90 and -180 <= station.longitude <= 180  # noqa: PLR2004 - the globe

    async def forecasts(self, station: Station, days: int) -> tuple[Forecast, ...]:
        """Raises: Unavailable where no model answered, BudgetSpent."""
        found, faults = list[Forecast](), list[Unavailable]()
        async with self._turn:
            for ensemble in (*ENSEMBLES, None):
                try:
                    if ensemble is None:
                        found += await self._singles(station, days)
                    else:
                        found += await self._members(ensemble, station, days)
                except BudgetSpent as spent:
                    faults.insert(0, spent)
                    break
                except Unavailable as fault:
                    faults.append(fault)
        if not found:
            raise (
                faults[0]
                if faults
                else Unavailable(worded("{name} told nothing that can be used.", name=NAME))
            )
        return tuple(found)

    async def _members(self, ensemble: Ensemble, station: Station, days: int) -> list[Forecast]:
        """By the name that was accepted before, else by one after the other."""
        accepted = self._accepted.get(ensemble)
        for name in (accepted,) if accepted else ensemble.names:
            try:
                answer = await self._ask(self._ensemble, "/v1/ensemble", station, days, (name,))
            except Refused:
                self._accepted.pop(ensemble, None)
                continue
            self._accepted[ensemble] = name
            return self._read(answer, station, {None: ensemble.model, name: ensemble.model})
        raise Unavailable(
            worded("{name} knows no {model} any more.", name=NAME, model=ensemble.model)
        )

    async def _singles(self, station: Station, days: int) -> list[Forecast]:
        """A server that tells no models apart, unlike the provider itself, tells one of its own."""
        answer = await self._ask(self._single, "/v1/forecast", station, days, SINGLE)
        if VARIABLE in answer.hourly:
            return self._read(answer, station, {None: BLEND})
        return self._read(answer, station, {name: ModelId(name) for name in SINGLE})

    async def _ask(
        self, http: VenueHttp, path: str, station: Station, days: int, models: tuple[str, ...]
    ) -> _Answer:
        coming = max(1, min(days, MOST_DAYS))
        members = next((each.members for each in ENSEMBLES if models[0] in each.names), 1)
        variables = members if path == "/v1/ensemble" else len(models)
        await self.budget.take(open_meteo_units(variables, coming + PAST))
        question = [
            ("latitude", f"{station.latitude:.4f}"),
            ("longitude", f"{station.longitude:.4f}"),
            ("hourly", VARIABLE),
            ("models", ",".join(models)),
            ("past_days", str(PAST)),
            ("forecast_days", str(coming)),
            ("timeformat", "unixtime"),
            ("timezone", "UTC"),
        ]
        if self._key is not None:
            question.append(("apikey", self._key.get_secret_value()))
        return decoded(_ANSWER, await http.get(path, question), NAME)

    def _read(
        self, answer: _Answer, station: Station, models: Mapping[str | None, ModelId]
    ) -> list[Forecast]:
        """Raises: Unavailable for an answer of another place or time."""
        _refuse_elsewhere(answer, station)
        received = self._now()
        hours = grid(_times(answer), received, NAME)
        columns = defaultdict[ModelId, list[str]](list)
        for column in answer.hourly:
            match = _COLUMN.fullmatch(column)
            if match is not None and match[2] in models:
                columns[models[match[2]]].append(column)
        found = list[Forecast]()
        for model in sorted(set(models.values())):
            try:
                rows = _rows(answer, hours, columns[model])
            except Unbelievable as reason:
                self.dropped.note(str(reason))
                logger.warning("%s of %s for %s is left out: %s", model, NAME, station.id, reason)
                continue
            found.append(Forecast(self.name, model, station.id, None, received, hours.times, rows))
        return found


def _times(answer: _Answer) -> list[int]:
    """Seconds since 1970, as they were asked for, or from the ISO times that are usual there.

    Raises: Unavailable.
    """
    told = decoded(_TIMES, answer.hourly.get("time", b"[]"), NAME)
    form = answer.hourly_units.get("time")
    if form == "unixtime":
        return [at for at in told if isinstance(at, int)]
    if form != "iso8601":
        raise Unavailable(worded("{name} tells times in another form.", name=NAME))
    try:
        return [_seconds(str(at), answer.utc_offset_seconds) for at in told]
    except (ValueError, OverflowError) as error:
        raise Unavailable(worded("{name} tells times in another form.", name=NAME)) from error


def _seconds(local: str, offset: int) -> int:
    """Raises: ValueError, OverflowError."""
    at = datetime.fromisoformat(local)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC) - timedelta(seconds=offset)
    return int(at.timestamp())


def _rows(answer: _Answer, hours: Grid, columns: list[str]) -> tuple[tuple[float | None, ...], ...]:
    """Raises: Unbelievable."""
    rows = tuple(
        hours.row(_values(answer.hourly[column]), unit_of(answer.hourly_units.get(column)))
        for column in sorted(columns)
    )
    if not any(value is not None for row in rows for value in row):
        raise Unbelievable("empty")
    return rows


def _values(column: msgspec.Raw) -> list[float | int | None]:
    """Raises: Unbelievable."""
    try:
        return _VALUES.decode(column)
    except msgspec.MsgspecError as error:
        raise Unbelievable("malformed") from error


def _refuse_elsewhere(answer: _Answer, station: Station) -> None:
    told = Station(station.id, station.name, answer.latitude, answer.longitude, station.zone)
    if not abs(answer.latitude) <= 90 or distance(told, station) > FAR:  # noqa: PLR2004 - the poles
        raise Unavailable(worded("{name} answers for another place.", name=NAME))
