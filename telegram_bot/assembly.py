"""Builds every part once and hands it what it needs; the only place that knows all classes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from core.domain.units import usdc
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.market_service import MarketService
from core.services.outbox import Outbox
from core.services.position.position_service import PositionService
from core.services.position.resolution_service import ResolutionService
from core.services.price_board import PriceBoard
from core.services.user_service import UserService
from core.services.websocket_manager import WebSocketManager
from data_ingestion.discovery.market_discovery import MarketDiscovery
from data_ingestion.discovery.resolution_watcher import ResolutionWatcher
from infrastructure.config.settings import Settings
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp, open_client
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.bot import BotSettings, TelegramBot
from telegram_bot.context import Services
from telegram_bot.feed_assembly import build_streamer
from telegram_bot.figures import Scrape, all_figures
from telegram_bot.left_out import LeftOutNotice
from telegram_bot.notices import NoticeSender
from telegram_bot.pacing import Pace
from telegram_bot.reporting import DatabaseProbe, FeedFigures, Health
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
    figures: Scrape
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
        left_out = LeftOutNotice(
            users.owner, bot.messenger, bot.clock, settings.ws_max_subscriptions
        )
        streamer.subscriptions.on_left_out(left_out.tell)
        yield Assembly(
            bot=bot,
            orders=orders,
            users=users,
            discovery=discovery,
            health=health,
            figures=all_figures(metrics, streamer, resolution.statistics, outbox.statistics),
            runs={
                "discovery": discovery.run,
                "resolution": resolution.run,
                "streamer": streamer.run,
                "telegram": bot.run,
                "live-messages": bot.live.run,
                "notices": notices.run,
                "left-out-notice": left_out.run,
            },
        )


def _part_states(health: Health) -> list[PartState]:
    parts = health.report().parts
    return [
        PartState(name.capitalize(), part.ok and not part.is_impaired, part.state)
        for name, part in parts.items()
    ]


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
