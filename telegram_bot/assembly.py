"""Builds every part once and hands it what it needs; the only place that knows all classes."""

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from core.domain.market import Market
from core.domain.units import MarketId, UserId, usdc
from core.ports import PriceSource
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.market_service import MarketService
from core.services.outbox import Outbox
from core.services.position.position_service import PositionService
from core.services.position.resolution_service import ResolutionService
from core.services.price_board import PriceBoard
from core.services.user_service import UserService
from core.services.websocket_manager import WebSocketManager
from core.storage import markets as stored_markets
from core.storage import positions as stored_positions
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from data_ingestion.discovery.resolution_watcher import ResolutionWatcher
from data_ingestion.poller.price_poller import PollIntervals, PricePoller
from data_ingestion.streamer.auditor import Auditor
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.price_writer import Pace as WriterPace
from data_ingestion.streamer.market_updater.price_writer import PriceWriter
from data_ingestion.streamer.streamer_service import FeedTelemetry, StreamerService
from data_ingestion.streamer.subscription_manager import (
    HeldMarkets,
    LoadMarkets,
    SubscriptionManager,
)
from data_ingestion.streamer.websocket_client.websocket_client import (
    ReconnectPolicy,
    WebSocketClient,
)
from infrastructure.config.settings import Settings
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp, open_client
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.bot import BotSettings, TelegramBot
from telegram_bot.context import Services
from telegram_bot.notices import NoticeSender
from telegram_bot.pacing import Pace
from telegram_bot.reporting import DatabaseProbe, FeedFigures, Health, StreamFigures
from telegram_bot.screens.status import PartState
from telegram_bot.startup import Database, Place
from telegram_bot.supervisor import Run


@dataclass(frozen=True, slots=True)
class Assembly:
    """The parts that somebody else has to reach, and everything that has to run."""

    bot: TelegramBot
    orders: ClobService
    users: UserService
    discovery: MarketDiscovery
    health: Health
    figures: StreamFigures
    runs: dict[str, Run]


@asynccontextmanager
async def assemble(
    settings: Settings,
    place: Place,
    database: Database,
    manager: WebSocketManager,
    metrics: Metrics,
    probe: DatabaseProbe,
) -> AsyncIterator[Assembly]:
    """All parts, ready to run, with the HTTP client they share."""
    async with open_client(settings.http_timeout_seconds) as client:
        sessions, board = database.sessions, PriceBoard()
        prices = ClobPrices(VenueHttp(client, place.clob_url))
        catalogue = GammaCatalogue(VenueHttp(client, place.gamma_url))
        books = FreshBooks(board, prices, time.monotonic, lambda: datetime.now(UTC))
        orders = ClobService(
            sessions,
            PaperExchange(books),
            books,
            manager,
            slippage_percent=settings.max_slippage_percent,
            quote_ttl=settings.quote_ttl_seconds,
        )
        positions = PositionService(sessions, board, manager, orders)
        users = UserService(
            sessions, starting_cash=usdc(settings.paper_starting_cash), allowed=place.allowed
        )
        outbox = Outbox(sessions)
        resolution = ResolutionWatcher(
            catalogue,
            ResolutionService(sessions, manager, outbox),
            interval=settings.resolution_interval_seconds,
        )
        streamer = build_streamer(
            settings, place.socket_url, sessions, board, manager, prices, FeedFigures(metrics)
        )
        streamer.updater.on_resolution(resolution.wake)
        discovery = MarketDiscovery(
            catalogue, sessions, interval=settings.discovery_interval_seconds
        )
        health = Health(streamer, probe, lambda: bot.is_up, {"venue": place.venue})
        services = Services(
            users=users,
            markets=MarketService(sessions, catalogue, board, positions, books),
            positions=positions,
            orders=orders,
            parts=lambda: _part_states(health),
            newest_price=board.newest_age,
        )
        bot = TelegramBot(_bot_settings(settings, place), services, board, manager)
        notices = NoticeSender(outbox, bot.messenger, bot.clock)
        yield Assembly(
            bot=bot,
            orders=orders,
            users=users,
            discovery=discovery,
            health=health,
            figures=StreamFigures(metrics, streamer.statistics),
            runs={
                "discovery": discovery.run,
                "resolution": resolution.run,
                "streamer": streamer.run,
                "telegram": bot.run,
                "live-messages": bot.live.run,
                "notices": notices.run,
            },
        )


def build_streamer(
    settings: Settings,
    socket_url: str,
    sessions: Sessions,
    board: PriceBoard,
    manager: WebSocketManager,
    prices: PriceSource,
    telemetry: FeedTelemetry,
) -> StreamerService:
    """The feed: stream, subscriptions, writer and poller around one board."""
    use_websocket = settings.streamer_enabled and settings.use_websocket
    updater = MarketUpdater(
        board,
        observe_lag=telemetry.lagged,
        verifies=settings.ws_verify_hash,
    )
    client = WebSocketClient(
        socket_url,
        updater,
        ping_interval=settings.ws_ping_interval,
        policy=ReconnectPolicy(settings.ws_auto_reconnect, settings.ws_max_reconnect_attempts),
    )
    updater.on_renewal(client.renew)
    pace = WriterPace(settings.price_debounce_seconds, 1 / settings.max_position_updates_per_second)
    writer = PriceWriter(board, sessions, pace, telemetry)
    subscriptions = SubscriptionManager(
        manager,
        client,
        updater,
        load_markets=_loader(sessions),
        held_markets=_holdings(sessions),
        on_market=(writer.follow, updater.describe),
        limit=settings.ws_max_subscriptions,
    )
    poller = PricePoller(
        prices,
        board,
        updater,
        wanted=lambda: subscriptions.followed | subscriptions.left_out,
        is_streaming=lambda: use_websocket and client.connected.is_set(),
        intervals=PollIntervals(
            settings.poll_interval_seconds, settings.poll_interval_streaming_seconds
        ),
    )
    auditor = Auditor(
        prices,
        board,
        updater,
        followed=lambda: subscriptions.followed,
        recycle=client.recycle,
    )
    return StreamerService(
        client=client,
        updater=updater,
        subscriptions=subscriptions,
        writer=writer,
        poller=poller,
        auditor=auditor,
        board=board,
        use_websocket=use_websocket,
    )


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


def _part_states(health: Health) -> list[PartState]:
    parts = health.report().parts
    return [PartState(name.capitalize(), part.ok, part.state) for name, part in parts.items()]


def _bot_settings(settings: Settings, place: Place) -> BotSettings:
    secret = settings.telegram_webhook_secret
    return BotSettings(
        token=place.token,
        base_url=place.telegram_url,
        webhook_url=settings.telegram_webhook_url if place.page is None else None,
        webhook_secret=secret.get_secret_value() if secret else None,
        venue=place.venue,
        is_sandbox=place.is_sandbox,
        is_dry_run=settings.dry_run_mode,
        pace=Pace(live_gap=settings.live_edit_interval_seconds),
        pause_after=settings.live_pause_seconds,
    )
