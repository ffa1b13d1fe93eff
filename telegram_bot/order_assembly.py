"""Builds orders of real money: keys, the venue in the name of our users, the order service."""

from dataclasses import dataclass, field

import httpx

from core.domain.account import Account
from core.ports import MarketsByCondition
from core.services.clob.clob_service import ClobService
from core.services.clob.guarding import Unwatched, Witness, Witnesses
from core.services.clob.market_finding import KnownMarkets
from core.services.fresh_books import FreshBooks
from core.services.milestones import Reached
from core.services.outbox import Outbox
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from infrastructure.config.settings import Settings
from infrastructure.custody.account_keys import SealedAccountKeys
from infrastructure.custody.assembly import Custody, build_custody
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.buckets import Buckets
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.exchange import PolymarketExchange
from infrastructure.polymarket.trading.permission import TradingPermission
from infrastructure.polymarket.trading.reports import PolymarketReports
from infrastructure.polymarket.trading.transport import Transport
from telegram_bot.risk_assembly import Risk
from telegram_bot.startup import Place
from telegram_bot.telling import OrderWitness


@dataclass(frozen=True, slots=True)
class Shared:
    """What paper and live trading have in common."""

    settings: Settings
    place: Place
    sessions: Sessions
    books: FreshBooks
    manager: WebSocketManager
    outbox: Outbox
    markets: MarketsByCondition
    reached: Reached
    triggers: Witness = field(default_factory=Unwatched)  # arms what purchases are to get


@dataclass(frozen=True, slots=True)
class Venue:
    """The venue in the name of our users."""

    http: AccountHttp
    clock: VenueClock
    exchange: PolymarketExchange
    reports: PolymarketReports
    permission: TradingPermission


@dataclass(frozen=True, slots=True)
class Trade:
    """Orders of real money, and what they need."""

    custody: Custody
    keys: SealedAccountKeys
    venue: Venue
    known: KnownMarkets
    clob: ClobService


def build_trade(shared: Shared, client: httpx.AsyncClient, risk: Risk) -> Trade:
    """`client` is for deeds at the venue, and the caller's to close.

    Raises: KeyFileRefused.
    """
    clock, place = VenueClock(), shared.place
    custody = build_custody(
        shared.settings,
        shared.sessions,
        client,
        place.clob_url,
        clock=clock.unix,
        reached=shared.reached,
    )
    if custody.account_keys is None:
        raise ValueError("live trading is never built in a dry run")
    venue = _venue(place, client, clock, custody.account_keys)
    known = KnownMarkets(shared.sessions, shared.markets)
    clob = ClobService(
        shared.sessions,
        venue.exchange,
        shared.books,
        shared.manager,
        account=Account.LIVE,
        slippage_percent=shared.settings.max_slippage_percent,
        quote_ttl=shared.settings.quote_ttl_seconds,
        guards=risk.guards,
        witness=Witnesses(OrderWitness(shared.outbox), shared.triggers),
        known=known,
        reached=shared.reached,
    )
    return Trade(custody, custody.account_keys, venue, known, clob)


def _venue(
    place: Place, client: httpx.AsyncClient, clock: VenueClock, keys: SealedAccountKeys
) -> Venue:
    transport = Transport(client, place.clob_url, clock)
    http = AccountHttp(transport, keys=keys, clock=clock, buckets=Buckets())
    return Venue(
        http=http,
        clock=clock,
        exchange=PolymarketExchange(http),
        reports=PolymarketReports(http, VenueHttp(client, place.data_url)),
        permission=TradingPermission(http, VenueHttp(client, place.geoblock_url)),
    )
