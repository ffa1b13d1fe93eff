"""What is kept of fits and scores: read without holding up prices, and forgotten in time."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.weather.calibration import Calibration, Group, Lead
from core.domain.weather.calibration_json import FORMAT, as_text
from core.domain.weather.station import StationId
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Extreme
from core.domain.weather.untaught import untaught
from core.services.audit import Audit
from core.services.outbox import Outbox
from core.services.weather.learning import GROUPS, Learning
from core.services.weather.learning_parts import build_learning
from core.services.weather.scoring import Scoring
from core.storage import calibrations, weather_beliefs, weather_pairs
from core.storage.calibrations import StoredFit
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from tests.support.learning_school import Here, keep_record, scored_event, settlement

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def learning_of(sessions: Sessions) -> Learning:
    return Learning(sessions, Here(), known_stations(), now=lambda: NOW)


async def test_what_cannot_be_read_is_learned_anew(sessions: Sessions) -> None:
    async with as_worker(sessions) as session:
        spoilt = StoredFit(FORMAT, NOW, NOW - timedelta(days=90), 7, '{"format": 2}')
        await calibrations.keep(session, spoilt)
    learning = learning_of(sessions)
    assert not await learning.read()
    assert (learning.pairs, learning.fitted_at) == (0, None)


async def test_a_stored_fit_is_read_a_few_groups_a_turn_of_the_loop(sessions: Sessions) -> None:
    pool = untaught(NOW).groups
    of_stations = {
        Group(StationId(f"S{number}"), group.extreme, group.lead): coefficients
        for number in range(40)
        for group, coefficients in pool.items()
    }
    large = Calibration(NOW, {**pool, **of_stations})
    async with as_worker(sessions) as session:
        fit = StoredFit(FORMAT, NOW, NOW - timedelta(days=90), 7, as_text(large))
        await calibrations.keep(session, fit)
    learning, turns = learning_of(sessions), 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others())
    assert await learning.read()
    beside.cancel()
    assert learning.current == large
    assert turns >= len(large.groups) // GROUPS


async def test_what_is_too_old_goes_and_no_average_changes_by_it(sessions: Sessions) -> None:
    ages = {1: 89, 2: 99, 3: 101, 4: 300}  # event: days since it was settled
    known = {number: NOW - timedelta(days=age) for number, age in ages.items()}
    scores = [
        scored_event(number, at.date(), at, model=0.4 + number / 10, market=0.7)
        for number, at in known.items()
    ]
    await keep_record(sessions, scores)
    async with as_worker(sessions) as session:
        for score in scores:
            settled = settlement(score.said.subject.day, 15, score.known_at)
            settled = replace(settled, event_id=score.said.subject.event_id)
            await weather_pairs.keep_settlement(session, settled)
        await weather_beliefs.keep(session, [score.said for score in scores])
    hundred = timedelta(days=100)
    parts = build_learning(
        sessions,
        Here(),
        known_stations(),
        Outbox(sessions),
        Audit(),
        now=lambda: NOW,
        kept_for=hundred,
    )
    before = await parts.book.standings(), await parts.book.reliability(None)
    assert before[0][0].events == before[1].events == 1
    await parts.round.go()
    await parts.round.go()  # nothing is scored a second time
    assert (await parts.book.standings(), await parts.book.reliability(None)) == before
    async with sessions() as session:
        for table in ("weather_scores", "weather_beliefs"):
            rows = await session.scalars(sa.text(f"SELECT event_id FROM {table} ORDER BY 1"))  # noqa: S608 - one of two
            assert list(rows) == ["e1", "e2"][: 2 if table == "weather_scores" else 1]


async def test_scores_cannot_be_kept_for_less_than_averages_look_back(sessions: Sessions) -> None:
    with pytest.raises(ValueError, match="farther back"):
        Scoring(sessions, kept_for=timedelta(days=90))


async def test_the_database_reads_for_the_next_job_while_the_worker_is_at_one(
    sessions: Sessions, engine: AsyncEngine
) -> None:
    read, is_next_read = list[str](), asyncio.Event()

    def hear(_c: object, _u: object, statement: str, *_: object) -> None:
        if "json_agg(lesson)" in statement:
            read.append(statement)
            if len(read) > len(worker.asked) + 1:
                is_next_read.set()

    class Waits(Here):
        async def call(self, function: str, argument: object, patience: float) -> object:
            if not self.asked:
                async with asyncio.timeout(20):
                    await is_next_read.wait()
            return await super().call(function, argument, patience)

    worker = Waits()
    sa.event.listen(engine.sync_engine, "after_cursor_execute", hear)
    try:
        learning = Learning(sessions, worker, known_stations(), now=lambda: NOW)
        await learning.learn()
    finally:
        sa.event.remove(engine.sync_engine, "after_cursor_execute", hear)
    assert learning.fitted_at == NOW
    assert len(read) == len(Extreme) * len(Lead)


async def test_learning_fails_of_what_a_reading_failed_of(
    sessions: Sessions, engine: AsyncEngine
) -> None:
    read, worker = list[str](), Here()

    def fail(_c: object, _u: object, statement: str, *_: object) -> None:
        if "json_agg(lesson)" in statement:
            read.append(statement)
            if len(read) == 3:
                raise ConnectionResetError("the server is gone")

    sa.event.listen(engine.sync_engine, "before_cursor_execute", fail)
    try:
        learning = Learning(sessions, worker, known_stations(), now=lambda: NOW)
        with pytest.raises(ConnectionResetError):
            await learning.learn()
    finally:
        sa.event.remove(engine.sync_engine, "before_cursor_execute", fail)
    assert len(worker.asked) < len(read) == 3
    assert learning.fitted_at is None
