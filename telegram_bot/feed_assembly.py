"""Builds the feed: stream, subscriptions, writer and poller around one board."""

import time
from collections.abc import Collection, Sequence

from core.domain.market import Market
from core.domain.units import MarketId, UserId
from core.ports import PriceSource
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage import markets as stored_markets
from core.storage import positions as stored_positions
from core.storage.models import Sessions
from data_ingestion.poller.price_poller import PollIntervals, PricePoller
from data_ingestion.streamer.auditor import Auditor
from data_ingestion.streamer.canaries import BusiestMarkets, Canaries
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.price_writer import Pace, PriceWriter
from data_ingestion.streamer.quiet import Quiet
from data_ingestion.streamer.stalling import uptime
from data_ingestion.streamer.streamer_service import FeedTelemetry, StreamerService
from data_ingestion.streamer.subscription_manager import (
    HeldMarkets,
    LoadMarkets,
    SubscriptionManager,
)
from data_ingestion.streamer.websocket_client.websocket_client import (
    Layout,
    ReconnectPolicy,
    WebSocketClient,
)
from infrastructure.config.settings import Settings


def build_streamer(
    settings: Settings,
    socket_url: str,
    sessions: Sessions,
    board: PriceBoard,
    manager: WebSocketManager,
    prices: PriceSource,
    telemetry: FeedTelemetry,
) -> StreamerService:
    """The parts, connected, on the board's clock.

    Whoever is to hear of their news adds himself by their `on_…`.
    """
    updater = _updater(settings, board, telemetry)
    client = _client(settings, socket_url, updater, board)
    updater.on_renewal(client.renew)
    pace = Pace(settings.price_debounce_seconds, 1 / settings.max_position_updates_per_second)
    writer = PriceWriter(board, sessions, pace, telemetry, clock=board.clock)
    subscriptions = SubscriptionManager(
        manager,
        client,
        updater,
        load_markets=_loader(sessions),
        held_markets=_holdings(sessions),
        on_market=(writer.follow, updater.describe, client.describe),
        limit=settings.ws_max_subscriptions,
    )
    subscriptions.on_forgotten(writer.forget, updater.forget, client.forget)
    return StreamerService(
        client=client,
        updater=updater,
        subscriptions=subscriptions,
        canaries=_canaries(client, updater, subscriptions, sessions),
        writer=writer,
        poller=_poller(settings, prices, board, updater, subscriptions, client),
        auditor=_auditor(prices, board, updater, subscriptions, client),
        board=board,
        use_websocket=_uses_websocket(settings),
        clock=board.clock,
    )


def _uses_websocket(settings: Settings) -> bool:
    return settings.streamer_enabled and settings.use_websocket


def _updater(settings: Settings, board: PriceBoard, telemetry: FeedTelemetry) -> MarketUpdater:
    return MarketUpdater(
        board,
        observe_lag=telemetry.lagged,
        verifies=settings.ws_verify_hash,
        copies=settings.ws_redundancy,
        clock=board.clock,
    )


def _client(
    settings: Settings, url: str, updater: MarketUpdater, board: PriceBoard
) -> WebSocketClient:
    return WebSocketClient(
        url,
        updater,
        ping_interval=settings.ws_ping_interval,
        policy=ReconnectPolicy(settings.ws_auto_reconnect, settings.ws_max_reconnect_attempts),
        layout=Layout(
            tokens=settings.ws_tokens_per_connection,
            copies=settings.ws_redundancy,
            canaries=settings.ws_canaries,
            most=settings.ws_max_subscriptions,
        ),
        clock=board.clock,
    )


def _canaries(
    client: WebSocketClient,
    updater: MarketUpdater,
    subscriptions: SubscriptionManager,
    sessions: Sessions,
) -> Canaries:
    return Canaries(
        client,
        updater,
        _busiest(sessions),
        followed=lambda: subscriptions.followed,
    )


def _poller(
    settings: Settings,
    prices: PriceSource,
    board: PriceBoard,
    updater: MarketUpdater,
    subscriptions: SubscriptionManager,
    client: WebSocketClient,
) -> PricePoller:
    use_websocket = _uses_websocket(settings)
    return PricePoller(
        prices,
        board,
        updater,
        wanted=lambda: subscriptions.followed | subscriptions.left_out,
        is_streaming=lambda: use_websocket and client.connected.is_set(),
        intervals=PollIntervals(
            settings.poll_interval_seconds, settings.poll_interval_streaming_seconds
        ),
        clock=board.clock,
    )


def _auditor(
    prices: PriceSource,
    board: PriceBoard,
    updater: MarketUpdater,
    subscriptions: SubscriptionManager,
    client: WebSocketClient,
) -> Auditor:
    quiet = Quiet(board, client, lambda: subscriptions.followed, board.clock)
    # The usual clock stands still while the machine sleeps; any other one is believed.
    wakefulness = uptime if board.clock is time.monotonic else board.clock
    return Auditor(prices, updater, quiet, wakefulness=wakefulness)


def _loader(sessions: Sessions) -> LoadMarkets:
    async def load(ids: Collection[MarketId]) -> Sequence[Market]:
        async with sessions() as session:
            return list((await stored_markets.by_ids(session, list(ids))).values())

    return load


def _holdings(sessions: Sessions) -> HeldMarkets:
    async def held() -> list[tuple[UserId, MarketId]]:
        async with sessions() as session:
            return await stored_positions.held_markets(session)

    return held


def _busiest(sessions: Sessions) -> BusiestMarkets:
    async def busiest(limit: int) -> Sequence[Market]:
        async with sessions() as session:
            return await stored_markets.busiest_alone(session, limit)

    return busiest
