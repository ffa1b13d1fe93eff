"""Builds every part once and hands it what it needs; the only place that knows all classes."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypedDict

from core.domain.account import Account
from core.domain.units import UserId, usdc
from core.services.audit import AuditAge
from core.services.clob.clob_service import ClobService
from core.services.clob.order_history import OrderHistory
from core.services.custody.accounts import Accounts
from core.services.custody.second_factor import SecondFactor
from core.services.custody.wallets import Wallets
from core.services.custody.withdrawals import Withdrawals
from core.services.fresh_books import FreshBooks
from core.services.inbox import Inbox
from core.services.market_service import MarketService
from core.services.milestones import Reached, unwatched
from core.services.outbox import Outbox
from core.services.overview import Overlook
from core.services.position.position_service import PositionService
from core.services.position.resolution_service import ResolutionService
from core.services.price_board import PriceBoard
from core.services.reconciliation.standing import AccountStandings
from core.services.risk.kill_switch import KillSwitch
from core.services.triggers.firing import TriggerFirer
from core.services.triggers.trigger_engine import TriggerEngine
from core.services.triggers.triggers import Triggers, TriggerWitness
from core.services.user_service import UserService
from core.services.watchlist import Watchlist
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from data_ingestion.discovery.resolution_watcher import ResolutionWatcher
from infrastructure.config.settings import Settings
from infrastructure.paper.paper_exchange import PaperExchange
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp, open_client
from infrastructure.polymarket.trading.transport import open_trading_client
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.bot import BotSettings, TelegramBot
from telegram_bot.chat_figures import ChatFigures
from telegram_bot.context import Services, WalletMoney
from telegram_bot.feed_assembly import build_streamer
from telegram_bot.figures import Scrape, all_figures
from telegram_bot.left_out import LeftOutNotice
from telegram_bot.live_assembly import Hearts, Live, Shared, build_live
from telegram_bot.live_reporting import TradingHealth
from telegram_bot.notices import NoticeSender
from telegram_bot.pacing import pace_of
from telegram_bot.picture_assembly import build_pictures, build_worker
from telegram_bot.reporting import DatabaseProbe, FeedFigures, Health
from telegram_bot.risk_assembly import Risk, build_risk
from telegram_bot.screens.status import PartState
from telegram_bot.startup import Database, Place
from telegram_bot.supervisor import Run

logger = logging.getLogger(__name__)


class _LiveServices(TypedDict, total=False):
    """Fields of `Services` that only live trading has."""

    accounts: Accounts
    wallets: Wallets
    withdrawals: Withdrawals
    second_factor: SecondFactor
    drift: AccountStandings
    take_over: Callable[[UserId], Awaitable[int]]
    money: WalletMoney


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
        client = await clients.enter_async_context(open_client(settings.http_timeout_seconds))
        sessions, board = database.sessions, PriceBoard()
        clob = VenueHttp(client, place.clob_url)
        prices, worker = ClobPrices(clob), build_worker()
        catalogue = GammaCatalogue(VenueHttp(client, place.gamma_url))
        books = FreshBooks(board, prices, time.monotonic, lambda: datetime.now(UTC))
        outbox, hearts = Outbox(sessions, reached=reached), Hearts()
        triggers = Triggers(sessions, board)
        watcher = TriggerWitness(triggers, board)
        shared = Shared(
            settings, place, sessions, books, manager, outbox, catalogue, reached, watcher
        )
        risk = build_risk(settings, sessions, board, outbox, database.epoch, hearts.are_healthy)
        paper = _paper(shared, risk)
        live = None
        if not settings.dry_run_mode:
            deeds = await clients.enter_async_context(
                open_trading_client(settings.http_timeout_seconds)
            )
            live = build_live(shared, deeds, risk, hearts)
        desks = {Account.PAPER: paper} | ({} if live is None else {Account.LIVE: live.clob})
        engine = _triggers(shared, board, triggers, desks)
        positions = {
            account: PositionService(sessions, board, manager, desk, account=account)
            for account, desk in desks.items()
        }
        users = UserService(
            sessions, starting_cash=usdc(settings.paper_starting_cash), allowed=place.allowed
        )
        resolution = ResolutionWatcher(
            catalogue,
            ResolutionService(sessions, manager, outbox, reached=reached),
            interval=settings.resolution_interval_seconds,
        )
        streamer = build_streamer(
            settings, place.socket_url, sessions, board, manager, prices, FeedFigures(metrics)
        )
        streamer.updater.on_resolution(resolution.wake)
        discovery = MarketDiscovery(
            catalogue, sessions, interval=settings.discovery_interval_seconds
        )
        overlook = Overlook(sessions)
        trading = TradingHealth(
            metrics, lambda: overlook.newest, None if live is None else live.reported
        )
        details = {"venue": place.venue}
        health = Health(streamer, probe, lambda: bot.is_up, details, trading.parts)
        desk = live.clob if live else paper
        switch = KillSwitch(sessions, desk, risk.audit, reached=reached)
        services = Services(
            users=users,
            markets=MarketService(sessions, catalogue, board, positions[Account.PAPER], books),
            positions=positions,
            desks=desks,
            history=OrderHistory(sessions),
            parts=lambda: _part_states(health),
            newest_price=board.newest_age,
            watchlist=Watchlist(sessions),
            kill_switch=switch,
            breakers=risk.breakers,
            own_limits=risk.own_limits,
            triggers=triggers,
            pictures=build_pictures(worker, clob, sessions, books),
            **_live_services(live, sessions),
        )
        inbox = Inbox(
            sessions, kept_for=timedelta(days=settings.updates_kept_days), reached=reached
        )
        bot = TelegramBot(_bot_settings(settings, place), services, board, manager, inbox=inbox)
        clients.push_async_callback(bot.close)
        notices = NoticeSender(outbox, bot.messenger, bot.clock)
        left_out = LeftOutNotice(
            users.owner, bot.messenger, bot.clock, settings.ws_max_subscriptions
        )
        streamer.subscriptions.on_left_out(left_out.tell)
        yield Assembly(
            bot=bot,
            begin=partial(_begin, paper, live, risk, switch),
            users=users,
            discovery=discovery,
            health=health,
            figures=all_figures(
                metrics,
                streamer,
                resolution.statistics,
                outbox.statistics,
                trading,
                ChatFigures(metrics, bot.messenger.lanes, bot.live),
            ),
            runs={
                "discovery": discovery.run,
                "resolution": resolution.run,
                "streamer": streamer.run,
                "telegram": bot.run,
                "live-messages": bot.live.run,
                "notices": notices.run,
                "left-out-notice": left_out.run,
                "overview": overlook.run,
                "triggers": engine.run,
                "kill-switch": switch.run,
                "sums": risk.repair.run,
                "worker": worker.run,
                "audit-age": AuditAge(sessions, timedelta(days=settings.audit_kept_days)).run,
                **({} if live is None else live.runs),
            },
        )


def _triggers(
    shared: Shared, board: PriceBoard, triggers: Triggers, desks: Mapping[Account, ClobService]
) -> TriggerEngine:
    slippage = shared.settings.max_slippage_percent
    firer = TriggerFirer(shared.sessions, desks, shared.outbox, slippage_percent=slippage)
    return TriggerEngine(
        shared.sessions,
        board,
        shared.books,
        triggers,
        firer,
        hold=shared.settings.trigger_hold_seconds,
    )


def _paper(shared: Shared, risk: Risk) -> ClobService:
    return ClobService(
        shared.sessions,
        PaperExchange(shared.books),
        shared.books,
        shared.manager,
        slippage_percent=shared.settings.max_slippage_percent,
        quote_ttl=shared.settings.quote_ttl_seconds,
        guards=risk.guards,
        witness=shared.triggers,
        reached=shared.reached,
    )


def _live_services(live: Live | None, sessions: Sessions) -> _LiveServices:
    """What the chat offers beyond paper money; nothing in a dry run."""
    if live is None:
        return {}
    return {
        "accounts": live.accounts,
        "wallets": live.custody.wallets,
        "withdrawals": live.withdrawals,
        "second_factor": live.custody.factor,
        "drift": AccountStandings(sessions),
        "take_over": live.reconciler.accept,
        "money": live.money,
    }


async def _begin(paper: ClobService, live: Live | None, risk: Risk, switch: KillSwitch) -> None:
    """Before the first command: what the last run left is brought in order.

    Raises: KeyFileRefused.
    """
    await paper.reconcile()
    if live is not None:
        await live.begin()
    await risk.repair.recompute()
    left = (await switch.sweep()).left
    if left:
        logger.warning("%d orders that a stop wants gone are still open", len(left))


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
        pace=pace_of(
            settings.telegram_messages_per_minute, live_gap=settings.live_edit_interval_seconds
        ),
        pause_after=settings.live_pause_seconds,
    )
