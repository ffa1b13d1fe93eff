"""The weather strategy: from a price frame to a known edge, and to an order at the exchange.

Meanwhile a thousand messages a second come and the worker process fits.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
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
from core.storage import catalogue
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from infrastructure.database.engine import close_engine, create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.database.walls import everyday_role
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp
from infrastructure.worker.worker import Worker
from tests.benchmarks import feeds
from tests.benchmarks.cores import waited
from tests.benchmarks.orders import another
from tests.benchmarks.ours import connected
from tests.benchmarks.report import Figure, percentile
from tests.support import rows
from tests.support.guarding import RULES, Outside
from tests.support.live_house import NO_LIMITS, LiveHouse, live_house
from tests.support.temperature import event_text
from tests.support.trading import Shelf, Time, book_of
from tests.support.weather_house import SaidByHand

EVENTS: Final = 60
BUCKETS: Final = 11
RATE: Final = 1000.0  # messages a second
WARM_UP: Final = 2.0  # seconds
WINDOW: Final = 6.0  # seconds
FAR: Final = 5_000_000  # number of the first market that the sandbox does not have
AT_ONCE: Final = 100  # markets a question
ORDERS: Final = 60  # further events, in each of which one order is placed
PATIENCE: Final = 30.0  # seconds
RICH: Final = Usdc(Decimal(10**9))
LIMITS: Final = StrategyLimits(
    most={**dict.fromkeys(Scope, RICH), Scope.ORDER: Usdc(Decimal(20))}, cooldown=0.0
)
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


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the strategy stands on: practice money here, or a session key's at the sandbox."""

    sessions: Sessions
    board: PriceBoard
    books: FreshBooks
    account: Account
    desk: ClobService
    user: UserId
    watch: _Watch


@dataclass
class _House:
    board: PriceBoard
    strategy: Strategy
    opinions: SaidByHand
    watch: _Watch
    busy: Mapping[EventId, Sequence[Market]]
    ordered: Mapping[EventId, Sequence[Market]]


@dataclass(frozen=True, slots=True)
class _Found:
    """Milliseconds from price to edge, from price to order, and of those without a core."""

    to_edge: list[float]
    to_order: list[float]
    waits: list[float]
    fits: list[float]  # seconds


async def measure(url: str) -> list[Figure]:
    """`url`: of an empty database on a server as the product runs it."""
    dry = await _dry(url)
    live = await _live(url)
    how = (
        f"{EVENTS} events of {BUCKETS} buckets, {RATE:,.0f} messages/s, "
        f"{len(dry.fits) + len(live.fits)} fits of {STATIONS} stations meanwhile"
    )
    edges = [*dry.to_edge, *live.to_edge]
    return [
        Figure("weather_frame_to_edge", percentile(edges, 99), "ms", f"p99; {how}", "<= 1"),
        Figure("weather_frame_to_edge_p50", percentile(edges, 50), "ms", how),
        *_orders("", dry, f"from the price to the paper exchange; {how}"),
        *_orders("live_", live, f"from the price to before POST /order, session key; {how}"),
        Figure("weather_fit", max([*dry.fits, *live.fits]), "s", "longest of them", "<= 5"),
    ]


def _orders(kind: str, found: _Found, how: str) -> list[Figure]:
    """`waits` are the loop's own for a core; others the database has had."""
    name, how = f"weather_price_to_{kind}order", f"of {len(found.to_order)}, {how}"
    apart = [took - wait for took, wait in zip(found.to_order, found.waits, strict=True)]
    return [
        Figure(name, percentile(found.to_order, 99), "ms", f"p99 {how}", "<= 100"),
        Figure(f"{name}_p50", percentile(found.to_order, 50), "ms", how),
        Figure(f"{name}_with_core", percentile(apart, 99), "ms", "p99 without our waits for one"),
    ]


async def _dry(url: str) -> _Found:
    plain = create_engine(url)
    await upgrade(plain)
    engine = create_engine(url, role=await everyday_role(plain))
    await plain.dispose()
    sessions, watch, board = (
        async_sessionmaker(engine, expire_on_commit=False),
        _Watch(),
        PriceBoard(),
    )
    async with sessions.begin() as session:
        user = await rows.add_user(session, 1)
    books = FreshBooks(board, Shelf(Time()), time.monotonic, lambda: datetime.now(UTC))
    desk = ClobService(
        sessions,
        PaperExchange(books),
        books,
        WebSocketManager(),
        account=Account.WEATHER_PAPER,
        guards=_guards(sessions, board),
        reached=watch.reached,
    )
    ground = _Ground(sessions, board, books, Account.WEATHER_PAPER, desk, user, watch)
    events = await _events(sessions, EVENTS + ORDERS)
    names = list(events)
    house = _house(
        ground,
        {name: events[name] for name in names[:EVENTS]},
        {name: events[name] for name in names[EVENTS:]},
    )
    found = await _measured(house)
    await close_engine(engine)
    return found


async def _live(url: str) -> _Found:
    """At the sandbox's exchange, in this process: what it costs is in the figures."""
    url = await another(url, "bench_weather")
    watch = _Watch()
    with tempfile.TemporaryDirectory(prefix="polycool-bench-keys-", dir="/tmp") as folder:
        async with live_house(url, Path(folder) / "keys", watch.reached, **NO_LIMITS) as live:
            user = await live.person(1)
            books = FreshBooks(live.board, live.prices, time.monotonic, lambda: datetime.now(UTC))
            ground = _Ground(
                live.sessions, live.board, books, Account.LIVE, live.live.clob, user, watch
            )
            busy = await _events(live.sessions, EVENTS, first=FAR)
            house = _house(ground, busy, await _listed(live))
            return await _measured(house)


async def _listed(live: LiveHouse) -> dict[EventId, list[Market]]:
    """Markets that the sandbox knows, in events of as many buckets; no others would be taken."""
    told = list(live.sandbox.catalogue.by_token.values())
    ids = sorted({int(market.id) for market, _ in told if market.id != live.market.id})
    venue = GammaCatalogue(VenueHttp(live.control, str(live.control.base_url)))
    markets = list[Market]()
    for start in range(0, len(ids), AT_ONCE):
        part = [MarketId(str(one)) for one in ids[start : start + AT_ONCE]]
        markets += await venue.states(part)
    found = [markets[n : n + BUCKETS] for n in range(0, len(markets) - BUCKETS + 1, BUCKETS)]
    async with live.sessions.begin() as session:
        await catalogue.upsert(session, [one for each in found for one in each], datetime.now(UTC))
    return {EventId(f"L{number}"): each for number, each in enumerate(found)}


async def _measured(house: _House) -> _Found:
    async with _running(house), _fitting() as fits:
        pairs = [(one.tokens[0], one.tokens[1]) for each in house.busy.values() for one in each]
        plan = feeds.Plan(pairs[:-1], RATE, pairs[-1], 5.0)
        with feeds.believable(plan) as url:
            async with connected(url, MarketUpdater(house.board), pairs):
                await asyncio.sleep(WARM_UP)
                gc.collect()
                gc.freeze()  # as the program does once it is up
                house.strategy.edges.to_edge.clear()
                await asyncio.sleep(WINDOW)
                to_edge = [1000 * seconds for seconds in house.strategy.edges.to_edge]
                rounds = -(-ORDERS // len(house.ordered))
                orders = [
                    await _order(house, event, place)
                    for place in range(rounds)
                    for event in house.ordered
                ]
        gc.unfreeze()
        return _Found(to_edge, [one for one, _ in orders], [one for _, one in orders], list(fits))


async def _order(house: _House, event: EventId, place: int) -> tuple[float, float]:
    """Milliseconds from the tick that makes that bucket cheap, and of them without a core."""
    markets = house.ordered[event]
    for other, market in enumerate(markets):
        bid, ask = ("0.19", "0.21") if other == place else ("0.08", "0.10")
        _publish(house.board, market.tokens[0], bid, ask)
    await _believed(house, event, place)
    house.watch.has_left.clear()
    began, waits = time.monotonic(), waited()
    _publish(house.board, markets[place].tokens[0], "0.04", "0.06")
    async with asyncio.timeout(PATIENCE):
        await house.watch.has_left.wait()
    return 1000 * (house.watch.left - began), 1000 * (waited() - waits)


async def _believed(house: _House, event: EventId, place: int) -> None:
    """The model takes that bucket for the likeliest, which is another forecast."""
    beliefs, chances = house.strategy.beliefs, _chances(place, 0.2, 0.08)
    house.opinions.said[event] = Opinion(chances, (0.01,) * BUCKETS, 1.0, datetime.now(UTC))
    house.opinions.tell(house.strategy.candidates.known[event].event.station.id)
    async with asyncio.timeout(PATIENCE):
        while (known := beliefs.of(event)) is None or known.opinion.chances != chances:  # noqa: ASYNC110 - it comes with turns of this loop
            await asyncio.sleep(0.005)


def _chances(place: int, likely: float, others: float) -> tuple[float, ...]:
    return tuple(likely if each == place else others for each in range(BUCKETS))


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


def _house(
    ground: _Ground,
    busy: Mapping[EventId, Sequence[Market]],
    ordered: Mapping[EventId, Sequence[Market]],
) -> _House:
    opinions, now = SaidByHand(), datetime.now(UTC)
    far = _chances(0, 0.9, 0.01)  # from the feed's prices: so that it only looks
    for event in busy:
        opinions.said[event] = Opinion(far, (0.01,) * BUCKETS, 1.0, now)
    world = World(
        ground.sessions,
        ground.board,
        ground.books,
        WebSocketManager(),
        {ground.account: ground.desk},
        Audit(),
    )
    operating = Operating(
        Rules(LIMITS, timedelta(hours=6), Decimal(5)),
        known_stations(),
        Intervals(600, 60),
        Usdc(Decimal(1_000_000)),
        timedelta(days=1),
    )

    async def always(user: UserId) -> bool:  # noqa: ARG001 - the port's
        return True

    strategy = Strategy(world, operating, opinions, lambda: True, always)
    strategy.candidates.known = _candidates({**busy, **ordered})
    mode = Mode.LIVE if ground.account is Account.LIVE else Mode.DRY
    strategy.candidates.chosen = {ground.user: Choices(mode, days_ahead=7)}
    strategy.beliefs.follow({id_: one.event for id_, one in strategy.candidates.known.items()})
    return _House(ground.board, strategy, opinions, ground.watch, busy, ordered)


def _guards(sessions: Sessions, board: PriceBoard) -> Guards:
    outside = Outside()
    conditions = Conditions(board, outside, lambda _: True, outside.is_clear, lambda: 50.0)
    return Guards(RULES, conditions, Breakers(sessions, RULES, outside, outside))


async def _events(sessions: Sessions, count: int, first: int = 1) -> dict[EventId, list[Market]]:
    """Markets with numbers from `first` on."""
    found = dict[EventId, list[Market]]()
    for number in range(count):
        begins = first + number * BUCKETS
        found[EventId(str(number))] = [rows.market(begins + place) for place in range(BUCKETS)]
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
                station=replace(read.station, id=StationId(f"X{event}")),
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
