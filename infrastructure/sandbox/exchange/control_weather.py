"""Control of the weather: what models say, what stations report, how their answers are wrong."""

import math
from typing import Final

import msgspec
from aiohttp import web

from core.domain.weather.station import Station
from infrastructure.sandbox.exchange.control_errors import CannotDo, body_of
from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.weather.metar import AviationWeather
from infrastructure.sandbox.exchange.weather.nws import NationalWeatherService
from infrastructure.sandbox.exchange.weather.open_meteo import OpenMeteo
from infrastructure.sandbox.exchange.weather.settling import question_of, settle
from infrastructure.sandbox.exchange.weather.spoiling import SPOILED

FAULTS: Final = {
    "open-meteo": frozenset(SPOILED),
    "nws": frozenset({"absurd", "nulls", "stale", "unitless"}),
    "metar": frozenset({"future", "malformed", "silent", "stale"}),
}
COLDEST, WARMEST = -90.0, 60.0


class Shift(msgspec.Struct, forbid_unknown_fields=True):
    """Without a station, or without a model: every one."""

    celsius: float
    station: str = ""
    model: str = ""


class Observe(msgspec.Struct, forbid_unknown_fields=True):
    station: str
    celsius: float


class Spoil(msgspec.Struct, forbid_unknown_fields=True):
    """Without a fault: well again."""

    provider: str
    fault: str = ""


class Settle(msgspec.Struct, forbid_unknown_fields=True):
    event: str  # id or slug


async def shift(request: web.Request) -> web.Response:
    """What models say from now on is so many degrees warmer than they would have said."""
    exchange, wish = request.app[EXCHANGE], await body_of(request, Shift)
    if wish.station:
        _station(exchange, wish.station)
    exchange.weather.models.shifts[wish.station, wish.model] = wish.celsius
    return reply({"shift": wish.celsius})


async def observe(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Observe)
    if not (math.isfinite(wish.celsius) and COLDEST <= wish.celsius <= WARMEST):
        raise CannotDo("no station measures that")
    station = _station(exchange, wish.station)
    at = int(exchange.weather.clock())
    exchange.weather.truth.observe(station, at, wish.celsius)
    return reply({"station": station.id, "at": at, "celsius": wish.celsius})


async def spoil(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Spoil)
    known = FAULTS.get(wish.provider)
    if known is None or (wish.fault and wish.fault not in known):
        raise CannotDo(f"provider is one of {sorted(FAULTS)}, its fault of {sorted(known or ())}")
    exchange.weather.faults[wish.provider] = wish.fault
    return reply({"provider": wish.provider, "fault": wish.fault})


async def settle_event(request: web.Request) -> web.Response:
    """End an event now, by what its station has reported and will report of that day."""
    exchange, wish = request.app[EXCHANGE], await body_of(request, Settle)
    for event in exchange.catalogue.events.values():
        if wish.event in {event.id, event.slug}:
            won = settle(exchange, event)
            if won is not None:
                return reply({"event": event.id, "won": event.markets[won].title})
    raise CannotDo("no such temperature event")


async def state(request: web.Request) -> web.Response:
    """What every temperature event will be decided by, in degrees Celsius."""
    exchange = request.app[EXCHANGE]
    events = list[dict[str, object]]()
    for event in exchange.catalogue.events.values():
        question = question_of(event)
        if question is not None:
            station = _station(exchange, question.city.station)
            true = exchange.weather.truth.extreme(station, question.day, question.extreme)
            events.append({"id": event.id, "slug": event.slug, "celsius": true})
    return reply({"events": events, "faults": exchange.weather.faults})


def weather_routes(exchange: ExchangeSandbox) -> list[web.RouteDef]:
    """What the providers answer, each at its own path, and the controls."""
    forecasts, service = OpenMeteo(exchange.weather), NationalWeatherService(exchange.weather)
    return [
        web.get("/v1/forecast", forecasts.forecast),
        web.get("/v1/ensemble", forecasts.ensemble),
        web.get(r"/points/{latitude:-?[0-9.]{1,9}},{longitude:-?[0-9.]{1,9}}", service.point),
        web.get(r"/gridpoints/SBX/{x:\d{1,5}},{y:\d{1,5}}/forecast/hourly", service.hourly),
        web.get("/api/data/metar", AviationWeather(exchange.weather).metar),
        web.post("/control/weather/shift", shift),
        web.post("/control/weather/observe", observe),
        web.post("/control/weather/spoil", spoil),
        web.post("/control/weather/settle", settle_event),
        web.get("/control/weather", state),
    ]


def _station(exchange: ExchangeSandbox, name: str) -> Station:
    station = exchange.weather.stations.get(name)
    if station is None:
        raise CannotDo("no such station")
    return station
