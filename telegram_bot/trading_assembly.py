"""Builds what everything stands on, and both kinds of trading on top of it."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from core.domain.account import Account
from core.services.alerts.alerts import Alerts
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.milestones import Reached
from core.services.outbox import Outbox
from core.services.position.position_service import PositionService
from core.services.price_board import PriceBoard
from core.services.risk.kill_switch import KillSwitch
from core.services.triggers.firing import TriggerFirer
from core.services.triggers.trigger_engine import TriggerEngine
from core.services.triggers.triggers import Triggers, TriggerWitness
from core.services.websocket_manager import WebSocketManager
from infrastructure.config.settings import Settings
from infrastructure.paper.paper_exchange import PaperExchange, no_way
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp
from infrastructure.worker.worker import Worker
from telegram_bot.live_assembly import Hearts, Live, build_live
from telegram_bot.order_assembly import Shared
from telegram_bot.picture_assembly import build_worker
from telegram_bot.risk_assembly import Risk, build_risk
from telegram_bot.startup import Database, Place

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all other parts are built on."""

    shared: Shared
    board: PriceBoard
    clob: VenueHttp
    data: VenueHttp
    catalogue: GammaCatalogue
    worker: Worker
    triggers: Triggers
    alerts: Alerts
    risk: Risk
    hearts: Hearts
    backup_url: str


@dataclass(frozen=True, slots=True)
class Trading:
    """Orders and positions by account; `live` is None in a dry run."""

    paper: ClobService
    live: Live | None
    strategy: ClobService | None  # of practice money, for the weather strategy where it runs
    desks: Mapping[Account, ClobService]
    engine: TriggerEngine
    positions: Mapping[Account, PositionService]
    switch: KillSwitch


def build_ground(
    settings: Settings,
    place: Place,
    database: Database,
    manager: WebSocketManager,
    client: httpx.AsyncClient,
    reached: Reached,
) -> Ground:
    """`client` is for questions, and the caller's to close."""
    sessions, board = database.sessions, PriceBoard()
    clob = VenueHttp(client, place.clob_url)
    catalogue = GammaCatalogue(VenueHttp(client, place.gamma_url))
    books = FreshBooks(board, ClobPrices(clob), time.monotonic, lambda: datetime.now(UTC))
    outbox, hearts = Outbox(sessions, reached=reached), Hearts()
    triggers = Triggers(sessions, board)
    witness = TriggerWitness(triggers, board, outbox)
    shared = Shared(settings, place, sessions, books, manager, outbox, catalogue, reached, witness)
    risk = build_risk(settings, sessions, board, outbox, database.epoch, hearts.are_healthy)
    alerts, data = Alerts(sessions, board), VenueHttp(client, place.data_url)
    worker = build_worker()
    return Ground(
        shared,
        board,
        clob,
        data,
        catalogue,
        worker,
        triggers,
        alerts,
        risk,
        hearts,
        database.backup_url,
    )


def build_paper(ground: Ground, account: Account = Account.PAPER) -> ClobService:
    """The strategy's orders take as long to the book as they would to the venue."""
    shared = ground.shared
    way = no_way if account is Account.PAPER else ground.clob.way
    return ClobService(
        shared.sessions,
        PaperExchange(shared.books, way=way),
        shared.books,
        shared.manager,
        account=account,
        slippage_percent=shared.settings.max_slippage_percent,
        quote_ttl=shared.settings.quote_ttl_seconds,
        guards=ground.risk.guards,
        witness=shared.triggers if account is Account.PAPER else None,
        reached=shared.reached,
    )


def build_trading(ground: Ground, paper: ClobService, deeds: httpx.AsyncClient | None) -> Trading:
    """`deeds` is for orders at the venue, and the caller's to close; None for a dry run.

    Raises: KeyFileRefused.
    """
    shared = ground.shared
    live = None if deeds is None else build_live(shared, deeds, ground.risk, ground.hearts)
    runs_strategy = shared.settings.weather_enabled
    strategy = build_paper(ground, Account.WEATHER_PAPER) if runs_strategy else None
    desks = {
        Account.PAPER: paper,
        **({} if live is None else {Account.LIVE: live.clob}),
        **({} if strategy is None else {Account.WEATHER_PAPER: strategy}),
    }
    engine = _engine(ground, desks)
    positions = {
        account: PositionService(
            shared.sessions, ground.board, shared.manager, desk, account=account
        )
        for account, desk in desks.items()
    }
    desk = live.clob if live else paper
    switch = KillSwitch(shared.sessions, desk, ground.risk.audit, reached=shared.reached)
    return Trading(paper, live, strategy, desks, engine, positions, switch)


async def begin(ground: Ground, trading: Trading) -> None:
    """Before the first command: what the last run left is brought in order.

    Raises: KeyFileRefused.
    """
    await trading.paper.reconcile()
    if trading.strategy is not None:
        await trading.strategy.reconcile()
    if trading.live is not None:
        await trading.live.begin()
    await ground.risk.repair.recompute()
    left = (await trading.switch.sweep()).left
    if left:
        logger.warning("%d orders that a stop wants gone are still open", len(left))


def _engine(ground: Ground, desks: Mapping[Account, ClobService]) -> TriggerEngine:
    shared = ground.shared
    slippage = shared.settings.max_slippage_percent
    firer = TriggerFirer(shared.sessions, desks, shared.outbox, slippage_percent=slippage)
    return TriggerEngine(
        shared.sessions,
        ground.board,
        shared.books,
        ground.triggers,
        firer,
        hold=shared.settings.trigger_hold_seconds,
    )
