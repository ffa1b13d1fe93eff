"""Weather providers as tests meet them: the sandbox's, and our adapters on top of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from core.domain.weather.station import Station
from core.domain.weather.station_table import known_stations
from infrastructure.forecasts.budget import Budget
from infrastructure.forecasts.metar import AviationWeather
from infrastructure.forecasts.nws import NationalWeatherService
from infrastructure.forecasts.open_meteo import OpenMeteo
from infrastructure.polymarket.http import VenueHttp, open_client
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from tests.support.sandbox_exchange import START, Clock, serving, still_exchange


def station(name: str) -> Station:
    entry = known_stations().by_id(name)
    assert entry is not None
    return entry.station


LONDON, NEW_YORK, TOKYO = station("EGLC"), station("KLGA"), station("RJTT")
NOW = datetime.fromtimestamp(START, UTC)


@dataclass
class Weather:
    """The sandbox's providers, asked by our adapters on the sandbox's clock."""

    exchange: ExchangeSandbox
    clock: Clock
    open_meteo: OpenMeteo
    nws: NationalWeatherService
    metar: AviationWeather
    client: httpx.AsyncClient
    url: str
    asked: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now, UTC)

    async def control(self, command: str, **wish: object) -> None:
        answer = await self.client.post(f"{self.url}/control/{command}", json=wish)
        assert answer.status_code == 200, answer.text


async def no_pause(_seconds: float) -> None:
    return


@asynccontextmanager
async def providers(seed: int = 7) -> AsyncIterator[Weather]:
    exchange = still_exchange(seed=seed)
    clock = exchange.clock
    assert isinstance(clock, Clock)

    def now() -> datetime:
        return datetime.fromtimestamp(clock.now, UTC)

    async with serving(exchange) as host, open_client(timeout=30.0) as client:
        http = VenueHttp(client, f"http://{host}", sleep=no_pause, deadline=20.0)
        budget = Budget("Open-Meteo", clock=clock, sleep=no_pause)
        yield Weather(
            exchange,
            clock,
            OpenMeteo(http, http, budget, now=now),
            NationalWeatherService(http, now=now),
            AviationWeather(http, now=now),
            client,
            f"http://{host}",
        )
