"""The feed as the composition root builds it, on the stepped loop's clock."""

from collections.abc import Awaitable, Callable, Collection, Sequence

import httpx

from core.domain.market import Market
from core.domain.units import MarketId, UserId
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage import markets as stored_markets
from core.storage import positions as stored_positions
from core.storage.models import Sessions
from data_ingestion.poller.price_poller import PollIntervals, PricePoller
from data_ingestion.streamer.auditor import Auditor
from data_ingestion.streamer.canaries import Canaries
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.price_writer import Pace, PriceWriter
from data_ingestion.streamer.streamer_service import StreamerService
from data_ingestion.streamer.subscription_manager import SubscriptionManager
from data_ingestion.streamer.websocket_client.websocket_client import Layout, WebSocketClient
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.http import VenueHttp
from tests.support.figures import Figures
from tests.support.stepped_loop import stepped

LIMIT = 1000  # tokens, the setting's own default


def feed(
    url: str,
    client: httpx.AsyncClient,
    sessions: Sessions,
    board: PriceBoard,
    manager: WebSocketManager,
    wall: Callable[[], float],
    layout: Layout,
) -> StreamerService:
    """`wall`: seconds since 1970 that go with the loop's time."""
    clock = stepped().time
    prices = ClobPrices(VenueHttp(client, url))
    updater = MarketUpdater(board, clock=clock, wall=wall, copies=layout.copies)
    socket = WebSocketClient(
        url.replace("http", "ws") + "/ws/market", updater, layout=layout, clock=clock
    )
    updater.on_renewal(socket.renew)
    writer = PriceWriter(board, sessions, Pace(), Figures(), clock=clock)
    subscriptions = SubscriptionManager(
        manager,
        socket,
        updater,
        load_markets=_loader(sessions),
        held_markets=_holdings(sessions),
        on_market=(writer.follow, updater.describe, socket.describe),
        limit=LIMIT,
    )
    poller = PricePoller(
        prices,
        board,
        updater,
        wanted=lambda: subscriptions.followed,
        is_streaming=socket.connected.is_set,
        intervals=PollIntervals(),
        clock=clock,
    )
    return StreamerService(
        client=socket,
        updater=updater,
        subscriptions=subscriptions,
        canaries=Canaries(
            socket,
            updater,
            _busiest(sessions),
            each=layout.canaries,
            followed=lambda: subscriptions.followed,
        ),
        writer=writer,
        poller=poller,
        auditor=Auditor(
            prices,
            board,
            updater,
            socket,
            followed=lambda: subscriptions.followed,
            clock=clock,
        ),
        board=board,
        use_websocket=True,
        clock=clock,
    )


def _loader(sessions: Sessions) -> Callable[[Collection[MarketId]], Awaitable[Sequence[Market]]]:
    async def load(ids: Collection[MarketId]) -> Sequence[Market]:
        async with sessions() as session:
            return list((await stored_markets.by_ids(session, list(ids))).values())

    return load


def _holdings(sessions: Sessions) -> Callable[[], Awaitable[list[tuple[UserId, MarketId]]]]:
    async def held() -> list[tuple[UserId, MarketId]]:
        async with sessions() as session:
            return await stored_positions.held_markets(session)

    return held


def _busiest(sessions: Sessions) -> Callable[[int], Awaitable[Sequence[Market]]]:
    async def busiest(limit: int) -> Sequence[Market]:
        async with sessions() as session:
            return await stored_markets.busiest_alone(session, limit)

    return busiest
