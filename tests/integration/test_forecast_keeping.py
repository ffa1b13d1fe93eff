"""The keeper of forecasts: real providers of the sandbox, real Postgres, a clock that is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.domain.errors import BudgetSpent, Unavailable
from core.domain.weather.fetching import KeepingRules, days_to_ask, near_days
from core.domain.weather.forecast import Forecast, Observation
from core.domain.weather.station import Station, StationId
from core.domain.weather.temperature import Extreme
from core.services.weather.forecast_keeper import ForecastKeeper
from core.storage import weather_pairs
from core.storage.forecasts import keep_observations, newest_forecasts, observations_since
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from tests.support.weather import LONDON, NEW_YORK, NOW, TOKYO, Weather, providers

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
WANTED = {LONDON: [TODAY, TOMORROW], NEW_YORK: [TODAY]}


@pytest.fixture
async def weather() -> AsyncIterator[Weather]:
    async with providers() as opened:
        yield opened


def keeper_of(weather: Weather, sessions: Sessions) -> ForecastKeeper:
    keeper = ForecastKeeper(
        [weather.open_meteo, weather.nws], weather.metar, sessions, now=weather.now
    )
    keeper.want(WANTED)
    return keeper


@dataclass
class Scripted:
    """A provider that says what the test wants, and remembers who asked."""

    now: datetime = NOW
    name: str = "scripted"
    fault: Unavailable | None = None
    asked: list[tuple[StationId, int]] = field(default_factory=list)

    def covers(self, station: Station) -> bool:
        return station != TOKYO

    async def forecasts(self, station: Station, days: int) -> tuple[Forecast, ...]:
        self.asked.append((station.id, days))
        if self.fault is not None:
            raise self.fault
        return ()


class Silence:
    async def observations(
        self, stations: Sequence[Station], hours: int
    ) -> tuple[Observation, ...]:
        del stations, hours
        return ()


@asynccontextmanager
async def running(keeper: ForecastKeeper) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(keeper.run())
        yield
        task.cancel()


def scripted_keeper(source: Scripted, sessions: Sessions) -> ForecastKeeper:
    return ForecastKeeper([source], Silence(), sessions, now=lambda: source.now)


async def test_forecasts_are_given_out_with_what_was_observed(
    weather: Weather, sessions: Sessions
) -> None:
    keeper = keeper_of(weather, sessions)
    told = list[StationId]()
    keeper.listen(told.append)
    assert (await keeper.check("open-meteo"), await keeper.check("nws")) == (2, 1)
    assert told == ["EGLC", "KLGA", "KLGA"]
    assert await keeper.observe() > 20
    view = keeper.extremes(LONDON.id, TODAY, Extreme.HIGHEST)
    assert view is not None
    assert {len(model.members) for model in view.models} == {1, 31, 40, 51}
    assert view.observed is not None
    assert view.heard_at == NOW
    for model in view.models:
        assert len(model.remaining) == len(model.now) == len(model.members)
        assert max(model.remaining) <= max(model.members)
    truth = weather.exchange.weather.truth.extreme(LONDON, TODAY, Extreme.HIGHEST)
    assert view.observed.celsius <= truth + 0.5
    assert abs(sum(m.mean for m in view.models) / len(view.models) - truth) < 3


async def test_a_new_extreme_is_told_before_it_is_kept(
    weather: Weather, sessions: Sessions
) -> None:
    keeper = keeper_of(weather, sessions)
    await keeper.observe()
    told = list[StationId]()
    keeper.listen(told.append)
    assert await keeper.observe() == 0
    await weather.control("weather/observe", station="KLGA", celsius=44.4)
    assert await keeper.observe() == 1
    assert told == ["KLGA"]
    day = NOW.astimezone().date()
    view = keeper.extremes(NEW_YORK.id, day, Extreme.HIGHEST)
    assert view is not None
    assert view.observed is not None
    assert (view.observed.celsius, view.observed.at) == (44.4, NOW)
    lowest = keeper.extremes(NEW_YORK.id, day, Extreme.LOWEST)
    assert lowest is not None
    assert lowest.observed is not None
    assert lowest.observed.celsius < 44


async def test_a_restart_reads_what_was_kept_and_asks_for_nothing_again(
    weather: Weather, sessions: Sessions
) -> None:
    first = keeper_of(weather, sessions)
    for source in ("open-meteo", "nws"):
        await first.check(source)
    await first.observe()
    weather.clock.now += 600
    second = keeper_of(weather, sessions)
    began = asyncio.get_running_loop().time()
    await second.remember()
    assert asyncio.get_running_loop().time() - began < 1
    for extreme in Extreme:
        for station, day in ((LONDON, TOMORROW), (NEW_YORK, TODAY)):
            now = second.extremes(station.id, day, extreme)
            is_same = now == first.extremes(station.id, day, extreme)
            assert is_same, (station.id, day, extreme)
    assert (await second.check("open-meteo"), await second.check("nws")) == (0, 0)
    assert second.age_of(LONDON.id) == timedelta(minutes=10)


async def test_what_is_older_than_the_limit_is_not_given_out(
    weather: Weather, sessions: Sessions
) -> None:
    keeper = keeper_of(weather, sessions)
    await keeper.check("open-meteo")
    weather.clock.now += 6 * 3600
    view = keeper.extremes(LONDON.id, TOMORROW, Extreme.HIGHEST)
    assert view is not None
    assert view.models
    weather.clock.now += 1
    view = keeper.extremes(LONDON.id, TOMORROW, Extreme.HIGHEST)
    assert view is not None
    assert (view.models, view.heard_at) == ((), None)
    assert keeper.age_of(LONDON.id) == timedelta(hours=6, seconds=1)
    assert keeper.age_of(TOKYO.id) is None
    assert keeper.extremes(TOKYO.id, TOMORROW, Extreme.HIGHEST) is None


async def test_providers_fail_independently(weather: Weather, sessions: Sessions) -> None:
    await weather.control("faults", path="/v1/*", count=1_000, status=503)
    await weather.control("faults", path="/api/data/metar", count=1_000, status=503)
    keeper = keeper_of(weather, sessions)
    assert await keeper.check("open-meteo") == 0
    assert await keeper.check("nws") == 1
    assert await keeper.observe() == 0
    figures = keeper.figures()
    assert figures.failures == {"open-meteo": 1, "nws": 0, "metar": 1}


@pytest.mark.parametrize(
    ("hours", "is_asked"),
    [(0.1, False), (2.9, False), (3.0, True), (-1, False)],
)
async def test_a_forecast_is_asked_for_again_after_three_hours(
    sessions: Sessions, hours: float, *, is_asked: bool
) -> None:
    source = Scripted(NOW.replace(hour=7, minute=0))
    keeper = scripted_keeper(source, sessions)
    keeper.want({LONDON: [TODAY]})
    await keeper.check("scripted")
    source.now += timedelta(hours=hours)
    await keeper.check("scripted")
    assert len(source.asked) == 1 + is_asked


async def test_a_new_run_is_asked_for_as_soon_as_it_is_due(sessions: Sessions) -> None:
    source = Scripted(NOW.replace(hour=12, minute=29, second=59))
    keeper = scripted_keeper(source, sessions)
    keeper.want({LONDON: [TODAY]})
    await keeper.check("scripted")
    source.now += timedelta(seconds=1)
    await keeper.check("scripted")
    assert len(source.asked) == 2


async def test_only_near_days_are_asked_for_and_the_nearest_first(sessions: Sessions) -> None:
    source = Scripted()
    keeper = scripted_keeper(source, sessions)
    far = TODAY + timedelta(days=4)
    past = TODAY - timedelta(days=2)
    keeper.want({LONDON: [TOMORROW, far], NEW_YORK: [TODAY], TOKYO: [TODAY]})
    await keeper.check("scripted")
    assert source.asked == [("KLGA", 2), ("EGLC", 3)]
    keeper.want({LONDON: [far, past]})
    source.now += timedelta(hours=4)
    await keeper.check("scripted")
    assert len(source.asked) == 2


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Unavailable("Away."), 60),
        (Unavailable("Later.", 500), 500),
        (BudgetSpent("Spent.", 7_200), 7_200),
    ],
)
async def test_a_provider_that_fails_is_left_alone_for_a_while(
    sessions: Sessions, fault: Unavailable, seconds: float
) -> None:
    source = Scripted(fault=fault)
    keeper = scripted_keeper(source, sessions)
    keeper.want({LONDON: [TODAY], NEW_YORK: [TODAY]})
    await keeper.check("scripted")
    source.now += timedelta(seconds=seconds - 1)
    await keeper.check("scripted")
    assert len(source.asked) == 1
    source.now += timedelta(seconds=1)
    source.fault = None
    await keeper.check("scripted")
    assert [station for station, _ in source.asked] == ["EGLC", "EGLC", "KLGA"]


async def test_the_interval_is_the_streams_or_the_pollers_and_its_end_is_not_waited_for(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    streams, paused = [True], asyncio.Queue[float]()

    async def wait(event: asyncio.Event, pause: float) -> None:
        paused.put_nowait(pause)
        await event.wait()

    keeper = ForecastKeeper(
        [Scripted()],
        Silence(),
        sessions,
        KeepingRules(observing=7.0),
        is_streaming=lambda: streams[0],
        now=lambda: NOW,
        wait=wait,
    )
    async with asyncio.timeout(20), running(keeper):
        assert {await paused.get(), await paused.get()} == {600.0, 7.0}
        assert "every 600 s: the stream is healthy" in caplog.text
        streams[0] = False
        keeper.wake()
        assert await paused.get() == 60.0
    assert "every 60 s: polling carries the prices" in caplog.text


async def test_a_new_wish_wakes_the_keeper(weather: Weather, sessions: Sessions) -> None:
    keeper = ForecastKeeper([weather.open_meteo], weather.metar, sessions, now=weather.now)
    heard = asyncio.Event()
    keeper.listen(lambda _station: heard.set())
    async with asyncio.timeout(20), running(keeper):
        await asyncio.sleep(0)
        keeper.want(WANTED)
        await heard.wait()


async def test_what_models_said_is_kept_for_each_lead(weather: Weather, sessions: Sessions) -> None:
    keeper = keeper_of(weather, sessions)
    await keeper.check("open-meteo")
    weather.clock.now += 4 * 3600  # of the same bucket for tomorrow
    await keeper.check("open-meteo")
    async with as_worker(sessions) as session:
        rows = (
            await session.execute(
                sa.text(
                    "SELECT day, lead_from, count(*) AS said, min(available_at) FROM weather_pairs"
                    " WHERE station = 'EGLC' GROUP BY day, lead_from ORDER BY day, lead_from"
                )
            )
        ).all()
    leads = {(row.day, row.lead_from) for row in rows}
    assert leads == {(TODAY, 6), (TODAY, 0), (TOMORROW, 30), (TOMORROW, 18)} & leads
    assert {row.said for row in rows} == {16}


async def test_a_database_that_is_away_stops_nothing(weather: Weather, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(sa.text("DROP TABLE forecasts, observations"))
    keeper = keeper_of(weather, sessions)
    await keeper.remember()
    assert await keeper.check("open-meteo") == 2
    assert await keeper.observe() > 0
    assert keeper.figures().unkept == 4
    view = keeper.extremes(LONDON.id, TOMORROW, Extreme.HIGHEST)
    assert view is not None
    assert len(view.models) == 8


async def test_what_is_too_old_is_forgotten(weather: Weather, sessions: Sessions) -> None:
    keeper = keeper_of(weather, sessions)
    await keeper.check("open-meteo")
    await keeper.observe()
    weather.clock.now += 3 * 86_400 + 1
    await keeper.archive.forget()
    async with as_worker(sessions) as session:
        assert await newest_forecasts(session, NOW - timedelta(days=1)) == ()
        assert await observations_since(session, NOW - timedelta(days=1))
    weather.clock.now += 400 * 86_400
    await keeper.archive.forget()
    async with as_worker(sessions) as session:
        assert await observations_since(session, NOW - timedelta(days=1)) == ()
        since = NOW - timedelta(days=900)
        assert await weather_pairs.lessons(session, weather.now(), since) == ()


async def test_a_corrected_report_replaces_the_first(sessions: Sessions) -> None:
    first = Observation(LONDON.id, NOW, 12.0, NOW)
    corrected = Observation(LONDON.id, NOW, 13.0, NOW + timedelta(minutes=3))
    for one in (first, corrected, corrected):
        async with as_worker(sessions) as session:
            await keep_observations(session, [one])
    async with as_worker(sessions) as session:
        assert await observations_since(session, NOW) == (corrected,)


def test_days_of_other_zones_are_asked_for_whole() -> None:
    assert days_to_ask([date(2026, 6, 20)], datetime(2026, 6, 20, 1, tzinfo=NOW.tzinfo)) == 2
    assert days_to_ask([date(2026, 6, 22)], datetime(2026, 6, 20, 1, tzinfo=NOW.tzinfo)) == 4
    late = datetime(2026, 6, 20, 15, 30, tzinfo=NOW.tzinfo)  # past midnight in Tokyo
    assert near_days(TOKYO, [date(2026, 6, 20), date(2026, 6, 21)], late) == (date(2026, 6, 21),)
