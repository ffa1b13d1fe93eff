"""From a wish to the frame that asks for it, over the real manager, client, socket and database."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.market import Market
from core.domain.units import MarketId, UserId
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage import markets as stored_markets
from core.storage import positions as stored_positions
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.subscription_manager import SubscriptionManager
from data_ingestion.streamer.websocket_client.websocket_client import WebSocketClient
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from tests.benchmarks.cores import waited
from tests.benchmarks.report import Figure, percentile
from tests.support.rows import add_markets, market
from tests.support.venue_socket import VenueSocket, venue_socket

MARKETS: Final = 100
CONNECTS_APART: Final = 1.0  # seconds; of two in a burst the second has to wait
USER: Final = UserId(1)

Wish: TypeAlias = Callable[[UserId, MarketId], Awaitable[None]]


async def wishes(url: str) -> list[Figure]:
    """One market after the other comes and goes, beside one that stays."""
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    markets = [market(number) for number in range(1, MARKETS + 2)]
    async with sessions.begin() as session:
        await add_markets(session, markets)
    manager = WebSocketManager()
    async with venue_socket() as venue, _subscriptions(manager, venue.url, sessions):
        stays, *others = markets
        await _until_asked(venue, stays, manager.subscribe_market_for_user)
        coming = [
            await _until_asked(venue, one, manager.subscribe_market_for_user) for one in others
        ]
        going = [
            await _until_gone(venue, one, manager.unsubscribe_market_for_user) for one in others
        ]
        opening = await _until_asked_anew(venue, stays, manager)
    await engine.dispose()
    how = f"the slowest of {MARKETS}, wish to frame at the server"
    took = [all_in_all for all_in_all, _ in coming]
    ours = max(all_in_all - waits for all_in_all, waits in coming)
    return [
        Figure("wish_to_subscribe_anew", opening, "ms", "no connection is open before", "< 100"),
        Figure("wish_to_subscribe_p50", percentile(took, 50), "ms", how),
        Figure("wish_to_subscribe_max", ours, "ms", f"{how}, less waits for a core", "< 100"),
        Figure("wish_to_subscribe_max_and_waits", max(took), "ms", how),
        Figure("last_reason_gone_to_unsubscribe_max", max(going), "ms", how, "< 1000"),
    ]


async def _until_asked(venue: VenueSocket, one: Market, wish: Wish) -> tuple[float, float]:
    """Milliseconds, and those in which we had something to do and no core to do it on."""
    began, waits = time.monotonic(), waited()
    await wish(USER, one.id)
    await venue.until(lambda: set(one.tokens) <= venue.subscribed())
    return 1000 * (time.monotonic() - began), 1000 * (waited() - waits)


async def _until_asked_anew(venue: VenueSocket, one: Market, manager: WebSocketManager) -> float:
    """With nothing wanted the connection is closed; the next wish opens another."""
    await manager.unsubscribe_market_for_user(USER, one.id)
    await venue.until(lambda: not venue.connections)
    await asyncio.sleep(CONNECTS_APART)
    opened, began = venue.opened, time.monotonic()
    await manager.subscribe_market_for_user(USER, one.id)
    await venue.until(lambda: venue.opened > opened and set(one.tokens) <= venue.subscribed())
    return 1000 * (time.monotonic() - began)


async def _until_gone(venue: VenueSocket, one: Market, wish: Wish) -> float:
    began = time.monotonic()
    await wish(USER, one.id)
    await venue.until(lambda: venue.subscribed().isdisjoint(one.tokens))
    return 1000 * (time.monotonic() - began)


@asynccontextmanager
async def _subscriptions(
    manager: WebSocketManager, url: str, sessions: Sessions
) -> AsyncIterator[None]:
    """The product's own chain from wishes to frames, running."""
    updater = MarketUpdater(PriceBoard())
    client = WebSocketClient(url, updater)

    async def load(ids: Collection[MarketId]) -> Sequence[Market]:
        async with sessions() as session:
            return list((await stored_markets.by_ids(session, list(ids))).values())

    async def held() -> list[tuple[UserId, MarketId]]:
        async with sessions() as session:
            return await stored_positions.held_markets(session)

    subscriptions = SubscriptionManager(
        manager,
        client,
        updater,
        load_markets=load,
        held_markets=held,
        on_market=(updater.describe,),
        limit=2 * MARKETS + 2,
    )
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(client.run()), tasks.create_task(subscriptions.run())]
        yield
        for task in running:
            task.cancel()
