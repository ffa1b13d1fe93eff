"""The US National Weather Service: hourly forecasts of American stations."""

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from core.domain.errors import NotFound, Unavailable
from core.domain.weather.forecast import Forecast, ModelId
from core.domain.weather.station import Station, StationId
from core.services.clock import utc_now
from infrastructure.forecasts.hourly import Dropped, Unbelievable, grid, unit_of
from infrastructure.polymarket.http import VenueHttp, decoded

logger = logging.getLogger(__name__)

NAME: Final = "The National Weather Service"
MODEL: Final = ModelId("nws_hourly")
OLD: Final = timedelta(days=1)  # a forecast that was made before that is a fault of theirs
EARLY: Final = timedelta(minutes=10)  # their clock may be ahead of ours by so much
_OFFICE: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_AMERICAN: Final = re.compile(r"K[A-Z0-9]{3}|P[AH][A-Z]{2}|TJ[A-Z]{2}", re.ASCII)


class _Square(msgspec.Struct, frozen=True):
    gridId: str  # noqa: N815 - the wire's name
    gridX: int  # noqa: N815 - the wire's name
    gridY: int  # noqa: N815 - the wire's name


class _Point(msgspec.Struct, frozen=True):
    properties: _Square


class _Quantity(msgspec.Struct, frozen=True):
    unitCode: str  # noqa: N815 - the wire's name
    value: float | None


class _Period(msgspec.Struct, frozen=True):
    startTime: datetime  # noqa: N815 - the wire's name
    temperature: float | _Quantity | None
    temperatureUnit: str | None = None  # noqa: N815 - the wire's name


class _Hours(msgspec.Struct, frozen=True):
    periods: list[_Period]
    updateTime: datetime | None = None  # noqa: N815 - the wire's name
    generatedAt: datetime | None = None  # noqa: N815 - the wire's name


class _Answer(msgspec.Struct, frozen=True):
    properties: _Hours


_POINT: Final = msgspec.json.Decoder(_Point)
_ANSWER: Final = msgspec.json.Decoder(_Answer)


def agent(contact: str) -> str:
    """How the service wants to be spoken to: by whom, and where that one can be reached."""
    return f"polycool ({contact})" if contact else "polycool (self-hosted)"


class NationalWeatherService:
    """A `ForecastSource` of one model; it begins with the present hour."""

    name = "nws"

    def __init__(self, http: VenueHttp, *, now: Callable[[], datetime] = utc_now) -> None:
        self.dropped = Dropped()
        self._http = http
        self._now = now
        self._turn = asyncio.Lock()
        self._squares: dict[StationId, str] = {}

    def covers(self, station: Station) -> bool:
        return _AMERICAN.fullmatch(station.id) is not None

    async def forecasts(self, station: Station, days: int) -> tuple[Forecast, ...]:
        """Of some 156 hours, whatever `days` says. Raises: Unavailable."""
        del days
        async with self._turn:
            try:
                body = await self._http.get(f"{await self._square(station)}/forecast/hourly")
            except NotFound as error:
                self._squares.pop(station.id, None)  # squares are cut anew now and then
                raise Unavailable(f"{NAME} does not know {station.id}.") from error
        return (self._read(decoded(_ANSWER, body, NAME).properties, station),)

    async def _square(self, station: Station) -> str:
        known = self._squares.get(station.id)
        if known is None:
            where = f"{station.latitude:.4f},{station.longitude:.4f}"
            found = decoded(_POINT, await self._http.get(f"/points/{where}"), NAME).properties
            if _OFFICE.fullmatch(found.gridId) is None:
                raise Unavailable(f"{NAME} names no office for {station.id}.")
            known = f"/gridpoints/{found.gridId}/{found.gridX},{found.gridY}"
            self._squares[station.id] = known
        return known

    def _read(self, told: _Hours, station: Station) -> Forecast:
        """Raises: Unavailable."""
        received = self._now()
        issued = _issued(told, received)
        hours = grid(
            [int(_aware(one.startTime).timestamp()) for one in told.periods], received, NAME
        )
        try:
            units = {unit_of(_unit(one)) for one in told.periods}
            if len(units) != 1:
                raise Unbelievable("unit")  # noqa: TRY301 - told apart nowhere else
            row = hours.row([_degrees(one) for one in told.periods], units.pop())
            if all(value is None for value in row):
                raise Unbelievable("empty")  # noqa: TRY301 - told apart nowhere else
        except Unbelievable as reason:
            self.dropped.note(str(reason))
            raise Unavailable(f"{NAME} tells what cannot be: {reason}.") from reason
        return Forecast(self.name, MODEL, station.id, issued, received, hours.times, (row,))


def _issued(told: _Hours, received: datetime) -> datetime:
    """Raises: Unavailable for a forecast of yesterday, or of tomorrow."""
    issued = told.updateTime or told.generatedAt
    if issued is None:
        raise Unavailable(f"{NAME} does not say when its forecast was made.")
    issued = _aware(issued).astimezone(UTC)
    if not received - OLD <= issued <= received + EARLY:
        raise Unavailable(f"{NAME} tells a forecast of {issued:%d %B %H:%M} UTC.")
    return min(issued, received)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise Unavailable(f"{NAME} tells a time without a zone.")
    return at


def _unit(period: _Period) -> str | None:
    told = period.temperature
    return told.unitCode if isinstance(told, _Quantity) else period.temperatureUnit


def _degrees(period: _Period) -> float | None:
    told = period.temperature
    return told.value if isinstance(told, _Quantity) else told
