"""The strategy as it is put together, and the open record as the chat asks for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.units import EventId, Usdc, UserId
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.decision import Action, Decision, KeptDecision, Moments, Skip
from core.domain.weather.limits import StrategyLimits
from core.domain.weather.station_table import known_stations
from core.services.audit import Audit
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.outbox import Outbox
from core.services.weather.candidates import Intervals
from core.services.weather.decision_log import DecisionLog
from core.services.weather.gate import UNJUDGED, Gate
from core.services.weather.grounds import Rules
from core.services.weather.open_record import OpenRecord
from core.services.weather.ports import Desk
from core.services.weather.scoring import ScoreBook
from core.services.weather.strategy import Operating, Strategy, World
from core.storage import weather_decisions
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from infrastructure.paper.paper_exchange import PaperExchange
from tests.support.guarding import Guarded
from tests.support.learning_school import Here, keep_record, scored_event
from tests.support.weather_house import ORDERS, WeatherHouse, weather_house

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FAIR = ("0.10", "0.20", "0.40", "0.30")
PATIENCE = 30.0
WALLETS = "SELECT account, cash FROM wallets WHERE account = 'weather-paper'"


def strategy_of(
    house: WeatherHouse, *, has_live: bool = False, may_go_live: bool = True
) -> Strategy:
    """The parts that the program connects, on the house's clock, board and forecasts."""
    desk = house.desk
    books = FreshBooks(desk.board, house.shelf, desk.time.clock, desk.time.wall)
    desks: dict[Account, Desk] = {
        account: _clob(desk, house, books, account)
        for account in (Account.WEATHER_PAPER, *((Account.LIVE,) if has_live else ()))
    }
    world = World(
        desk.sessions,
        desk.board,
        books,
        house.manager,
        desks,
        Audit(),
        clock=desk.time.clock,
        now=desk.time.wall,
    )
    operating = Operating(
        Rules(StrategyLimits(), timedelta(hours=6), Decimal(5)),
        known_stations(),
        Intervals(600, 60),
        Usdc(Decimal(250)),
        timedelta(days=90),
    )

    async def answer(user: UserId) -> bool:
        assert user == house.user
        return may_go_live

    return Strategy(world, operating, house.opinions, lambda: True, answer)


def _clob(desk: Guarded, house: WeatherHouse, books: FreshBooks, account: Account) -> ClobService:
    return ClobService(
        desk.sessions,
        PaperExchange(books),
        books,
        house.manager,
        account=account,
        guards=desk.guards,
        now=desk.time.wall,
    )


async def without_wallet(sessions: Sessions) -> WeatherHouse:
    house = await weather_house(sessions)
    async with sessions.begin() as session:
        await session.execute(sa.text("DELETE FROM wallets WHERE account = 'weather-paper'"))
    return house


@asynccontextmanager
async def at_work(strategy: Strategy) -> AsyncIterator[None]:
    parts = [asyncio.ensure_future(run()) for run in strategy.runs.values()]
    try:
        yield
    finally:
        for part in parts:
            part.cancel()
        await asyncio.wait(parts)
        assert all(part.cancelled() for part in parts)


async def test_whoever_chose_a_dry_run_gets_a_wallet_and_an_order_by_the_parts_as_wired(
    sessions: Sessions,
) -> None:
    house = await without_wallet(sessions)
    strategy, bought, skipped = strategy_of(house), asyncio.Event(), asyncio.Event()

    def heard(decision: Decision) -> None:
        (bought if decision.action is Action.BUY else skipped).set()

    strategy.log.listen(heard)
    house.believe(0.10, 0.20, 0.40, 0.30)
    await strategy.choices.keep(house.user, Choices(Mode.DRY))
    house.quote_all(*FAIR)
    async with asyncio.timeout(PATIENCE), at_work(strategy):
        await skipped.wait()
        house.quote(2, "0.22", "0.24", after=1)
        await bought.wait()
    assert await house.rows(ORDERS) == [
        ("BUY", house.token(2), "filled", "automation", Account.WEATHER_PAPER)
    ]
    ((account, cash),) = await house.rows(WALLETS)
    assert account == "weather-paper"
    assert isinstance(cash, Decimal)
    assert 200 < cash < 250
    actions = await house.rows("SELECT action FROM weather_decisions WHERE action = 'buy'")
    assert actions == [("buy",)]


async def test_what_somebody_wants_traded_is_believed_in_and_nothing_else(
    sessions: Sessions,
) -> None:
    house = await weather_house(sessions, cities=("London", "Munich"))
    strategy = strategy_of(house)
    house.believe(0.10, 0.20, 0.40, 0.30)
    house.believe(0.10, 0.20, 0.40, 0.30, event="901")
    told = asyncio.Event()
    strategy.beliefs.listen(lambda _: told.set())
    await strategy.choices.keep(house.user, Choices(Mode.DRY, cities=frozenset({"munich"})))
    async with asyncio.timeout(PATIENCE), at_work(strategy):
        await told.wait()
    assert strategy.beliefs.of(EventId("901")) is not None
    assert strategy.beliefs.of(EventId("900")) is None


@pytest.mark.parametrize(
    ("has_live", "mode", "may_go_live", "accounts"),
    [
        (False, Mode.DRY, True, (Account.WEATHER_PAPER,)),
        (False, Mode.LIVE, True, (Account.WEATHER_PAPER,)),  # DRY_RUN_MODE is a ceiling
        (True, Mode.DRY, True, (Account.WEATHER_PAPER, Account.LIVE)),
        (True, Mode.LIVE, False, (Account.WEATHER_PAPER, Account.LIVE)),
        (True, Mode.LIVE, True, (Account.LIVE,)),
    ],
)
async def test_real_money_needs_the_choice_the_desk_and_the_gate(
    sessions: Sessions,
    *,
    has_live: bool,
    mode: Mode,
    may_go_live: bool,
    accounts: tuple[Account, ...],
) -> None:
    house = await without_wallet(sessions)
    strategy = strategy_of(house, has_live=has_live, may_go_live=may_go_live)
    assert await strategy.accounts_of(house.user, Choices(mode)) == accounts
    opened = 0 if accounts == (Account.LIVE,) else 1
    assert len(await house.rows(WALLETS)) == opened


async def test_the_practice_wallet_is_opened_once_and_for_nobody_who_is_gone(
    sessions: Sessions,
) -> None:
    house = await without_wallet(sessions)
    strategy = strategy_of(house)
    for _ in range(2):
        await strategy.accounts_of(house.user, Choices(Mode.DRY))
    await strategy.accounts_of(UserId(10**6), Choices(Mode.DRY))
    assert await house.rows(WALLETS) == [("weather-paper", Decimal(250))]
    async with sessions.begin() as session:
        await session.execute(
            sa.text("UPDATE wallets SET cash = 3 WHERE account = 'weather-paper'")
        )
    await strategy_of(house).accounts_of(house.user, Choices(Mode.DRY))  # the program started anew
    assert await house.rows(WALLETS) == [("weather-paper", Decimal(3))]


def record_of(sessions: Sessions) -> tuple[OpenRecord, Gate]:
    gate = Gate(
        sessions, Here(), Outbox(sessions, now=lambda: NOW), Audit(), lambda: 9, now=lambda: NOW
    )
    return OpenRecord(ScoreBook(sessions, now=lambda: NOW), gate), gate


async def test_the_open_record_shows_averages_money_and_the_verdict(sessions: Sessions) -> None:
    house = await weather_house(sessions)
    record, gate = record_of(sessions)
    assert (await record.gate()).resolved == 0
    assert (await record.gate()).verdict.reasons == (UNJUDGED,)
    empty = await record.table(house.user)
    assert (empty.rows, empty.days) == ((), 90)
    scores = [
        scored_event(number, NOW.date() - timedelta(days=number), NOW, model=0.5, market=0.6)
        for number in range(4)
    ]
    await keep_record(sessions, scores)
    told = list[bool]()
    record.listen(lambda: told.append(gate.is_open))
    await gate.judge()
    assert told == [False]
    judged = await record.gate()
    assert judged.resolved == 4
    assert "4 of 300 events are resolved." in judged.verdict.reasons
    everywhere, london = (await record.table(house.user)).rows
    assert (everywhere.city, london.city, london.events, london.lead) == ("", "london", 4, None)
    assert london.model.brier == pytest.approx(0.5)
    assert london.market is not None
    assert london.market.brier == pytest.approx(0.6)
    assert london.model.crps == pytest.approx(0.5)
    assert london.naive is not None
    shown = await record.reliability()
    assert (shown.bins, shown.events) == ((), 0)  # of these nothing that was said is kept


async def test_old_decisions_are_forgotten_by_age_and_by_number(sessions: Sessions) -> None:
    house = await weather_house(sessions)
    now = house.desk.time.wall()

    def seen(days: int) -> KeptDecision:
        at = now - timedelta(days=days)
        moments = Moments(at, at, None, None)
        decision = Decision(
            house.user, Account.WEATHER_PAPER, EventId("900"), Action.SKIP, 1, moments,
            skip=Skip.NO_EDGE,
        )  # fmt: skip
        return KeptDecision(decision, 1, at)

    async with as_worker(sessions) as session:
        await weather_decisions.add(session, [seen(91), seen(89), seen(2), seen(1)])
    log = DecisionLog(sessions, now=lambda: now, kept_for=timedelta(days=90))
    await log.forget_old()
    assert len(await house.skips()) == 3
    await DecisionLog(sessions, now=lambda: now, most=2).forget_old()
    assert len(await house.skips()) == 2
