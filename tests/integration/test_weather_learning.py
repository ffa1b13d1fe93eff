"""From a settled day to what is believed of the next one, against Postgres."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.domain.errors import Unavailable
from core.domain.units import EventId
from core.domain.weather.belief import Opinion
from core.domain.weather.calibration import Calibration, Lead
from core.domain.weather.calibration_json import as_text
from core.domain.weather.learning import LEARNED
from core.domain.weather.records import Occasion
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Extreme
from core.services.audit import Audit
from core.services.outbox import Outbox
from core.services.weather.learning import Learning
from core.services.weather.learning_parts import build_learning, build_recording
from core.services.weather.opinions import ModelOpinions
from core.services.weather.settling import Settling
from core.storage import weather_beliefs, weather_pairs
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from infrastructure.worker.worker import Worker
from tests.support.learning_school import (
    FIRST,
    LONDON,
    Away,
    Ended,
    Foreseen,
    Here,
    keep_record,
    said_of,
    scored_event,
    teach,
)
from tests.support.weather_house import running, weather_house

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MARKET = ("0.10", "0.20", "0.40", "0.30")
TOMORROW = date(2026, 11, 22)


async def taught(sessions: Sessions, days: int = 30, bias: int = 2) -> None:
    """Forecasts of 13 and 14 degrees, in turn, that were `bias` too cold."""
    for number in range(days):
        day = FIRST + timedelta(days=number)
        said = 13 + number % 2
        known = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=36)
        await teach(sessions, day, float(said), said + bias, known)


def learning_of(sessions: Sessions, now: datetime = NOW) -> Learning:
    return Learning(sessions, Here(), known_stations(), now=lambda: now)


def bias_of(calibration: Calibration) -> float:
    """How much warmer than a forecast of 13.5 degrees London is believed to get."""
    own = calibration.coefficients(LONDON, Extreme.HIGHEST, Lead.H18_30)
    return own.intercept + sum(own.weights) * 13.5 - 13.5


async def test_with_no_settled_day_the_wide_default_holds(sessions: Sessions) -> None:
    learning = learning_of(sessions)
    assert not await learning.read()
    wide = learning.current
    await learning.learn()
    assert learning.pairs == 0
    own = learning.current.coefficients(LONDON, Extreme.HIGHEST, Lead.H18_30)
    assert own.floor == wide.coefficients(LONDON, Extreme.HIGHEST, Lead.H18_30).floor == 1.6
    assert await learning.read()


async def test_a_bias_is_learned_and_the_next_start_reads_it(sessions: Sessions) -> None:
    await taught(sessions)
    learning, told = learning_of(sessions), list[int]()
    learning.listen(lambda: told.append(learning.pairs))
    await learning.learn()
    assert told == [30]
    assert bias_of(learning.current) == pytest.approx(2.0, abs=0.35)
    again = learning_of(sessions, NOW + timedelta(hours=1))
    assert await again.read()
    assert (again.pairs, again.fitted_at) == (30, NOW)
    assert again.current == learning.current


async def test_the_worker_process_fits(sessions: Sessions) -> None:
    await taught(sessions, days=5)
    worker = Worker()
    running_worker = asyncio.create_task(worker.run())
    try:
        learning = Learning(sessions, worker, known_stations(), now=lambda: NOW)
        async with asyncio.timeout(60):
            await learning.learn()
    finally:
        running_worker.cancel()
        await asyncio.wait([running_worker])
    here = learning_of(sessions)
    await here.learn()
    assert as_text(learning.current) == as_text(here.current)


async def test_what_became_known_later_changes_nothing(sessions: Sessions) -> None:
    await taught(sessions)
    before = learning_of(sessions)
    await before.learn()
    later = NOW + timedelta(microseconds=1)
    for number in range(5):  # settled later
        await teach(sessions, date(2026, 11, 10 + number), 13.0, 18, later)
    async with as_worker(sessions) as session:  # foreseen later, of a day settled long ago
        await weather_pairs.keep_said(session, [said_of(FIRST, 20.0, later, lead_from=6)])
        await weather_pairs.keep_said(session, [said_of(FIRST, 20.0, later, lead_from=18)])
    after = learning_of(sessions)
    await after.learn()
    assert after.pairs == 29  # the forecast of one day was replaced by a later one
    async with as_worker(sessions) as session:
        await session.execute(
            sa.text("DELETE FROM weather_pairs WHERE available_at > :later"), {"later": NOW}
        )
    alone = learning_of(sessions)
    await alone.learn()
    assert as_text(alone.current) == as_text(after.current)
    at_last = learning_of(sessions, later)
    await at_last.learn()
    assert bias_of(at_last.current) > bias_of(after.current) + 0.1


async def test_a_settled_event_is_scored_learned_from_and_believed(sessions: Sessions) -> None:
    house = await weather_house(sessions)
    now = house.desk.time.wall
    parts = build_learning(
        sessions, Here(), known_stations(), Outbox(sessions, now=now), Audit(), now=now
    )
    foreseen = Foreseen((22.0, 22.4), now())
    opinions = ModelOpinions(foreseen, parts.learning)
    recording = build_recording(
        sessions, house.engine, house.beliefs, foreseen, parts.learning, now=now
    )
    async with running(house):
        event = house.candidates.known[EventId("900")].event
        said = opinions.opinion(event, now())
        before = opinions.opinion(event, NOW + timedelta(hours=12))
        house.believe(*said.chances, weight=said.weight)
        house.quote_all(*MARKET)
        await house.settled()
        assert await recording.record() == 2
        assert await recording.record() == 0
        house.desk.time.seconds += 11 * 3600
        house.believe(0.1, 0.1, 0.5, 0.3)
        await house.settled()
        assert await recording.record() == 2  # another lead, and nearer to midnight
    rows = await house.rows("SELECT occasion, model, market FROM weather_beliefs ORDER BY 1")
    assert [row[0] for row in rows] == ["18-30", "30-54", "midnight"]
    assert rows[1][1] == list(said.chances)
    assert rows[2][1] == [0.1, 0.1, 0.5, 0.3]
    assert rows[0][2] == pytest.approx([0.1, 0.2, 0.4, 0.3])
    async with as_worker(sessions) as session:
        await weather_pairs.keep_said(session, [said_of(TOMORROW, 22.2, now())])
    house.desk.time.seconds += 48 * 3600
    settling = Settling(
        sessions, Ended(house.markets[EventId("900")], 1), known_stations(), now=now
    )
    settling.listen(parts.round.settled)
    assert len(await settling.learn()) == 1
    await parts.round.go()
    scores = await house.rows(
        "SELECT occasion, place, model_brier, market_brier, naive_brier FROM weather_scores"
        " ORDER BY 1"
    )
    assert [row[:2] for row in scores] == [("18-30", 1), ("30-54", 1), ("midnight", 1)]
    assert scores[2][2] == pytest.approx(0.01 + 0.81 + 0.25 + 0.09)
    assert scores[2][3] == pytest.approx(0.01 + 0.64 + 0.16 + 0.09)
    assert scores[2][4] == pytest.approx(0.64 + 1 - 2 / 15 + 3 / 225)
    assert parts.learning.pairs == 1
    assert _differ(before, opinions.opinion(event, NOW + timedelta(hours=12)))


async def test_a_lead_keeps_its_first_and_midnight_its_last(sessions: Sessions) -> None:
    first = scored_event(1, TOMORROW, NOW + timedelta(days=2), model=1, market=1).said
    async with as_worker(sessions) as session:
        for hours, occasion in ((0, "18-30"), (1, "18-30"), (0, "midnight"), (1, "midnight")):
            said = replace(first, at=NOW + timedelta(hours=hours), occasion=Occasion(occasion))
            await weather_beliefs.keep(session, [said])
        rows = await session.execute(
            sa.text("SELECT occasion, at FROM weather_beliefs ORDER BY occasion")
        )
        assert [tuple(row) for row in rows] == [
            ("18-30", NOW),
            ("midnight", NOW + timedelta(hours=1)),
        ]


async def test_standings_are_by_city_and_lead_and_over_all(sessions: Sessions) -> None:
    scores = [
        scored_event(number, TOMORROW, NOW, model=0.4 + number / 10, market=0.7)
        for number in range(3)
    ]
    await keep_record(sessions, scores)
    book = build_learning(
        sessions, Here(), known_stations(), Outbox(sessions), Audit(), now=lambda: NOW
    ).book
    everywhere, london = await book.standings()
    assert (everywhere.city, london.city, london.lead) == ("", "london", None)
    assert london.events == everywhere.events == 3
    assert london.model.brier == pytest.approx(0.5)
    assert london.market.brier == pytest.approx(0.7)
    assert london.crps == pytest.approx(0.5)
    empty = await book.reliability(None)
    assert (empty.events, empty.bins) == (0, ())


def _differ(one: Opinion, other: Opinion) -> bool:
    return max(abs(a - b) for a, b in zip(one.chances, other.chances, strict=True)) > 0.001


async def test_fits_are_made_daily_or_hours_after_a_settlement(sessions: Sessions) -> None:
    clock, jobs = [NOW], Here()
    parts = build_learning(
        sessions, jobs, known_stations(), Outbox(sessions), Audit(), now=lambda: clock[0]
    )

    async def fits_after(hours: int, *, is_settled: bool) -> int:
        clock[0] += timedelta(hours=hours)
        if is_settled:
            parts.round.settled()
        await parts.round.go()
        return jobs.asked.count(LEARNED) // 15  # of two extremes, five leads, and their records

    await parts.round.read()
    assert await fits_after(0, is_settled=False) == 1
    assert await fits_after(2, is_settled=True) == 1
    assert await fits_after(1, is_settled=False) == 2
    assert await fits_after(23, is_settled=False) == 2
    assert await fits_after(1, is_settled=False) == 3
    assert parts.round.rounds == 5


async def test_a_worker_that_is_away_is_asked_again(sessions: Sessions) -> None:
    jobs = Away()
    parts = build_learning(
        sessions, jobs, known_stations(), Outbox(sessions), Audit(), now=lambda: NOW
    )
    with pytest.raises(Unavailable):
        await parts.round.go()
    assert parts.learning.fitted_at is None
    jobs.is_away = False
    await parts.round.go()
    assert parts.learning.fitted_at == NOW


async def test_the_part_runs_by_itself_and_wakes_for_settlements(sessions: Sessions) -> None:
    await taught(sessions, days=3)
    parts = build_learning(
        sessions, Here(), known_stations(), Outbox(sessions), Audit(), now=lambda: NOW
    )
    judged = asyncio.Event()
    parts.gate.listen(judged.set)
    running_round = asyncio.create_task(parts.round.run())
    try:
        async with asyncio.timeout(20):
            await judged.wait()
            assert parts.learning.pairs == 3
            judged.clear()
            parts.round.settled()
            await judged.wait()
    finally:
        running_round.cancel()
        await asyncio.wait([running_round])
