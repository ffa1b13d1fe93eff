"""`/v1/forecast` and `/v1/ensemble` as Open-Meteo answers them, and as it had better not."""

from typing import Final

from aiohttp import web

from core.domain.weather.station import Station
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.weather.desk import WeatherDesk
from infrastructure.sandbox.exchange.weather.models import ALIASES, MEMBERS, SINGLE
from infrastructure.sandbox.exchange.weather.spoiling import SPOILED, Hourly
from infrastructure.sandbox.exchange.weather.truth import DAY, utc

VARIABLE: Final = "temperature_2m"
MOST_DAYS: Final = 16
GRID: Final = 0.25  # degrees between the points of a model


class _Refused(Exception):
    """A question that the provider answers with 400 and a reason."""


class OpenMeteo:
    """Both hosts of it."""

    def __init__(self, desk: WeatherDesk) -> None:
        self._desk = desk

    async def forecast(self, request: web.Request) -> web.Response:
        return self._answer(request, is_ensemble=False)

    async def ensemble(self, request: web.Request) -> web.Response:
        return self._answer(request, is_ensemble=True)

    def _answer(self, request: web.Request, *, is_ensemble: bool) -> web.Response:
        try:
            told = self._told(dict(request.query), is_ensemble=is_ensemble)
        except (_Refused, ValueError, KeyError) as problem:
            return reply({"error": True, "reason": str(problem)}, 400)
        fault = self._desk.fault("open-meteo")
        if fault:
            SPOILED[fault](told)
        return reply(told.json())

    def _told(self, asked: dict[str, str], *, is_ensemble: bool) -> Hourly:
        if asked.get("hourly") != VARIABLE:
            raise _Refused("Data corrupted at path ''. Cannot initialize hourly variable.")
        latitude, longitude = float(asked["latitude"]), float(asked["longitude"])
        station = self._desk.at(latitude, longitude)
        times = self._times(int(asked.get("past_days", 0)), int(asked.get("forecast_days", 7)))
        columns = self._columns(station, asked, times, is_ensemble=is_ensemble)
        is_unix = asked.get("timeformat") == "unixtime"
        shown = [at if is_unix else f"{utc(at):%Y-%m-%dT%H:%M}" for at in times]
        units = {"time": "unixtime" if is_unix else "iso8601"} | dict.fromkeys(columns, "°C")
        return Hourly(_on_grid(latitude), _on_grid(longitude), shown, columns, units)

    def _times(self, past: int, coming: int) -> list[int]:
        if not (0 <= past <= MOST_DAYS and 1 <= coming <= MOST_DAYS):
            raise _Refused("Parameter 'forecast_days' is out of allowed range from 0 to 16.")
        today = int(self._desk.clock() // DAY * DAY)
        return list(range(today - past * DAY, today + coming * DAY, 3600))

    def _columns(
        self, station: Station, asked: dict[str, str], times: list[int], *, is_ensemble: bool
    ) -> dict[str, list[float | None]]:
        models = asked.get("models", "best_match").split(",")
        columns = dict[str, list[float | None]]()
        for model in models:
            name = ALIASES.get(model, model) if is_ensemble else model
            if name not in (MEMBERS if is_ensemble else SINGLE):
                raise _Refused(f"Cannot initialize model from invalid String value {model}.")
            ending = f"_{name}" if models[1:] else ""
            told = self._desk.models.members(station, name, times, self._desk.clock())
            for number, member in enumerate(told):
                which = f"_member{number:02d}" if number else ""
                columns[f"{VARIABLE}{which}{ending}"] = list[float | None](member)
        return columns


def _on_grid(coordinate: float) -> float:
    return round(round(coordinate / GRID) * GRID, 6)
