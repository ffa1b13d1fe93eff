"""The weather strategy: from a price frame to a known edge, and to an order at the exchange.

Meanwhile a thousand messages a second come and the worker process fits.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.account import Account
from core.domain.market import Market, Source
from core.domain.price import PriceState, Quote
from core.domain.units import EventId, MarketId, Price, TokenId, Usdc, UserId
from core.domain.weather.belief import Opinion
from core.domain.weather.calibration import Forecast, Group, Lead
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.fitting.job import FitJob
from core.domain.weather.fitting.pairs import Pair
from core.domain.weather.ladder import Bucket, ladder
from core.domain.weather.limits import Scope, StrategyLimits
from core.domain.weather.rules import TemperatureEvent, read_event
from core.domain.weather.station import StationId
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Extreme, Unit
from core.services.audit import Audit
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.milestones import Milestone
from core.services.price_board import PriceBoard
from core.services.risk.breakers import Breakers
from core.services.risk.guards import Guards
from core.services.risk.outside import Conditions
from core.services.weather.candidates import Candidate, Intervals
from core.services.weather.grounds import Rules
from core.services.weather.strategy import Operating, Strategy, World
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.worker.worker import Worker
from tests.benchmarks import feeds
from tests.benchmarks.ours import connected
from tests.benchmarks.report import Figure, percentile
from tests.support import rows
from tests.support.guarding import RULES, Outside
from tests.support.temperature import event_text
from tests.support.trading import Shelf, Time, book_of
from tests.support.weather_house import SaidByHand

EVENTS: Final = 60
BUCKETS: Final = 11
RATE: Final = 1000.0  # messages a second
WARM_UP: Final = 2.0  # seconds
WINDOW: Final = 6.0  # seconds
ORDERS: Final = 60  # further events, in each of which one order is placed
PATIENCE: Final = 30.0  # seconds
RICH: Final = Usdc(Decimal(10**9))
LIMITS: Final = StrategyLimits(most={**dict.fromkeys(Scope, RICH), Scope.ORDER: Usdc(Decimal(20))})
STATIONS: Final = 20
DAYS: Final = 60
FITTED: Final = "core.domain.weather.fitting.job:fitted"


@dataclass
class _Watch:
    """When an order was last about to reach the exchange."""

    left: float = 0.0  # monotonic seconds
    has_left: asyncio.Event = field(default_factory=asyncio.Event)

    def reached(self, milestone: Milestone) -> None:
        if milestone is Milestone.BEFORE_POST:
            self.left = time.monotonic()
            self.has_left.set()


@dataclass
class _House:
    board: PriceBoard
    strategy: Strategy
    watch: _Watch
    events: Mapping[EventId, Sequence[Market]]


async def measure(url: str) -> list[Figure]:
    """`url`: of an empty database on a server as the product runs it."""
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    house = await _house(sessions)
    async with _running(house), _fitting() as fits:
        to_edge, to_order = await _loaded(house)
    await engine.dispose()
    how = (
        f"{EVENTS} events of {BUCKETS} buckets, {RATE:,.0f} messages/s, "
        f"{len(fits)} fits of {STATIONS} stations meanwhile"
    )
    paper = f"of {len(to_order)}, from the price to the paper exchange; {how}"
    return [
        Figure("weather_frame_to_edge", percentile(to_edge, 99), "ms", f"p99; {how}", "<= 1"),
        Figure("weather_frame_to_edge_p50", percentile(to_edge, 50), "ms", how),
        Figure("weather_price_to_order", percentile(to_order, 99), "ms", f"p99 {paper}", "<= 100"),
        Figure("weather_price_to_order_p50", percentile(to_order, 50), "ms", paper),
        Figure("weather_fit", max(fits), "s", f"longest of {len(fits)}, beside all that", "<= 5"),
    ]


async def _loaded(house: _House) -> tuple[list[float], list[float]]:
    """Milliseconds from price to edge, and from price to order."""
    busy = list(house.events)[:EVENTS]
    pairs = [(one.tokens[0], one.tokens[1]) for event in busy for one in house.events[event]]
    plan = feeds.Plan(pairs[:-1], RATE, pairs[-1], 5.0)
    with feeds.paced(plan) as url:
        async with connected(url, MarketUpdater(house.board), pairs):
            await asyncio.sleep(WARM_UP)
            gc.collect()
            gc.freeze()  # as the program does once it is up
            house.strategy.edges.to_edge.clear()
            await asyncio.sleep(WINDOW)
            to_edge = [1000 * seconds for seconds in house.strategy.edges.to_edge]
            to_order = [await _order(house, event) for event in list(house.events)[EVENTS:]]
    gc.unfreeze()
    return to_edge, to_order


async def _order(house: _House, event: EventId) -> float:
    """Milliseconds from a mispriced bucket's tick on."""
    house.watch.has_left.clear()
    markets = house.events[event]
    for place, market in enumerate(markets[1:], start=1):
        _publish(house.board, market.tokens[0], "0.08" if place else "0.12", "0.10")
    began = time.monotonic()
    _publish(house.board, markets[0].tokens[0], "0.04", "0.06")
    async with asyncio.timeout(PATIENCE):
        await house.watch.has_left.wait()
    return 1000 * (house.watch.left - began)


def _publish(board: PriceBoard, token: TokenId, bid: str, ask: str) -> None:
    book = book_of(token, [(bid, "1000")], [(ask, "1000")])
    middle = Price((Decimal(bid) + Decimal(ask)) / 2)
    now = datetime.now(UTC)
    board.set_state(token, PriceState.LIVE)
    board.publish(
        Quote(
            token,
            middle,
            book.best_bid,
            book.best_ask,
            None,
            Source.WS,
            board.clock(),
            now,
            book,
        )
    )


async def _house(sessions: Sessions) -> _House:
    board, watch, manager = PriceBoard(), _Watch(), WebSocketManager()
    async with sessions.begin() as session:
        user = await rows.add_user(session, 1)
    events = await _events(sessions)
    books = FreshBooks(board, Shelf(Time()), time.monotonic, lambda: datetime.now(UTC))
    clob = ClobService(
        sessions,
        PaperExchange(books),
        books,
        manager,
        account=Account.WEATHER_PAPER,
        guards=_guards(sessions, board),
        reached=watch.reached,
    )
    opinions, now = SaidByHand(), datetime.now(UTC)
    for event in events:
        chances = (0.2, *(0.08,) * (BUCKETS - 1))
        if event in list(events)[:EVENTS]:
            chances = (0.9, *(0.01,) * (BUCKETS - 1))  # so far from the feed's that it only looks
        opinions.said[event] = Opinion(chances, (0.01,) * BUCKETS, 1.0, now)
    world = World(sessions, board, books, manager, {Account.WEATHER_PAPER: clob}, Audit())
    operating = Operating(
        Rules(LIMITS, timedelta(hours=6), Decimal(5)),
        known_stations(),
        Intervals(600, 60),
        Usdc(Decimal(1_000_000)),
        timedelta(days=1),
    )

    async def never(user: UserId) -> bool:  # noqa: ARG001 - the port's
        return False

    strategy = Strategy(world, operating, opinions, lambda: True, never)
    strategy.candidates.known = _candidates(events)
    strategy.candidates.chosen = {user: Choices(Mode.DRY, days_ahead=7)}
    strategy.beliefs.follow({id_: one.event for id_, one in strategy.candidates.known.items()})
    return _House(board, strategy, watch, events)


def _guards(sessions: Sessions, board: PriceBoard) -> Guards:
    outside = Outside()
    conditions = Conditions(board, outside, lambda _: True, outside.is_clear, lambda: 50.0)
    return Guards(RULES, conditions, Breakers(sessions, RULES, outside, outside))


async def _events(sessions: Sessions) -> dict[EventId, list[Market]]:
    found = dict[EventId, list[Market]]()
    for number in range(EVENTS + ORDERS):
        first = 1 + number * BUCKETS
        found[EventId(str(number))] = [rows.market(first + place) for place in range(BUCKETS)]
    async with sessions.begin() as session:
        await rows.add_markets(session, [one for each in found.values() for one in each])
    return found


def _candidates(events: Mapping[EventId, Sequence[Market]]) -> dict[EventId, Candidate]:
    read = read_event(event_text(), known_stations())
    assert isinstance(read, TemperatureEvent)
    middle = (Bucket(degree, degree) for degree in range(10, 8 + BUCKETS))
    whole = ladder(Unit.CELSIUS, (Bucket(None, 9), *middle, Bucket(8 + BUCKETS, None)))
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    return {
        event: Candidate(
            replace(
                read,
                event_id=event,
                day=tomorrow,
                ladder=whole,
                markets=tuple(MarketId(one.id) for one in markets),
            ),
            tuple(markets),
        )
        for event, markets in events.items()
    }


@asynccontextmanager
async def _running(house: _House) -> AsyncIterator[None]:
    strategy = house.strategy
    parts = (strategy.beliefs.run, strategy.edges.run, strategy.log.run)
    tasks = [asyncio.create_task(part()) for part in parts]
    try:
        async with asyncio.timeout(PATIENCE):
            while not (strategy.beliefs.is_at_rest and strategy.edges.is_at_rest):  # noqa: ASYNC110 - turns of this loop do it
                await asyncio.sleep(0)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def _fitting() -> AsyncIterator[list[float]]:
    """The worker fits again and again; seconds of each."""
    worker, taken = Worker(patience=PATIENCE), list[float]()
    job = FitJob(tuple(_pairs()), datetime.now(UTC))

    async def fit() -> None:
        while True:
            began = time.monotonic()
            await worker.call(FITTED, job, PATIENCE)
            taken.append(time.monotonic() - began)

    tasks = [asyncio.create_task(worker.run()), asyncio.create_task(fit())]
    async with asyncio.timeout(PATIENCE):
        while not taken:  # noqa: ASYNC110 - the first fit says it
            await asyncio.sleep(0.05)
    del taken[:]  # the first one imports
    try:
        yield taken
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _pairs() -> list[Pair]:
    """Two months of three models at twenty stations, two extremes, five leads."""
    random, now = Random(3), datetime.now(UTC)  # noqa: S311 - repeatable on purpose
    found = list[Pair]()
    for number in range(STATIONS):
        for extreme in Extreme:
            for lead in Lead:
                group = Group(StationId(f"S{number:03}"), extreme, lead)
                for day in range(DAYS):
                    truth = random.gauss(15, 5)
                    said = {f"m{model}": truth + random.gauss(0.5, 1) for model in range(3)}
                    known = now - timedelta(days=day + 1)
                    found.append(Pair(group, known, Forecast(said, 1.0), truth))
    return found
