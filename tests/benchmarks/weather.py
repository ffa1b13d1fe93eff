"""A night's learning of all cities as the program does it, and what the loop sees of it."""

import asyncio
import gc
import os
import time
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.units import EventId
from core.domain.weather.calibration import Calibration, Forecast, Lead
from core.domain.weather.daily import LEADS
from core.domain.weather.ladder import Bucket, ladder
from core.domain.weather.probability import odds, predicted
from core.domain.weather.station import StationId
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Extreme, Rounding, Unit
from core.services.weather.learning import Learning
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.worker.worker import Worker
from tests.benchmarks.report import Figure
from tests.support.catalogue import ScriptedCatalogue
from tests.support.weather_house import markets_of, text_of

STATIONS: Final = 40
DAYS: Final = 90
MODELS: Final = 8  # five single runs and three ensembles
ROUNDS: Final = 1000
NEW: Final = 40  # events of the last day, whose buckets are still to be read
FIRST: Final = date(2026, 9, 1)
NOW: Final = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=DAYS + 1, hours=8)
HELD: Final = "longest turn meanwhile, of the thread's own processor time"
WALL: Final = "the same by the clock: others on this machine count too"

_SETTLED: Final = """
    INSERT INTO settlements (event_id, station, day, extreme, unit, rounding, low, high, observed,
        known_at)
    SELECT 'e' || s || x || d, 'S' || s, CAST(:first AS date) + d, x, 'C', 'half_up_int', t, t,
        NULL,
        (CAST(:first AS date) + d + 1)::timestamp AT TIME ZONE 'UTC' + interval '8 hours'
    FROM generate_series(1, CAST(:stations AS int)) s, generate_series(0, CAST(:days AS int) - 1) d,
        unnest(ARRAY['highest', 'lowest']) x,
        LATERAL (SELECT round(15 + 4 * sin(s + d / 7.0) + 3 * sin(s * d * 13.0))::int AS t) AS came
"""
_LADDERS: Final = """
    INSERT INTO weather_ladders (event_id, lows)
    SELECT event_id, jsonb_build_array(NULL, low - 4, low - 3, low - 2, low - 1, low, low + 1,
        low + 2, low + 3, low + 4, low + 5) FROM settlements
"""
_SAID: Final = """
    INSERT INTO weather_pairs (station, day, extreme, lead_from, source, model, mean, spread,
        members, available_at)
    SELECT station, day, extreme, l, 'test', 'm' || m,
        low + 0.3 * m - 1 + (1 + l / 30.0) * sin(hashtext(event_id))
            + sin(hashtext(event_id || ':' || m)),
        CASE WHEN m > 5 THEN 1 + abs(sin(hashtext(event_id))) END, 30, known_at - interval '3 days'
    FROM settlements, unnest(CAST(:leads AS int[])) l, generate_series(1, CAST(:models AS int)) m
"""
_BELIEVED: Final = """
    INSERT INTO weather_beliefs (event_id, occasion, lead, city, station, extreme, day, unit,
        rounding, lows, version, at, model, raw, market, forecast)
    SELECT event_id, o, CASE o WHEN 'midnight' THEN '18-30' ELSE o END, station, station, extreme,
        day, unit, rounding, lows, 1, known_at - interval '2 days', q, q, q, low
    FROM settlements JOIN weather_ladders USING (event_id),
        unnest(ARRAY['midnight', '0-6', '6-18', '18-30', '30-54', '54+']) o,
        LATERAL (SELECT jsonb_agg((1 + abs(sin(hashtext(event_id) + b))) / 18) AS q
            FROM generate_series(0, 10) b) AS said
"""
_SCORED: Final = """
    INSERT INTO weather_scores (event_id, occasion, lead, city, station, extreme, day, place,
        known_at, model_brier, model_log, market_brier, market_log, climatology_brier,
        climatology_log, naive_brier, naive_log, crps)
    SELECT b.event_id, occasion, lead, city, b.station, b.extreme, b.day, 5, known_at,
        0.8, 1.8, 0.8, 1.8, 0.9, 2, 1, 2, 0.8
    FROM weather_beliefs b JOIN settlements s USING (event_id)
"""


@dataclass(frozen=True, slots=True)
class _Held:
    """The longest turn of the loop in milliseconds: of its thread's work, and by the clock."""

    own: float
    wall: float


@dataclass(frozen=True, slots=True)
class _Night:
    """`worked`: seconds of the worker's processor."""

    seconds: float
    worked: float
    held: _Held
    calibration: Calibration


async def measure(url: str) -> list[Figure]:
    """`url`: of an empty database on a server as the product runs it."""
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    await _fill(sessions)
    night = await _night(sessions)
    again = Learning(sessions, Worker(), known_stations(), now=lambda: NOW)
    began = time.perf_counter()
    read_held = await _held(again.read())
    read = time.perf_counter() - began
    assert again.current == night.calibration
    await engine.dispose()
    how = (
        f"{STATIONS} stations, highest and lowest, {DAYS} days, {MODELS} models, "
        f"{len(Lead)} leads, with layers and shares, from the database through the worker and back"
    )
    return [
        Figure("weather fit", night.seconds, "s", how, "<= 5"),
        Figure("weather fit, the worker's processor", night.worked, "s", "without waiting for it"),
        Figure("weather fit holds the loop", night.held.own, "ms", HELD, "<= 5"),
        Figure("weather fit holds the loop, wall", night.held.wall, "ms", WALL),
        Figure("weather calibration read", read, "s", "at start, from the database", "<= 1"),
        Figure("weather read holds the loop", read_held.own, "ms", HELD, "<= 5"),
        Figure("weather read holds the loop, wall", read_held.wall, "ms", WALL),
        Figure(
            "weather odds",
            median(_ladders(night.calibration)),
            "ms",
            "forecast to the odds of 11 buckets with their errors, plain arithmetic",
        ),
    ]


async def _night(sessions: Sessions) -> _Night:
    pids = list[int]()
    worker = Worker(on_start=pids.append)
    running = asyncio.create_task(worker.run())
    learning = Learning(sessions, worker, known_stations(), now=lambda: NOW)
    try:
        await learning.learn()  # the night before: what is done for the first time takes longer
        async with sessions.begin() as session:
            await session.execute(_new_ones())
        before, began = _processor(pids[-1]), time.perf_counter()
        held = await _held(learning.learn())
        seconds = time.perf_counter() - began
        return _Night(seconds, _processor(pids[-1]) - before, held, learning.current)
    finally:
        running.cancel()
        await asyncio.wait([running])


def _processor(pid: int) -> float:
    """Seconds that a process has worked. Source: proc_pid_stat(5), fields 14 and 15."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _held(work: Awaitable[object]) -> _Held:
    turns, walls = list[float](), list[float]()
    _settle_memory()

    async def watch() -> None:
        own, wall = time.thread_time(), time.perf_counter()
        while True:
            await asyncio.sleep(0)
            turns.append(time.thread_time() - own)
            walls.append(time.perf_counter() - wall)
            own, wall = time.thread_time(), time.perf_counter()

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    try:
        await work
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    return _Held(1000 * max(turns), 1000 * max(walls))


def _settle_memory() -> None:
    """As the program does once it is up: what lives on is not looked through again."""
    gc.collect()
    gc.freeze()


async def _fill(sessions: Sessions) -> None:
    values = {"first": FIRST, "stations": STATIONS, "days": DAYS, "models": MODELS}
    values |= {"leads": list(LEADS)}
    texts = [replace(text_of(), id=EventId(f"new-{number}")) for number in range(NEW)]
    markets = [one for n, text in enumerate(texts) for one in markets_of(text, 100 * n + 1)]
    await MarketDiscovery(ScriptedCatalogue([markets]), sessions, now=lambda: NOW).discover()
    async with sessions.begin() as session:
        for statement in (_SETTLED, _LADDERS, _SAID, _BELIEVED, _SCORED):
            query = sa.text(statement)
            asked = {name: value for name, value in values.items() if f":{name}" in statement}
            await session.execute(query, asked)
        await session.execute(sa.text("ANALYZE"))  # as the server does by itself in time


def _new_ones() -> sa.TextClause:
    names = ", ".join(f"('new-{number}')" for number in range(NEW))
    return sa.text(f"""
        INSERT INTO settlements (event_id, station, day, extreme, unit, rounding, low, high,
            observed, known_at)
        SELECT name, 'S1', '2026-11-22', 'highest', 'C', 'half_up_int', 15, 15, NULL, '{NOW}'
        FROM (VALUES {names}) AS new (name)
    """)  # noqa: S608 - names that were made above


def _ladders(calibration: Calibration) -> list[float]:
    buckets = (Bucket(None, 10), *(Bucket(each, each) for each in range(11, 20)), Bucket(20, None))
    steps = ladder(Unit.CELSIUS, buckets)
    times = []
    for number in range(ROUNDS):
        said = {f"m{model}": 15.0 + number % 7 + 0.3 * model for model in range(1, MODELS + 1)}
        began = time.perf_counter()
        station = StationId(f"S{number % STATIONS + 1}")
        own = calibration.coefficients(station, Extreme.HIGHEST, Lead.H18_30)
        odds(predicted(own, Forecast(said, 1.2)), steps, Rounding.HALF_UP)
        times.append(1000 * (time.perf_counter() - began))
    return times
