"""Builds what keeps forecasts and station reports, and what learns how events were settled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx

from core.domain.weather.fetching import KeepingRules
from core.domain.weather.station_table import known_stations
from core.domain.weather.stations import Stations, UnreadableStations, parse_stations
from core.ports import MarketStates
from core.services.weather.forecast_keeper import ForecastKeeper
from core.services.weather.settling import Settling
from core.storage.models import Sessions
from infrastructure.config.settings import Settings
from infrastructure.errors import SettingsError
from infrastructure.forecasts import metar, nws, open_meteo
from infrastructure.forecasts.budget import Allowance, Budget
from infrastructure.polymarket.http import VenueHttp
from telegram_bot.startup import WeatherAddresses

DEADLINE: Final = 30.0  # seconds for one question; nobody waits for it
LARGEST: Final = 1_000_000  # bytes of a table of stations
OF_A_KEY: Final = Allowance(minute=6_000.0, hour=50_000.0, day=40_000.0)
"""Paid plans begin with a million calls a month."""


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The keeper, what it asks, and the table that says which station stands for which city."""

    keeper: ForecastKeeper
    settling: Settling
    stations: Stations
    open_meteo: open_meteo.OpenMeteo
    nws: nws.NationalWeatherService
    metar: metar.AviationWeather


def build_forecasts(
    settings: Settings,
    addresses: WeatherAddresses,
    sessions: Sessions,
    client: httpx.AsyncClient,
    venue: MarketStates,
    is_streaming: Callable[[], bool],
) -> Forecasts:
    """Run `keeper.run` and `settling.run`. Raises: SettingsError."""
    stations = read_stations(settings)
    sources = Sources(settings, addresses, client)
    single, service, reports = sources.open_meteo(), sources.nws(), sources.metar()
    keeper = ForecastKeeper(
        [single, service], reports, sessions, keeping_rules(settings), is_streaming=is_streaming
    )
    settling = Settling(sessions, venue, stations)
    return Forecasts(keeper, settling, stations, single, service, reports)


@dataclass(frozen=True, slots=True)
class Sources:
    """The adapters, made of settings."""

    settings: Settings
    addresses: WeatherAddresses
    client: httpx.AsyncClient
    deadline: float = DEADLINE  # seconds

    def open_meteo(self) -> open_meteo.OpenMeteo:
        key = self.settings.open_meteo_api_key
        budget = Budget(open_meteo.NAME, None if key is None else OF_A_KEY)
        single = self._http(self.addresses.open_meteo, open_meteo.NAME)
        ensembles = self._http(self.addresses.ensembles, open_meteo.NAME)
        return open_meteo.OpenMeteo(single, ensembles, budget, key=key)

    def nws(self) -> nws.NationalWeatherService:
        return nws.NationalWeatherService(self._http(self.addresses.nws, nws.NAME))

    def metar(self) -> metar.AviationWeather:
        return metar.AviationWeather(self._http(self.addresses.metar, metar.NAME))

    def _http(self, url: str, name: str) -> VenueHttp:
        """It waits while the host asks for patience, and says whose the program is."""
        headers = {
            "Accept": "application/geo+json, application/json",
            "User-Agent": nws.agent(self.settings.nws_contact),
        }
        http = VenueHttp(self.client, url, deadline=self.deadline, name=name, headers=headers)
        return http.background()


def keeping_rules(settings: Settings) -> KeepingRules:
    return KeepingRules(
        checks=settings.poll_interval_seconds,
        streaming=settings.poll_interval_streaming_seconds,
        max_age=timedelta(seconds=settings.forecast_max_age_seconds),
        forecasts_kept=timedelta(days=settings.forecasts_kept_days),
        lessons_kept=timedelta(days=settings.weather_kept_days),
    )


def read_stations(settings: Settings) -> Stations:
    """The built-in table, with what the owner's file replaces or adds.

    Raises: SettingsError.
    """
    path = settings.weather_stations_file
    if path is None:
        return known_stations()
    try:
        with path.open(encoding="utf-8-sig") as file:
            return known_stations().extended(parse_stations(file.read(LARGEST)))
    except (OSError, UnicodeDecodeError, UnreadableStations) as problem:
        mend = "name a CSV of stations as in docs/operations, or leave it empty"
        raise SettingsError("WEATHER_STATIONS_FILE", f"{path}: {problem}; {mend}") from problem
