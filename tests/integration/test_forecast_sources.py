"""Forecast providers over real HTTP: well, as recorded, and broken in every way we know."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from core.domain.errors import BudgetSpent, Unavailable
from core.domain.weather.daily import daily_extremes
from core.domain.weather.forecast import Forecast, ModelId
from core.domain.weather.station import Station, StationId
from core.domain.weather.temperature import Extreme
from infrastructure.forecasts.budget import Allowance, Budget
from infrastructure.forecasts.nws import MODEL, NationalWeatherService, agent
from infrastructure.forecasts.open_meteo import BLEND, ENSEMBLES, SINGLE, VARIABLE, OpenMeteo
from tests.support.venue_rest import VenueRest, asking, serving, status, text
from tests.support.weather import LONDON, NEW_YORK, NOW, TOKYO, Weather, no_pause, providers

OKLAHOMA = Station(StationId("KOKC"), "Oklahoma City", 35.4676, -97.5164, "America/Chicago")


@pytest.fixture
async def weather() -> AsyncIterator[Weather]:
    async with providers() as opened:
        yield opened


async def test_every_model_answers_with_all_its_members(weather: Weather) -> None:
    found = {one.model: one for one in await weather.open_meteo.forecasts(LONDON, 4)}
    counts = {model: len(one.members) for model, one in found.items()}
    assert counts == {each.model: each.members for each in ENSEMBLES} | dict.fromkeys(SINGLE, 1)
    for one in found.values():
        assert (one.station, one.source, one.issued_at) == ("EGLC", "open-meteo", None)
        assert one.available_at == NOW
        assert one.times[0] == (NOW - timedelta(days=1)).replace(hour=0, minute=0, second=0)
        assert len(one.times) == 5 * 24
        assert all(len(row) == len(one.times) for row in one.members)


async def test_the_local_day_of_tokyo_is_whole_while_it_is_under_way(weather: Weather) -> None:
    found = await weather.open_meteo.forecasts(TOKYO, 3)
    today = NOW.astimezone().date()
    view = daily_extremes(TOKYO, today, Extreme.HIGHEST, found, (), NOW)
    assert len(view.models) == len(ENSEMBLES) + len(SINGLE)
    assert not view.refused


@pytest.mark.parametrize("fault", ["disordered", "duplicate", "stale", "elsewhere"])
async def test_an_answer_of_another_time_or_place_is_none(weather: Weather, fault: str) -> None:
    await weather.control("weather/spoil", provider="open-meteo", fault=fault)
    with pytest.raises(Unavailable):
        await weather.open_meteo.forecasts(LONDON, 3)


@pytest.mark.parametrize(
    ("fault", "reason"), [("unitless", "time"), ("lengths", "lengths"), ("absurd", "absurd")]
)
async def test_numbers_that_cannot_be_believed_are_left_out(
    weather: Weather, fault: str, reason: str
) -> None:
    await weather.control("weather/spoil", provider="open-meteo", fault=fault)
    with pytest.raises(Unavailable):
        await weather.open_meteo.forecasts(LONDON, 3)
    assert weather.open_meteo.dropped.reasons[reason] == (0 if reason == "time" else 8)


async def test_fahrenheit_is_read_as_celsius(weather: Weather) -> None:
    plain = await weather.open_meteo.forecasts(LONDON, 3)
    await weather.control("weather/spoil", provider="open-meteo", fault="fahrenheit")
    other = await weather.open_meteo.forecasts(LONDON, 3)
    for one, same in zip(plain, other, strict=True):
        assert one.members[0] == pytest.approx(same.members[0], abs=0.06)


@pytest.mark.parametrize("fault", ["nulls", "gap"])
async def test_a_day_with_missing_hours_is_refused_and_told_why(
    weather: Weather, fault: str
) -> None:
    await weather.control("weather/spoil", provider="open-meteo", fault=fault)
    found = await weather.open_meteo.forecasts(LONDON, 3)
    view = daily_extremes(LONDON, NOW.date(), Extreme.HIGHEST, found, (), NOW)
    assert not view.models
    assert len(view.refused) == len(found) == 8


async def test_one_model_far_off_the_others_is_left_out(weather: Weather) -> None:
    await weather.control("weather/shift", celsius=12.0, model="gem_seamless")
    found = await weather.open_meteo.forecasts(LONDON, 3)
    view = daily_extremes(LONDON, NOW.date(), Extreme.LOWEST, found, (), NOW)
    assert list(view.refused) == ["gem_seamless"]
    assert len(view.models) == 7


async def test_an_ensemble_that_is_gone_takes_no_other_along(weather: Weather) -> None:
    await weather.control("faults", path="/v1/ensemble", count=3, status=500)
    found = await weather.open_meteo.forecasts(LONDON, 3)
    assert ENSEMBLES[0].model not in {one.model for one in found}
    assert len(found) == 7


@pytest.mark.parametrize(
    "answer",
    [
        text("<html><body>502 Bad Gateway</body></html>", "text/html"),
        text('{"latitude": 51.5, "hourly": {"time": [17'),
        text('{"latitude": 51.5, "longitude": 0.0, "hourly": {"time": ["soon"]}}'),
        text("[]"),
        status(500),
        status(429, {"Retry-After": "120"}),
        {"latitude": 51.5, "longitude": 0.0, "hourly": {}, "hourly_units": {"time": "unixtime"}},
    ],
)
async def test_what_is_no_forecast_is_unavailable(answer: object) -> None:
    venue = VenueRest({"/v1/forecast": answer, "/v1/ensemble": answer})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable):
            await OpenMeteo(http, http, Budget("x"), now=lambda: NOW).forecasts(LONDON, 3)


async def test_a_provider_that_asks_for_patience_says_for_how_long() -> None:
    busy = status(429, {"Retry-After": "120"})
    venue = VenueRest({"/v1/forecast": busy, "/v1/ensemble": busy})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable) as refused:
            await OpenMeteo(http, http, Budget("x"), now=lambda: NOW).forecasts(LONDON, 3)
    assert refused.value.retry_after == 120


async def test_a_renamed_ensemble_is_asked_for_by_its_other_name() -> None:
    old = text('{"error": true, "reason": "Cannot initialize model"}')

    async def answer(request: Any) -> Any:  # aiohttp's
        if request.query["models"] == ENSEMBLES[0].names[0]:
            return await status(400)(request)
        return await old(request)

    venue = VenueRest({"/v1/ensemble": answer, "/v1/forecast": status(500)})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable):
            await OpenMeteo(http, http, Budget("x"), now=lambda: NOW).forecasts(LONDON, 3)
    asked = [parse_qs(urlsplit(path).query)["models"][0] for _, path, _ in venue.seen]
    assert asked[:2] == list(ENSEMBLES[0].names)[:2]


async def test_a_key_is_sent_and_the_question_says_what_is_wanted() -> None:
    venue = VenueRest({"/v1/ensemble": status(500), "/v1/forecast": status(500)})
    async with serving(venue) as url, asking(url) as http:
        source = OpenMeteo(http, http, Budget("x"), key=SecretStr("hush"), now=lambda: NOW)
        with pytest.raises(Unavailable):
            await source.forecasts(LONDON, 4)
    query = parse_qs(urlsplit(venue.seen[0][1]).query)
    assert query["apikey"] == ["hush"]
    assert (query["timezone"], query["timeformat"]) == (["UTC"], ["unixtime"])
    assert (query["past_days"], query["forecast_days"]) == (["1"], ["4"])


def recorded(fixtures_dir: Path) -> tuple[dict[str, Any], datetime]:
    """An answer of the provider as it came, of Tokyo's local time, and when it begins."""
    samples = json.loads(
        (fixtures_dir / "weather_asia_snapshot/open_meteo_asia_samples.json").read_text()
    )["samples"]
    told = samples["tokyo_forecast"]
    hourly = told["sample_0_3"]
    answer = {
        "latitude": TOKYO.latitude,
        "longitude": TOKYO.longitude,
        "hourly_units": told["hourly_units"],
        "hourly": {"time": hourly["time"], VARIABLE: hourly[VARIABLE]},
    }
    return answer, datetime.fromisoformat(hourly["time"][0]).replace(tzinfo=UTC)


@pytest.mark.parametrize("offset", [0, 32_400])
async def test_a_recorded_answer_is_read(fixtures_dir: Path, offset: int) -> None:
    answer, first = recorded(fixtures_dir)
    begun = first - timedelta(seconds=offset)
    answer["utc_offset_seconds"] = offset
    venue = VenueRest({"/v1/ensemble": answer, "/v1/forecast": status(500)})
    async with serving(venue) as url, asking(url) as http:
        found = await OpenMeteo(http, http, Budget("x"), now=lambda: begun).forecasts(TOKYO, 2)
    assert found[0].members == (tuple(answer["hourly"][VARIABLE]),)
    assert found[0].times[0] == begun


async def test_a_server_that_tells_no_models_apart_tells_one(fixtures_dir: Path) -> None:
    answer, begun = recorded(fixtures_dir)
    venue = VenueRest({"/v1/ensemble": status(500), "/v1/forecast": answer})
    async with serving(venue) as url, asking(url) as http:
        found = await OpenMeteo(http, http, Budget("x"), now=lambda: begun).forecasts(TOKYO, 2)
    assert [one.model for one in found] == [BLEND]


@pytest.mark.parametrize(
    ("units", "hourly"),
    [
        ({"time": "iso8601", VARIABLE: "°C"}, {"time": ["soon"], VARIABLE: [1.0]}),
        ({"time": "fortnights", VARIABLE: "°C"}, {"time": [1], VARIABLE: [1.0]}),
        ({"time": "unixtime", VARIABLE: "°C"}, {"time": [1.5], VARIABLE: [1.0]}),
    ],
)
async def test_times_in_no_known_form_are_unavailable(units: object, hourly: object) -> None:
    answer = {"latitude": 51.5, "longitude": 0.0, "hourly_units": units, "hourly": hourly}
    venue = VenueRest({"/v1/ensemble": answer, "/v1/forecast": answer})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable):
            await OpenMeteo(http, http, Budget("x"), now=lambda: NOW).forecasts(LONDON, 2)


async def test_a_column_of_words_is_left_out(fixtures_dir: Path) -> None:
    answer, begun = recorded(fixtures_dir)
    answer["hourly"][f"{VARIABLE}_member01"] = ["warm"]
    venue = VenueRest({"/v1/ensemble": answer, "/v1/forecast": status(500)})
    async with serving(venue) as url, asking(url) as http:
        source = OpenMeteo(http, http, Budget("x"), now=lambda: begun)
        with pytest.raises(Unavailable):
            await source.forecasts(TOKYO, 2)
    assert source.dropped.reasons["malformed"] == len(ENSEMBLES)


async def test_a_budget_is_never_exceeded() -> None:
    passed = [0.0]

    async def sleep(seconds: float) -> None:
        passed[0] += seconds

    budget = Budget("x", Allowance(10, 50, 100), clock=lambda: passed[0], sleep=sleep)
    for _ in range(8):
        await budget.take(10)
    assert passed[0] >= 3_600  # five in the first hour, a minute apart
    assert budget.left == 0
    with pytest.raises(BudgetSpent) as spent:
        await budget.take(1)
    assert spent.value.retry_after == pytest.approx(86_400 - passed[0])
    passed[0] += 86_400
    await budget.take(10)


async def test_a_spent_budget_asks_nothing() -> None:
    venue = VenueRest()
    budget = Budget("x", Allowance(day=5), sleep=no_pause)
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(BudgetSpent):
            await OpenMeteo(http, http, budget, now=lambda: NOW).forecasts(LONDON, 3)
    assert venue.seen == []


async def test_the_weather_service_forecasts_american_stations_alone(weather: Weather) -> None:
    assert weather.nws.covers(NEW_YORK)
    assert not weather.nws.covers(LONDON)
    (found,) = await weather.nws.forecasts(NEW_YORK, 3)
    assert (found.model, found.source, len(found.members)) == (MODEL, "nws", 1)
    assert found.issued_at is not None
    assert found.issued_at <= found.available_at == NOW
    (again,) = await weather.nws.forecasts(NEW_YORK, 3)
    assert again == found


@pytest.mark.parametrize("fault", ["absurd", "nulls", "stale", "unitless"])
async def test_a_broken_forecast_of_the_service_is_unavailable(
    weather: Weather, fault: str
) -> None:
    await weather.control("weather/spoil", provider="nws", fault=fault)
    with pytest.raises(Unavailable):
        await weather.nws.forecasts(NEW_YORK, 3)


async def recorded_service(fixtures_dir: Path, **changed: object) -> tuple[Forecast, VenueRest]:
    point = json.loads((fixtures_dir / "nws_api/nws_points.json").read_text())
    hourly = json.loads((fixtures_dir / "nws_api/nws_hourly_forecast.json").read_text())
    for period in hourly["properties"]["periods"]:
        period.update(changed)
    venue = VenueRest(
        {
            "/points/35.4676,-97.5164": point,
            "/gridpoints/OUN/58,84/forecast/hourly": hourly,
        }
    )
    now = datetime(2026, 5, 28, 19, 5, tzinfo=UTC)
    async with serving(venue) as url, asking(url, headers={"User-Agent": agent("a@b")}) as http:
        (found,) = await NationalWeatherService(http, now=lambda: now).forecasts(OKLAHOMA, 3)
    return found, venue


async def test_a_recorded_forecast_of_the_service_is_read(fixtures_dir: Path) -> None:
    found, _ = await recorded_service(fixtures_dir)
    assert found.issued_at == datetime(2026, 5, 28, 18, 22, 38, tzinfo=UTC)
    assert found.times[0] == datetime(2026, 5, 28, 19, tzinfo=UTC)
    assert found.members[0][:2] == (22.22, 22.78)


async def test_the_services_other_form_of_a_temperature_is_read(fixtures_dir: Path) -> None:
    found, _ = await recorded_service(
        fixtures_dir, temperature={"unitCode": "wmoUnit:degC", "value": 21.5}
    )
    assert set(found.members[0]) == {21.5}


async def test_models_have_names_of_their_own() -> None:
    names = [*SINGLE, *(each.model for each in ENSEMBLES), MODEL]
    assert len({ModelId(name) for name in names}) == len(names)
