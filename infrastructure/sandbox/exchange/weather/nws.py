"""api.weather.gov: which grid square a point is in, and the hours that are forecast for it."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from core.domain.weather.station import Station
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.weather.desk import WeatherDesk
from infrastructure.sandbox.exchange.weather.models import RUN
from infrastructure.sandbox.exchange.weather.truth import utc

HOURS: Final = 156
OFFICE: Final = "SBX"  # every square of ours is its
HUNDREDTHS: Final = 100
UNKNOWN: Final = "https://api.weather.gov/problems/InvalidPoint"


class NationalWeatherService:
    """Squares are a hundredth of a degree wide, so that their numbers say where they are."""

    def __init__(self, desk: WeatherDesk) -> None:
        self._desk = desk

    async def point(self, request: web.Request) -> web.Response:
        latitude, longitude = _coordinates(request)
        station = self._desk.at(latitude, longitude)
        if not station.id.startswith("K"):
            return reply({"title": "Data Unavailable For Requested Point", "type": UNKNOWN}, 404)
        x, y = round((longitude + 180) * HUNDREDTHS), round((latitude + 90) * HUNDREDTHS)
        base = f"{request.url.origin()}/gridpoints/{OFFICE}/{x},{y}"
        properties = {
            "gridId": OFFICE,
            "gridX": x,
            "gridY": y,
            "forecast": f"{base}/forecast",
            "forecastHourly": f"{base}/forecast/hourly",
            "timeZone": station.zone,
        }
        return reply({"type": "Feature", "properties": properties})

    async def hourly(self, request: web.Request) -> web.Response:
        x, y = (int(request.match_info[name]) for name in ("x", "y"))
        station = self._desk.at(y / HUNDREDTHS - 90, x / HUNDREDTHS - 180)
        return reply({"type": "Feature", "properties": self._properties(station)})

    def _properties(self, station: Station) -> Json:
        now, fault = self._desk.clock(), self._desk.fault("nws")
        issued = utc(now // RUN * RUN - (8 * RUN if fault == "stale" else 0))
        return {
            "units": "us",
            "forecastGenerator": "HourlyForecastGenerator",
            "generatedAt": f"{utc(now):%Y-%m-%dT%H:%M:%S+00:00}",
            "updateTime": f"{issued:%Y-%m-%dT%H:%M:%S+00:00}",
            "periods": self._periods(station, now, fault),
        }

    def _periods(self, station: Station, now: float, fault: str) -> list[Json]:
        first = int(now // 3600 * 3600)
        times = [first + 3600 * hour for hour in range(HOURS)]
        (told,) = self._desk.models.members(station, "nws", times, now)
        zone = ZoneInfo(station.zone)
        periods = list[Json]()
        for number, (at, celsius) in enumerate(zip(times, told, strict=True), start=1):
            start = utc(at).astimezone(zone)
            end = (utc(at) + timedelta(hours=1)).astimezone(zone)
            degrees = 150 if fault == "absurd" else round(celsius * 9 / 5 + 32)
            periods.append(
                {
                    "number": number,
                    "startTime": start.isoformat(),
                    "endTime": end.isoformat(),
                    "temperature": None if fault == "nulls" else degrees,
                    "temperatureUnit": "" if fault == "unitless" else "F",
                }
            )
        return periods


def _coordinates(request: web.Request) -> tuple[float, float]:
    return float(request.match_info["latitude"]), float(request.match_info["longitude"])
