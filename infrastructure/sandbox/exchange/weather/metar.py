"""`/api/data/metar` of aviationweather.gov: what stations reported in the last hours."""

import math
from typing import Final

from aiohttp import web

from core.domain.weather.station import Station
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.weather.desk import WeatherDesk
from infrastructure.sandbox.exchange.weather.truth import Report, utc

MOST_HOURS: Final = 360.0
MOST_ROWS: Final = 400
HOUR: Final = 3600


class AviationWeather:
    """Newest reports first, station by station, as the source has them."""

    def __init__(self, desk: WeatherDesk) -> None:
        self._desk = desk

    async def metar(self, request: web.Request) -> web.Response:
        hours = min(float(request.query.get("hours", "1.5")), MOST_HOURS)
        asked = request.query.get("ids", "").upper().split(",")
        fault = self._desk.fault("metar")
        now = self._desk.clock()
        end = now - 3 * HOUR if fault == "stale" else now + 1
        rows = list[Json]()
        for name in asked:
            station = self._desk.stations.get(name)
            if station is not None and fault != "silent":
                told = self._desk.truth.reports(station, now - hours * HOUR, end)
                rows += [_row(station, report, fault) for report in reversed(told)]
        if not rows:
            return web.Response(status=204)
        return reply(rows[:MOST_ROWS])


def _row(station: Station, report: Report, fault: str) -> Json:
    at = report.at + (5 * HOUR if fault == "future" else 0)
    kind = "SPECI" if report.is_special else "METAR"
    return {
        "icaoId": station.id,
        "receiptTime": f"{utc(report.at + 90):%Y-%m-%dT%H:%M:%S.000Z}",
        "obsTime": "soon" if fault == "malformed" else at,
        "reportTime": f"{utc(at):%Y-%m-%dT%H:%M:%S.000Z}",
        "temp": report.celsius if _tells_tenths(station) else math.floor(report.celsius + 0.5),
        "metarType": kind,
        "rawOb": _raw(kind, station, at, report.celsius),
        "lat": station.latitude,
        "lon": station.longitude,
        "name": station.name,
    }


def _raw(kind: str, station: Station, at: int, celsius: float) -> str:
    """Tenths of a degree stand in the remarks of American stations alone."""
    dew = celsius - 4
    text = f"{kind} {station.id} {utc(at):%d%H%M}Z 24006KT 9999 FEW040 "
    text += f"{_whole(celsius)}/{_whole(dew)} Q1015"
    return f"{text} RMK AO2 T{_tenths(celsius)}{_tenths(dew)}" if _tells_tenths(station) else text


def _tells_tenths(station: Station) -> bool:
    return station.id.startswith("K")


def _whole(celsius: float) -> str:
    degrees = math.floor(celsius + 0.5)
    return f"M{-degrees:02d}" if celsius < 0 else f"{degrees:02d}"


def _tenths(celsius: float) -> str:
    return f"{int(celsius < 0)}{abs(round(celsius * 10)):03d}"
