"""The gate to real money: it opens for a good record, closes for a bad one, and demotes once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.units import UserId
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.records import Scored
from core.services.audit import Audit
from core.services.outbox import Outbox
from core.services.weather.choices import WeatherChoices
from core.services.weather.gate import DEMOTED, UNJUDGED, UNTAUGHT, Gate
from core.services.weather.scoring import ScoreBook
from core.storage.models import Sessions
from tests.support.learning_school import Here, keep_record, scored_event
from tests.support.rows import add_markets, add_position, add_user, market

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
A_DAY = 8  # events


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def record(
    events: int, *, model: float, market: float, first: int = 0, until: datetime = NOW
) -> list[Scored]:
    """Of the days before `until`; scores differ from event to event, the model's less."""
    found = list[Scored]()
    for number in range(events):
        known = until - timedelta(days=number // A_DAY)
        shift = (number % 5 - 2) / 20
        scores = {"model": model + shift, "market": market + 1.5 * shift}
        found.append(scored_event(first + number, known.date(), known, **scores))
    return found


def gate_of(sessions: Sessions, clock: Clock | None = None, pairs: int = 100) -> Gate:
    now = clock or Clock()
    return Gate(sessions, Here(), Outbox(sessions, now=now), Audit(), lambda: pairs, now=now)


async def earned(sessions: Sessions, amount: str, event: str = "e0", number: int = 1) -> UserId:
    """Somebody whom that event brought so much in the strategy's dry account."""
    one = market(number)
    async with sessions.begin() as session:
        user = await add_user(session, number)
        await add_markets(session, [one])
        position = await add_position(session, user, one, one.tokens[0])
        await session.execute(
            sa.text("UPDATE markets SET event_id = :event WHERE id = :market"),
            {"event": event, "market": one.id},
        )
        await session.execute(
            sa.text(
                "INSERT INTO event_rules (event_id, slug, title, description,"
                " resolution_source, tags) VALUES (:event, 's', 't', 'd', 'r', '[]')"
            ),
            {"event": event},
        )
        await session.execute(
            sa.text(
                "UPDATE positions SET account = 'weather-paper', status = 'closed', amount = 0,"
                " realized_pnl = :amount, closed_at = :at WHERE id = :id"
            ),
            {"amount": Decimal(amount), "at": NOW, "id": position},
        )
    return user


async def rows(sessions: Sessions, query: str) -> Sequence[tuple[object, ...]]:
    async with sessions() as session:
        return [tuple(row) for row in await session.execute(sa.text(query))]


async def test_a_record_of_320_events_with_skill_and_profit_opens_it(sessions: Sessions) -> None:
    await keep_record(sessions, record(320, model=0.55, market=0.65))
    await earned(sessions, "12.5")
    gate = gate_of(sessions)
    assert gate.reasons == (UNJUDGED,)
    judgement = await gate.judge()
    assert gate.is_open
    assert (judgement.events, judgement.profit) == (320, Decimal("12.5"))
    assert judgement.skill is not None
    assert 0 < judgement.skill.low < judgement.skill.value == pytest.approx(1 - 0.55 / 0.65)
    again = gate_of(sessions)
    await again.read()
    assert again.is_open
    assert again.judgement == judgement


@pytest.mark.parametrize(
    ("events", "model", "profit", "reason"),
    [
        (299, 0.55, "12.5", "299 of 300"),
        (320, 0.65, "12.5", "not beyond chance"),
        (320, 0.55, "-0.01", "-0.01 USDC"),
    ],
)
async def test_what_is_missing_keeps_it_closed(
    sessions: Sessions, events: int, model: float, profit: str, reason: str
) -> None:
    await keep_record(sessions, record(events, model=model, market=0.65))
    await earned(sessions, profit)
    gate = gate_of(sessions)
    await gate.judge()
    (said,) = gate.reasons
    assert reason in said


async def test_without_a_settled_day_to_learn_from_it_is_closed(sessions: Sessions) -> None:
    gate = gate_of(sessions, pairs=0)
    judgement = await gate.judge()
    assert judgement.skill is None
    assert UNTAUGHT in gate.reasons
    assert "0 of 300 events are resolved." in gate.reasons


async def test_a_verdict_that_nobody_renews_does_not_hold(sessions: Sessions) -> None:
    await keep_record(sessions, record(320, model=0.55, market=0.65))
    await earned(sessions, "12.5")
    clock = Clock()
    gate = gate_of(sessions, clock)
    await gate.judge()
    clock.now += timedelta(days=3)
    assert gate.is_open
    clock.now += timedelta(seconds=1)
    assert gate.reasons == (UNJUDGED,)


async def test_what_is_older_than_the_record_counts_no_more(sessions: Sessions) -> None:
    await keep_record(sessions, record(320, model=0.55, market=0.65))
    await earned(sessions, "12.5")
    clock = Clock()
    clock.now += timedelta(days=90)
    judgement = await gate_of(sessions, clock).judge()
    assert (judgement.events, judgement.profit) == (0, Decimal(0))


async def test_when_skill_vanishes_the_live_go_dry_and_hear_of_it_once(sessions: Sessions) -> None:
    clock, choices = Clock(), WeatherChoices(sessions, Audit())
    await keep_record(sessions, record(320, model=0.55, market=0.65))
    live = await earned(sessions, "12.5")
    dry = await earned(sessions, "1", "e1", 2)
    cities = frozenset({"london"})
    await choices.keep(live, Choices(Mode.LIVE, cities=cities))
    await choices.keep(dry, Choices(Mode.DRY))
    gate, heard = gate_of(sessions, clock), list[bool]()
    gate.listen(lambda: heard.append(gate.is_open))
    await gate.judge()
    assert (await choices.of(live)).mode is Mode.LIVE
    clock.now += timedelta(days=30)
    bad = record(240, model=0.80, market=0.60, first=1000, until=clock.now)
    await keep_record(sessions, bad)
    await gate.judge()
    clock.now += timedelta(days=1)
    await gate.judge()
    assert heard == [True, False, False]
    assert await choices.of(live) == Choices(Mode.DRY, cities=cities)
    told = await rows(sessions, "SELECT user_id, kind, payload ->> 'sentence' FROM notices")
    assert told == [(live, "warning", DEMOTED)]
    noted = "SELECT user_id FROM audit WHERE what = 'weather demoted to dry'"
    assert await rows(sessions, noted) == [(live,)]


async def test_profit_is_of_the_strategy_alone(sessions: Sessions) -> None:
    await keep_record(sessions, record(1, model=0.5, market=0.5))
    user = await earned(sessions, "12.5")
    other = market(9)
    async with sessions.begin() as session:  # by hand, in the live account, in the same event
        await add_markets(session, [other])
        await session.execute(sa.text("UPDATE markets SET event_id = 'e0' WHERE id = '9'"))
        position = await add_position(session, user, other, other.tokens[0])
        await session.execute(
            sa.text("UPDATE positions SET account = 'live', pnl_amount = 7 WHERE id = :id"),
            {"id": position},
        )
    book = ScoreBook(sessions, now=lambda: NOW)
    assert await book.profit(user, Account.WEATHER_PAPER) == Decimal("12.5")
    assert await book.profit(user, Account.LIVE) is None
    assert (await gate_of(sessions).judge()).profit == Decimal("12.5")
