"""Builds every part once and hands it what it needs; the only place that knows all classes."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import httpx

from core.services.audit import AuditAge
from core.services.milestones import Reached, unwatched
from core.services.overview import Overlook
from core.services.position.ledger_proof import LedgerProof
from core.services.position.resolution_service import ResolutionService
from core.services.user_service import UserService
from core.services.websocket_manager import WebSocketManager
from data_ingestion.discovery.market_discovery import MarketDiscovery
from data_ingestion.discovery.resolution_watcher import ResolutionWatcher
from data_ingestion.streamer.streamer_service import StreamerService
from infrastructure.config.settings import Settings
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.http import open_client
from infrastructure.polymarket.trading.transport import open_trading_client
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.alert_assembly import build_alert_runs
from telegram_bot.bot import TelegramBot
from telegram_bot.chat_assembly import Chat, build_chat, build_users
from telegram_bot.chat_figures import ChatFigures
from telegram_bot.feed_assembly import build_streamer
from telegram_bot.figures import Scrape, all_figures
from telegram_bot.languages.catalogue import install_catalogues
from telegram_bot.live_reporting import TradingHealth
from telegram_bot.reporting import DatabaseProbe, FeedFigures, Health
from telegram_bot.startup import Database, Place
from telegram_bot.supervisor import Run
from telegram_bot.trading_assembly import (
    Ground,
    Trading,
    begin,
    build_ground,
    build_paper,
    build_trading,
)

if TYPE_CHECKING:
    from telegram_bot.weather_assembly import Weather


@dataclass(frozen=True, slots=True)
class Assembly:
    """The parts that somebody else has to reach, and everything that has to run."""

    bot: TelegramBot
    begin: Callable[[], Awaitable[None]]
    users: UserService
    discovery: MarketDiscovery
    health: Health
    figures: Scrape
    runs: dict[str, Run]


@dataclass(frozen=True, slots=True)
class _Feed:
    """What comes from the venue without anybody's order."""

    resolution: ResolutionWatcher
    streamer: StreamerService
    discovery: MarketDiscovery


@dataclass(frozen=True, slots=True)
class _Parts:
    """All of them."""

    ground: Ground
    trading: Trading
    users: UserService
    feed: _Feed
    overlook: Overlook
    reported: TradingHealth
    health: Health
    chat: Chat
    weather: "Weather | None"


@asynccontextmanager
async def assemble(
    settings: Settings,
    place: Place,
    database: Database,
    manager: WebSocketManager,
    metrics: Metrics,
    probe: DatabaseProbe,
    reached: Reached = unwatched,
) -> AsyncIterator[Assembly]:
    """All parts, ready to run, with the HTTP clients they share.

    Raises: KeyFileRefused, CannotStart.
    """
    async with AsyncExitStack() as clients:
        clients.callback(install_catalogues())
        patience = settings.http_timeout_seconds
        client = await clients.enter_async_context(open_client(patience))
        ground = build_ground(settings, place, database, manager, client, reached)
        paper, deeds = build_paper(ground), None
        if not settings.dry_run_mode:
            deeds = await clients.enter_async_context(open_trading_client(patience))
        parts = _parts(ground, build_trading(ground, paper, deeds), client, metrics, probe)
        clients.push_async_callback(parts.chat.bot.close)
        yield _assembly(parts, metrics)


def _parts(
    ground: Ground,
    trading: Trading,
    client: httpx.AsyncClient,
    metrics: Metrics,
    probe: DatabaseProbe,
) -> _Parts:
    """Raises: CannotStart."""
    shared = ground.shared
    users = build_users(shared.settings, shared.place, shared.sessions)
    feed = _feed(ground, metrics)
    overlook = Overlook(shared.sessions)
    live = None if trading.live is None else trading.live.reported
    reported = TradingHealth(metrics, lambda: overlook.newest, live)
    details = {"venue": shared.place.venue}
    weather = _weather(ground, trading, client, feed)
    health = Health(
        feed.streamer,
        probe,
        lambda: chat.bot.is_up,
        details,
        lambda: reported.parts() | ({} if weather is None else weather.health.parts()),
    )
    chat = build_chat(ground, trading, users, health, None if weather is None else weather.overview)
    feed.streamer.subscriptions.on_left_out(chat.left_out.tell)
    return _Parts(ground, trading, users, feed, overlook, reported, health, chat, weather)


def _weather(
    ground: Ground, trading: Trading, client: httpx.AsyncClient, feed: _Feed
) -> "Weather | None":
    """Raises: SettingsError."""
    if not ground.shared.settings.weather_enabled:
        return None
    # Only here: whoever does without starts in less time and memory, the crash trials among them.
    from telegram_bot.weather_assembly import build_weather

    weather = build_weather(ground, trading, client, feed.streamer.is_healthy)
    feed.resolution.on_paid(weather.forecasts.settling.wake)
    return weather


def _feed(ground: Ground, metrics: Metrics) -> _Feed:
    shared = ground.shared
    settings, sessions = shared.settings, shared.sessions
    resolution = ResolutionWatcher(
        ground.catalogue,
        ResolutionService(sessions, shared.manager, shared.outbox, reached=shared.reached),
        interval=settings.resolution_interval_seconds,
    )
    streamer = build_streamer(
        settings,
        shared.place.socket_url,
        sessions,
        ground.board,
        shared.manager,
        ClobPrices(ground.clob.background()),
        FeedFigures(metrics),
    )
    streamer.updater.on_resolution(resolution.wake)
    discovery = MarketDiscovery(
        ground.catalogue, sessions, interval=settings.discovery_interval_seconds
    )
    return _Feed(resolution, streamer, discovery)


def _assembly(parts: _Parts, metrics: Metrics) -> Assembly:
    feed, bot = parts.feed, parts.chat.bot
    return Assembly(
        bot=bot,
        begin=partial(begin, parts.ground, parts.trading),
        users=parts.users,
        discovery=feed.discovery,
        health=parts.health,
        figures=all_figures(
            metrics,
            feed.streamer,
            feed.resolution.statistics,
            parts.ground.shared.outbox.statistics,
            parts.reported,
            ChatFigures(metrics, bot.messenger.lanes, bot.live, partial(_refused_taps, parts)),
            *(() if parts.weather is None else parts.weather.figures(metrics)),
        ),
        runs=_runs(parts),
    )


def _refused_taps(parts: _Parts) -> Counter[str]:
    """What was refused before the database was asked, and by it."""
    desks = (service.desk for service in parts.trading.desks.values())
    return sum((desk.refused_taps for desk in desks), parts.chat.bot.refused_taps())


def _runs(parts: _Parts) -> dict[str, Run]:
    """In the order in which they are started."""
    shared, feed, chat, live = parts.ground.shared, parts.feed, parts.chat, parts.trading.live
    kept_for = timedelta(days=shared.settings.audit_kept_days)
    return {
        "discovery": feed.discovery.run,
        "resolution": feed.resolution.run,
        "streamer": feed.streamer.run,
        "telegram": chat.bot.run,
        "live-messages": chat.bot.live.run,
        "notices": chat.notices.run,
        "left-out-notice": chat.left_out.run,
        "overview": parts.overlook.run,
        "days": chat.days.run,
        "wallet-watch": chat.wallets.run,
        "backups": chat.backups.run,
        "triggers": parts.trading.engine.run,
        "kill-switch": parts.trading.switch.run,
        "sums": parts.ground.risk.repair.run,
        "ledger-proof": LedgerProof(shared.sessions, parts.ground.risk.alarms).run,
        **build_alert_runs(shared, parts.ground.board, parts.ground.alerts),
        "worker": parts.ground.worker.run,
        "audit-age": AuditAge(shared.sessions, kept_for).run,
        **({} if live is None else live.runs),
        **({} if parts.weather is None else parts.weather.runs),
    }
