"""The gate to real money: it opens for a good record, closes for a bad one, and demotes once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Settlement
from core.domain.market import Market
from core.domain.order import Origin
from core.domain.risk import automation_key
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
from tests.support.rows import add_markets, add_user, market

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
    """Somebody whom that event brought so much in the strategy's dry account: 100 shares won."""
    one = market(number)
    async with sessions.begin() as session:
        user = await add_user(session, number)
        await add_markets(session, [one])
        await session.execute(
            sa.text(
                "UPDATE markets SET event_id = :event, is_resolved = true,"
                """ payouts = '["1", "0"]' WHERE id = :market"""
            ),
            {"event": event, "market": one.id},
        )
    await traded(sessions, user, one, fee=str(50 - Decimal(amount)))
    return user


async def traded(  # noqa: PLR0913 - a trade has that many sides
    sessions: Sessions,
    user: UserId,
    one: Market,
    *,
    cause: str = "forecast:e0:1",
    side: Side = Side.BUY,
    price: str = "0.5",
    fee: str = "0",
    account: Account = Account.WEATHER_PAPER,
    settlement: Settlement = Settlement.CONFIRMED,
) -> None:
    """100 shares of Yes; without a `cause` by hand."""
    key = automation_key(one.id, side, cause) if cause else f"tap:{side}"
    origin = Origin.AUTOMATION if side is Side.BUY else Origin.PROTECTION
    values = {
        "user": user,
        "account": account.value,
        "market": one.id,
        "token": one.tokens[0],
        "side": side.value,
        "key": key,
        "origin": origin.value if cause else Origin.PERSON.value,
        "price": Decimal(price),
        "fee": Decimal(fee),
        "settlement": settlement.value,
        "at": NOW,
    }
    async with sessions.begin() as session:
        order = await session.scalar(
            sa.text(
                "INSERT INTO orders (user_id, account, market_id, token_id, outcome, side, size,"
                " worst_price, key, origin) VALUES (:user, :account, :market, :token, 'Yes', :side,"
                " 100, :price, :key, :origin) RETURNING id"
            ),
            {name: values[name] for name in values.keys() - {"fee", "settlement", "at"}},
        )
        await session.execute(
            sa.text(
                "INSERT INTO fills (event_key, user_id, account, order_id, market_id, token_id,"
                " outcome, side, size, price, fee, settlement, at) VALUES (:event, :user, :account,"
                " :order, :market, :token, 'Yes', :side, 100, :price, :fee, :settlement, :at)"
            ),
            {
                **{name: values[name] for name in values.keys() - {"key", "origin"}},
                "event": f"{account.value}:{key}",
                "order": order,
            },
        )


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


async def test_profit_is_of_the_strategys_own_fills(sessions: Sessions) -> None:
    """By hand the same token was bought and sold in both accounts, and a trigger sold some."""
    await keep_record(sessions, record(1, model=0.5, market=0.5))
    user, one = await earned(sessions, "12.5"), market(1)
    live = Account.LIVE
    for account in (Account.WEATHER_PAPER, live):
        await traded(sessions, user, one, cause="", price="0.1", account=account)
        await traded(sessions, user, one, cause="", side=Side.SELL, price="0.9", account=account)
    await traded(
        sessions, user, one, cause="trigger:7:1", side=Side.SELL, price="0.2", account=live
    )
    book, gate = ScoreBook(sessions, now=lambda: NOW), gate_of(sessions)
    assert await book.profit(user, Account.WEATHER_PAPER) == Decimal("12.5")
    assert await book.profit(user, live) is None
    assert (await gate.judge()).profit == Decimal("12.5")
    await traded(sessions, user, one, price="0.6", fee="1", account=live)
    second, third = "forecast:e0:2", "forecast:e0:3"
    await traded(
        sessions, user, one, cause=second, side=Side.SELL, price="0.7", fee="1", account=live
    )
    lost = Settlement.FAILED
    await traded(sessions, user, one, cause=third, price="0.01", account=live, settlement=lost)
    assert await book.profit(user, live) == Decimal("8.0")
    assert await book.profit(user, Account.WEATHER_PAPER) == Decimal("12.5")
    assert (await gate.judge()).profit == Decimal("20.5")


async def test_what_is_still_held_is_worth_its_price_and_no_part_of_the_gate(
    sessions: Sessions,
) -> None:
    user, one = await earned(sessions, "12.5"), market(1)
    async with sessions.begin() as session:
        await session.execute(
            sa.text(
                """UPDATE markets SET is_resolved = false, payouts = NULL,"""
                """ outcome_prices = '["0.55", "0.45"]'"""
            )
        )
    await traded(sessions, user, one, cause="forecast:e0:2", price="0.40", fee="0.5")
    book = ScoreBook(sessions, now=lambda: NOW)
    assert await book.profit(user, Account.WEATHER_PAPER) == Decimal("-18.0")
    assert (await gate_of(sessions).judge()).profit == 0
