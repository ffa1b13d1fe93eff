"""From the sandbox's events to what can be learned of them; and the parts put together."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from core.domain.weather.daily import LEADS
from core.domain.weather.rules import TemperatureEvent, read_event
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Extreme, Unit, converted, whole_degree
from core.services.weather.forecast_keeper import ForecastKeeper
from core.services.weather.settling import Settling
from core.storage import markets
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from core.storage.weather_events import temperature_events, upcoming
from core.storage.weather_pairs import lessons
from data_ingestion.discovery.market_discovery import MarketDiscovery
from infrastructure.config.settings import Settings, load_settings
from infrastructure.errors import SettingsError
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp
from infrastructure.sandbox.exchange.weather.settling import due, list_new, settle
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.forecast_assembly import Forecasts, build_forecasts, read_stations
from telegram_bot.forecast_figures import ForecastFigures
from telegram_bot.startup import WeatherAddresses
from tests.support import rows
from tests.support.weather import LONDON, NEW_YORK, NOW, Weather, no_pause, providers

PAID = sa.text("UPDATE positions SET status = 'resolved', closed_at = :now WHERE id = :id")
STATIONS = "id,names,latitude,longitude,zone,cities,resolvers,rounding\n"


@pytest.fixture
async def weather() -> AsyncIterator[Weather]:
    async with providers() as opened:
        yield opened


def catalogue_of(weather: Weather) -> GammaCatalogue:
    return GammaCatalogue(VenueHttp(weather.client, weather.url, sleep=no_pause))


async def listed(weather: Weather, sessions: Sessions) -> list[TemperatureEvent]:
    """The sandbox's temperature events as the product reads them."""
    await MarketDiscovery(catalogue_of(weather), sessions, now=weather.now).discover()
    found = list[TemperatureEvent]()
    async with sessions() as session:
        events = await upcoming(session, NOW - timedelta(days=3))
        for one in await temperature_events(session, events):
            read = read_event(one.text, known_stations())
            assert isinstance(read, TemperatureEvent), read
            found.append(read)
    return found


async def test_every_temperature_event_of_the_sandbox_is_tradable(
    weather: Weather, sessions: Sessions
) -> None:
    events = await listed(weather, sessions)
    kinds = {(event.station.id, event.extreme, event.unit) for event in events}
    assert {
        (station, extreme, unit)
        for station, unit in (("EGLC", Unit.CELSIUS), ("KLGA", Unit.FAHRENHEIT))
        for extreme in Extreme
    } <= kinds
    assert len(events) == 9
    assert len({(event.station.id, event.day) for event in events}) == 5


async def test_what_was_said_is_learned_from_once_its_event_is_settled(
    weather: Weather, sessions: Sessions
) -> None:
    events = await listed(weather, sessions)
    keeper = ForecastKeeper([weather.open_meteo], weather.metar, sessions, now=weather.now)
    keeper.want({event.station: [each.day for each in events] for event in events})
    settling = Settling(sessions, catalogue_of(weather), known_stations(), now=weather.now)
    await keeper.check("open-meteo")
    for _ in range(3):
        await keeper.observe()
        weather.clock.now += 12 * 3600
    assert await settling.learn() == ()  # over, and not settled by the venue
    await keeper.observe()
    over = list(due(weather.exchange))
    assert over
    for event in over:
        settle(weather.exchange, event)
    assert list(due(weather.exchange)) == []
    found = await settling.learn()
    assert {one.event_id for one in found} == {event.id for event in over}
    for one in found:
        assert one.observed is not None
        value = round(converted(one.observed, Unit.CELSIUS, one.unit), 6)
        if one.unit is Unit.CELSIUS:  # London's reports are whole degrees of the same unit
            assert whole_degree(value, one.rounding) in one.bucket
    assert await settling.learn() == ()
    async with as_worker(sessions) as session:
        taught = await lessons(session, weather.now(), NOW)
        early = await lessons(session, weather.now() - timedelta(seconds=1), NOW)
    assert early == ()
    assert {one.settlement.event_id for one in taught} == {event.id for event in over}
    assert all(len(one.said.models) == 8 for one in taught)
    assert all(one.said.lead_from in LEADS and one.known_at == weather.now() for one in taught)


async def test_an_event_of_which_something_was_paid_out_before_its_day_is_over_is_learned_from(
    weather: Weather, sessions: Sessions
) -> None:
    events = await listed(weather, sessions)
    early = max(events, key=lambda event: event.day)
    settling = Settling(sessions, catalogue_of(weather), known_stations(), now=weather.now)
    settle(weather.exchange, weather.exchange.catalogue.events[early.event_id])
    assert await settling.learn() == ()  # nobody here knows of it
    async with sessions.begin() as session:
        market = await markets.by_id(session, early.markets[0])
        user = await rows.add_user(session)
        position = await rows.add_position(session, user, market, market.tokens[0])
        await session.execute(PAID, {"id": position, "now": weather.now()})
    (found,) = await settling.learn()
    assert (found.event_id, found.observed) == (early.event_id, None)
    assert await settling.learn() == ()


async def test_a_forecast_that_came_later_is_no_lesson_of_before(
    weather: Weather, sessions: Sessions
) -> None:
    await listed(weather, sessions)
    (event, *_) = [one for one in weather.exchange.catalogue.events.values() if one.ladder]
    weather.clock.now += 3 * 86_400
    settle(weather.exchange, event)
    settling = Settling(sessions, catalogue_of(weather), known_stations(), now=weather.now)
    (settled,) = await settling.learn()
    weather.clock.now -= 3 * 86_400 - 3_600
    keeper = ForecastKeeper([weather.open_meteo], weather.metar, sessions, now=weather.now)
    keeper.want({NEW_YORK: [settled.day], LONDON: [settled.day]})
    await keeper.check("open-meteo")
    async with as_worker(sessions) as session:
        before = await lessons(session, NOW, NOW - timedelta(days=1))
        after = await lessons(session, settled.known_at, NOW)
    assert before == ()
    assert {one.settlement for one in after} == {settled}


def settings_of(tmp_path: Path, **variables: str) -> Settings:
    return load_settings(tmp_path, {"DATA_DIR": str(tmp_path), **variables}, {})


async def test_the_parts_are_built_from_settings_and_counted(
    weather: Weather, sessions: Sessions, tmp_path: Path
) -> None:
    parts = assembled(weather, sessions, settings_of(tmp_path))
    parts.keeper.want({NEW_YORK: [NOW.date()]})
    metrics = Metrics()
    figures = ForecastFigures(metrics, parts)
    figures.refresh()
    parts.keeper.want({})
    figures.refresh()
    text = metrics.render().decode()
    assert 'weather_budget_left{source="open-meteo"} 8000.0' in text
    assert 'weather_requests_total{source="nws"} 0.0' in text
    assert "weather_forecast_age_seconds{" not in text


def assembled(weather: Weather, sessions: Sessions, settings: Settings) -> Forecasts:
    return build_forecasts(
        settings,
        WeatherAddresses(weather.url, weather.url, weather.url, weather.url),
        sessions,
        weather.client,
        catalogue_of(weather),
        lambda: True,
    )


def test_the_owners_table_replaces_and_adds_stations(tmp_path: Path) -> None:
    row = "EGLC,City,51.5,0.05,Europe/London,london,noaa,half_up_int\n"
    (tmp_path / "mine.csv").write_text(
        STATIONS + row + "ENGM,Gardermoen,60.2,11.1,Europe/Oslo,oslo,wunderground,half_up_int\n"
    )
    table = read_stations(settings_of(tmp_path, WEATHER_STATIONS_FILE="mine.csv"))
    assert len(table.known) == len(known_stations().known) + 1
    replaced = table.by_id("EGLC")
    assert replaced is not None
    assert replaced.station.name == "City"
    assert table.of_city("oslo")


@pytest.mark.parametrize("content", [None, "id,names\n", STATIONS + "EGLC,City,x,0,UTC,a,noaa,b\n"])
def test_a_table_that_cannot_be_read_keeps_the_program_from_starting(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "mine.csv").write_text(content)
    settings = settings_of(tmp_path, WEATHER_STATIONS_FILE="mine.csv")
    with pytest.raises(SettingsError, match="WEATHER_STATIONS_FILE"):
        read_stations(settings)


async def test_the_sandbox_lists_the_events_of_days_that_come(weather: Weather) -> None:
    before = {one.slug for one in weather.exchange.catalogue.events.values()}
    list_new(weather.exchange)
    assert {one.slug for one in weather.exchange.catalogue.events.values()} == before
    weather.clock.now += 86_400
    list_new(weather.exchange)
    added = {one.slug for one in weather.exchange.catalogue.events.values()} - before
    assert len(added) == 5
    answer = await weather.client.get(f"{weather.url}/events", params={"slug": min(added)})
    assert len(answer.json()[0]["markets"]) == 11


async def test_controls_of_the_weather_refuse_nonsense(weather: Weather) -> None:
    async def refused(command: str, **wish: object) -> bool:
        answer: httpx.Response = await weather.client.post(
            f"{weather.url}/control/weather/{command}", json=wish
        )
        return answer.status_code == 400

    assert await refused("observe", station="XXXX", celsius=1.0)
    assert await refused("observe", station="KLGA", celsius=99.0)
    assert await refused("spoil", provider="nws", fault="duplicate")
    assert await refused("spoil", provider="nobody")
    assert await refused("settle", event="highest-temperature-on-the-moon")
    assert await refused("shift", celsius=1.0, station="XXXX")
    slug = next(one.slug for one in weather.exchange.catalogue.events.values() if one.ladder)
    await weather.control("weather/settle", event=slug)
