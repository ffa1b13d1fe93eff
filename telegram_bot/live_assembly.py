"""Builds live trading: keys, venue, reconciliation, user channels. Never built in a dry run."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import httpx

from core.domain.account import Account
from core.domain.errors import Unavailable
from core.domain.units import UserId, usdc
from core.services.clob.clob_service import ClobService
from core.services.clob.unresolved import Unresolved
from core.services.custody.accounts import Accounts
from core.services.custody.daily_limit import OwnDailyLimit
from core.services.custody.door_watch import DoorWatch
from core.services.custody.session_watch import SessionWatch
from core.services.custody.withdrawal_sender import WithdrawalSender
from core.services.custody.withdrawals import WithdrawalRules, Withdrawals
from core.services.reconciliation.reconciler import Reconciler
from core.services.reconciliation.reconciliation import Reconciliation
from core.services.reconciliation.sources import Sources
from core.services.redeeming import AutoRedeem
from core.services.risk.heartbeat import HeartbeatKeeper
from core.services.risk.host_watch import HostMeasures, HostRules, HostWatch
from core.services.websocket_manager import Reason
from core.storage import custody as stored_wallets
from core.storage import users as stored_users
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from data_ingestion.user_channel.line import Line
from data_ingestion.user_channel.user_channel import UserChannel
from data_ingestion.user_channel.user_channels import UserChannels
from infrastructure.config.settings import Settings
from infrastructure.custody.account_keys import SealedAccountKeys
from infrastructure.custody.addresses import typed_address
from infrastructure.custody.assembly import Custody
from infrastructure.custody.key_place import check_keys
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.heartbeat import Heartbeat
from infrastructure.polymarket.trading.transport import Transport
from infrastructure.polymarket.wallets.assembly import (
    Hosts,
    WalletOperations,
    build_wallet_operations,
)
from infrastructure.polymarket.wallets.relayer_auth import relayer_auth
from infrastructure.polymarket.wallets.relayer_http import RelayerHttp
from infrastructure.polymarket.wallets.wallet_money import VenueWalletMoney
from telegram_bot.live_reporting import LiveParts
from telegram_bot.order_assembly import Shared, Trade, Venue, build_trade
from telegram_bot.risk_assembly import Risk
from telegram_bot.supervisor import Run, supervise
from telegram_bot.telling import OutboxAlarms, OutboxTeller

logger = logging.getLogger(__name__)


class Hearts:
    """The heartbeats, known to the guards before there is a venue to send them to."""

    def __init__(self) -> None:
        self.keeper: HeartbeatKeeper | None = None

    def are_healthy(self, user: UserId) -> bool:
        return self.keeper is None or self.keeper.is_healthy(user)


@dataclass(frozen=True, slots=True)
class Live:
    """Live trading as the chat and the program need it."""

    clob: ClobService
    custody: Custody
    accounts: Accounts
    withdrawals: Withdrawals
    reconciler: Reconciler
    channels: UserChannels
    money: VenueWalletMoney
    venue: Venue
    reported: LiveParts
    begin: Callable[[], Awaitable[None]]
    runs: dict[str, Run]


@dataclass(frozen=True, slots=True)
class _Checks:
    """What looks after live accounts, at the start and later."""

    unresolved: Unresolved
    doors: DoorWatch
    reconciliation: Reconciliation


def build_live(shared: Shared, client: httpx.AsyncClient, risk: Risk, hearts: Hearts) -> Live:
    """`client` is for deeds at the venue, and the caller's to close. Opens nothing yet.

    Raises: KeyFileRefused.
    """
    trade = build_trade(shared, client, risk)
    venue, keys, clob = trade.venue, trade.keys, trade.clob
    unresolved, reconciler, reconciliation = _reconciling(shared, risk, trade)
    hearts.keeper = HeartbeatKeeper(
        shared.sessions, lambda user: Heartbeat(venue.http, user), OutboxAlarms(shared.outbox)
    )
    trade.custody.wallets.on_change(reconciliation.wake)
    channels = _channels(shared, keys, clob, reconciliation)
    trade.custody.wallets.on_change(channels.renew)
    teller = OutboxTeller(shared.outbox)
    doors = DoorWatch(shared.sessions, venue.permission, teller)
    checks = _Checks(unresolved, doors, reconciliation)
    operations = _wallet_operations(shared, risk, client, keys, venue)
    return Live(
        clob=clob,
        custody=trade.custody,
        accounts=_accounts(shared, risk, venue, reconciliation),
        withdrawals=_withdrawals(shared, trade.custody, teller),
        reconciler=reconciler,
        channels=channels,
        money=operations.money,
        venue=venue,
        reported=LiveParts(channels.channels.values, reconciliation.statistics, venue.clock),
        begin=partial(_begin, shared, trade.custody, venue, clob, checks),
        runs={
            "orders": unresolved.run,
            "reconciliation": reconciliation.run,
            "user-channels": channels.run,
            "heartbeats": hearts.keeper.run,
            **_watches(shared, risk, trade, doors, teller),
            **_money_runs(shared, risk, operations, teller),
        },
    )


def _reconciling(
    shared: Shared, risk: Risk, trade: Trade
) -> tuple[Unresolved, Reconciler, Reconciliation]:
    """What finds out about lost answers, and what compares accounts, once and regularly."""
    sessions, venue, news = shared.sessions, trade.venue, trade.clob.news
    unresolved = Unresolved(
        sessions, trade.clob.desk, venue.exchange, venue.reports, news, reached=shared.reached
    )
    sources = Sources(venue.reports, news, unresolved, trade.known)
    reconciler = Reconciler(sessions, sources, shared.outbox, reached=shared.reached)
    reconciliation = Reconciliation(
        reconciler,
        partial(_with_wallets, sessions),
        shared.settings.reconcile_interval_seconds,
        afterwards=partial(risk.repair.recompute_account, account=Account.LIVE),
    )
    return unresolved, reconciler, reconciliation


def _accounts(shared: Shared, risk: Risk, venue: Venue, reconciliation: Reconciliation) -> Accounts:
    return Accounts(
        shared.sessions,
        venue.permission,
        is_dry_run=False,
        limits=OwnDailyLimit(risk.own_limits),
        went_live=reconciliation.wake,
    )


def _withdrawals(shared: Shared, custody: Custody, teller: OutboxTeller) -> Withdrawals:
    rules = WithdrawalRules(usdc(shared.settings.withdraw_max_day_usdc), typed_address)
    return Withdrawals(shared.sessions, rules, custody.factor, teller)


def _watches(
    shared: Shared, risk: Risk, trade: Trade, doors: DoorWatch, teller: OutboxTeller
) -> dict[str, Run]:
    return {
        "session-keys": SessionWatch(shared.sessions, trade.custody.registry, teller).run,
        "venue-doors": doors.run,
        "host-watch": _host_watch(shared, risk, trade.venue).run,
    }


def _money_runs(
    shared: Shared, risk: Risk, operations: WalletOperations, teller: OutboxTeller
) -> dict[str, Run]:
    sessions = shared.sessions
    sender = WithdrawalSender(risk.clearance, operations.relayer, teller, reached=shared.reached)
    return {
        "wallet-actions": operations.following.run,
        "withdrawals": sender.run,
        **_redeeming(shared.settings, sessions, operations.money),
    }


def _wallet_operations(
    shared: Shared, risk: Risk, client: httpx.AsyncClient, keys: SealedAccountKeys, venue: Venue
) -> WalletOperations:
    """The relayer has a clock of its own: another host's must not move the one of the orders."""
    place, settings = shared.place, shared.settings
    relayer = RelayerHttp(
        Transport(client, place.relayer_url, VenueClock()),
        relayer_auth(settings, is_sandbox=place.is_sandbox),
        venue.clock,
    )
    hosts = Hosts(relayer, VenueHttp(client, place.data_url), venue.clock)
    return build_wallet_operations(
        risk.clearance, keys, venue.reports, hosts, reached=shared.reached
    )


def _redeeming(settings: Settings, sessions: Sessions, money: VenueWalletMoney) -> dict[str, Run]:
    return {"auto-redeem": AutoRedeem(sessions, money).run} if settings.auto_redeem else {}


def _channels(
    shared: Shared, keys: SealedAccountKeys, clob: ClobService, reconciliation: Reconciliation
) -> UserChannels:
    line = Line(shared.place.user_socket_url, shared.settings.ws_ping_interval)

    def make(user: UserId) -> UserChannel:
        auth, reconcile = partial(keys.user_channel_auth, user), partial(reconciliation.wake, user)
        return UserChannel(user, line, auth, clob.news, reconcile)

    has_owners_key = shared.settings.clob_api_key is not None
    listening = partial(_listening, shared.sessions, owner_too=has_owners_key)
    return UserChannels(make, listening, supervise)


def _host_watch(shared: Shared, risk: Risk, venue: Venue) -> HostWatch:
    rules = HostRules(float(shared.settings.min_free_disk_percent))
    measures = HostMeasures(risk.free_disk, venue.http.compare_clocks)
    return HostWatch(shared.sessions, risk.breakers, risk.alarms, rules, measures)


async def _begin(
    shared: Shared,
    custody: Custody,
    venue: Venue,
    clob: ClobService,
    checks: _Checks,
) -> None:
    """Before the first command: what a crash left, and what the venue knows that we do not.

    A venue that cannot be reached holds nobody up: automation stays stopped until it answers.
    Raises: KeyFileRefused.
    """
    await check_keys(custody.keys, custody.data_keys, is_dry_run=False)
    await custody.wallets.tidy()
    try:
        await venue.http.compare_clocks()
    except Unavailable as fault:
        logger.warning("the venue's clock could not be asked: %s", fault)
    await checks.unresolved.begin()
    await checks.doors.look()
    if not await checks.reconciliation.check_all():
        logger.warning("not every live account could be compared with the venue; asking again")
    for user, market in await clob.open_markets():
        await shared.manager.subscribe_market_for_user(user, market, Reason.OPEN_ORDER)


async def _with_wallets(sessions: Sessions) -> Sequence[UserId]:
    """Whoever has a wallet that is ready, also while trading on paper: orders may still rest."""
    async with as_worker(sessions) as session:
        wallets = await stored_wallets.ready_wallets(session)
    return sorted({wallet.user for wallet in wallets})


async def _listening(sessions: Sessions, *, owner_too: bool) -> Sequence[UserId]:
    users = set(await _with_wallets(sessions))
    if owner_too:
        async with as_worker(sessions) as session:
            owner = await stored_users.owner_id(session)
        users |= set() if owner is None else {owner}
    return sorted(users)
