"""The weather strategy: from a price frame to a known edge, and to an order at the exchange.

Meanwhile a thousand messages a second come and the worker process fits.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.account import Account
from core.domain.market import Market, Source
from core.domain.price import PriceState, Quote
from core.domain.units import EventId, MarketId, Price, TokenId
from core.domain.weather.belief import Opinion
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.price_board import PriceBoard
from core.services.risk.breakers import Breakers
from core.services.risk.guards import Guards
from core.services.risk.outside import Conditions
from core.services.websocket_manager import WebSocketManager
from core.storage import catalogue
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client.layout import Layout
from infrastructure.database.engine import close_engine, create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.database.walls import everyday_role
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp
from tests.benchmarks import feeds
from tests.benchmarks.cores import waited
from tests.benchmarks.orders import another
from tests.benchmarks.ours import connected
from tests.benchmarks.report import Figure, percentile
from tests.benchmarks.weather_fits import STATIONS, fitting
from tests.benchmarks.weather_room import (
    BUCKETS,
    Ground,
    House,
    Watch,
    add_events,
    chances_of,
    house_of,
)
from tests.support import rows
from tests.support.guarding import RULES, Outside
from tests.support.live_house import NO_LIMITS, LiveHouse, live_house
from tests.support.trading import Shelf, Time, book_of

EVENTS: Final = 60
RATE: Final = 1000.0  # messages a second
WARM_UP: Final = 2.0  # seconds
WINDOW: Final = 6.0  # seconds
ONE: Final = Layout(tokens=10_000, most=10_000)  # connection: the rate is what it brings
FAR: Final = 5_000_000  # number of the first market that the sandbox does not have
AT_ONCE: Final = 100  # markets a question
ORDERS: Final = 60  # further events, in each of which one order is placed
PATIENCE: Final = 30.0  # seconds


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
        Watch(),
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
    ground = Ground(sessions, board, books, Account.WEATHER_PAPER, desk, user, watch)
    events = await add_events(sessions, EVENTS + ORDERS)
    names = list(events)
    house = house_of(
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
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="polycool-bench-keys-", dir="/tmp") as folder:
        async with live_house(url, Path(folder) / "keys", watch.reached, **NO_LIMITS) as live:
            user = await live.person(1)
            books = FreshBooks(live.board, live.prices, time.monotonic, lambda: datetime.now(UTC))
            ground = Ground(
                live.sessions, live.board, books, Account.LIVE, live.live.clob, user, watch
            )
            busy = await add_events(live.sessions, EVENTS, first=FAR)
            house = house_of(ground, busy, await _listed(live))

            async def settle() -> None:  # nobody listens to the venue here: what became of it
                assert await live.live.reconciler.reconcile(user)

            house.settle = settle
            return await _measured(house)


async def _listed(live: LiveHouse) -> dict[EventId, list[Market]]:
    """Markets that the sandbox knows, in events of as many buckets; no others would be taken."""
    told = [one for one, _ in live.sandbox.catalogue.by_token.values()]
    ids = sorted({int(market.id) for market in told if "temperature" in market.slug})
    venue = GammaCatalogue(VenueHttp(live.control, str(live.control.base_url)))
    markets = list[Market]()
    for start in range(0, len(ids), AT_ONCE):
        part = [MarketId(str(one)) for one in ids[start : start + AT_ONCE]]
        markets += await venue.states(part)
    found = [markets[n : n + BUCKETS] for n in range(0, len(markets) - BUCKETS + 1, BUCKETS)]
    async with live.sessions.begin() as session:
        await catalogue.upsert(session, [one for each in found for one in each], datetime.now(UTC))
    return {EventId(f"L{number}"): each for number, each in enumerate(found)}


async def _measured(house: House) -> _Found:
    async with _running(house), fitting() as fits:
        pairs = [(one.tokens[0], one.tokens[1]) for each in house.busy.values() for one in each]
        plan = feeds.Plan(pairs[:-1], RATE, pairs[-1], 5.0)
        with feeds.believable(plan) as url:
            async with connected(url, MarketUpdater(house.board), pairs, ONE):
                await _all_live(house)
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


async def _all_live(house: House) -> None:
    """All first books came in one frame, which takes a while."""
    tokens = [one.tokens[0] for each in house.busy.values() for one in each]
    async with asyncio.timeout(PATIENCE):
        while not all(house.board.is_live(token) for token in tokens):  # noqa: ASYNC110 - a bench
            await asyncio.sleep(0.05)


async def _order(house: House, event: EventId, place: int) -> tuple[float, float]:
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
    took, wait = 1000 * (house.watch.left - began), 1000 * (waited() - waits)
    async with asyncio.timeout(PATIENCE):
        while any(own.is_busy for own in house.strategy.edges.watched[event].own.values()):  # noqa: ASYNC110 - a bench
            await asyncio.sleep(0.005)
        await house.settle()
    return took, wait


async def _believed(house: House, event: EventId, place: int) -> None:
    """The model takes that bucket for the likeliest, which is another forecast."""
    beliefs, chances = house.strategy.beliefs, chances_of(place, 0.2, 0.08)
    house.opinions.said[event] = Opinion(chances, (0.01,) * BUCKETS, 1.0, datetime.now(UTC))
    house.opinions.tell(house.strategy.candidates.known[event].event.station.id)
    async with asyncio.timeout(PATIENCE):
        while (known := beliefs.of(event)) is None or known.opinion.chances != chances:  # noqa: ASYNC110 - it comes with turns of this loop
            await asyncio.sleep(0.005)


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


def _guards(sessions: Sessions, board: PriceBoard) -> Guards:
    outside = Outside()
    conditions = Conditions(board, outside, lambda _: True, outside.is_clear, lambda: 50.0)
    return Guards(RULES, conditions, Breakers(sessions, RULES, outside, outside))


@asynccontextmanager
async def _running(house: House) -> AsyncIterator[None]:
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
