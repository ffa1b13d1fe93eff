"""Builds the chat: what its handlers use, the bot, and what it tells unasked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypedDict

from core.domain.account import Account
from core.domain.units import UserId, usdc
from core.services.clob.order_history import OrderHistory
from core.services.custody.accounts import Accounts
from core.services.custody.second_factor import SecondFactor
from core.services.custody.wallets import Wallets
from core.services.custody.withdrawals import Withdrawals
from core.services.day_change import DayChanges
from core.services.histories import Histories
from core.services.inbox import Inbox
from core.services.invitations import Invitations
from core.services.market_service import MarketService
from core.services.people import People
from core.services.preferences import Preferences
from core.services.reconciliation.standing import AccountStandings
from core.services.user_service import UserService
from core.services.wallet_watch import WalletCards, WalletWatch
from core.services.watchlist import Watchlist
from core.services.weather.overview import WeatherOverview
from core.storage.models import Sessions
from infrastructure.config.settings import Settings
from infrastructure.polymarket.public_wallets import DataWallets
from telegram_bot.admin_assembly import build_admin
from telegram_bot.backing_up import BackupRoom
from telegram_bot.bot import BotSettings, TelegramBot
from telegram_bot.context import Services, WalletMoney
from telegram_bot.left_out import LeftOutNotice
from telegram_bot.live_assembly import Live
from telegram_bot.notices import NoticeSender
from telegram_bot.pacing import pace_of
from telegram_bot.picture_assembly import build_pictures
from telegram_bot.readers import preferred_reader
from telegram_bot.reporting import Health
from telegram_bot.screens.status import PartState
from telegram_bot.startup import Place
from telegram_bot.trading_assembly import Ground, Trading


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
class Chat:
    """The bot, and what tells people something without having been asked."""

    bot: TelegramBot
    notices: NoticeSender
    left_out: LeftOutNotice
    days: DayChanges
    wallets: WalletWatch
    backups: BackupRoom


def build_users(settings: Settings, place: Place, sessions: Sessions) -> UserService:
    return UserService(
        sessions, starting_cash=usdc(settings.paper_starting_cash), allowed=place.allowed
    )


def build_chat(
    ground: Ground,
    trading: Trading,
    users: UserService,
    health: Health,
    weather: WeatherOverview | None = None,
) -> Chat:
    """Raises: CannotStart."""
    shared = ground.shared
    settings, place = shared.settings, shared.place
    services = _services(ground, trading, users, health)
    admin = build_admin(ground, health, services.markets)
    services = replace(services, admin=admin, weather=weather)
    inbox = Inbox(
        shared.sessions,
        kept_for=timedelta(days=settings.updates_kept_days),
        reached=shared.reached,
    )
    bot = TelegramBot(
        _bot_settings(settings, place), services, ground.board, shared.manager, inbox=inbox
    )
    most = settings.ws_max_subscriptions
    return Chat(
        bot=bot,
        notices=NoticeSender(
            shared.outbox,
            bot.messenger,
            bot.clock,
            services.reader_of,
            services.preferences.of,
            act_of=bot.act_of,
        ),
        left_out=LeftOutNotice(users.owner, bot.messenger, bot.clock, most),
        days=services.days,
        wallets=WalletWatch(shared.sessions, DataWallets(ground.data.background()), shared.outbox),
        backups=admin.backups,
    )


def _services(ground: Ground, trading: Trading, users: UserService, health: Health) -> Services:
    shared, board, risk = ground.shared, ground.board, ground.risk
    sessions, books, positions = shared.sessions, shared.books, trading.positions
    preferences = Preferences(sessions, risk.audit)
    return Services(
        users=users,
        markets=MarketService(sessions, ground.catalogue, board, positions[Account.PAPER], books),
        positions=positions,
        desks=trading.desks,
        history=OrderHistory(sessions),
        parts=lambda: _part_states(health),
        newest_price=board.newest_age,
        watchlist=Watchlist(sessions),
        preferences=preferences,
        histories=Histories(sessions),
        public_wallets=WalletCards(sessions, DataWallets(ground.data)),
        days=DayChanges(sessions, positions, preferences.of),
        reader_of=preferred_reader(preferences.of),
        people=People(sessions, risk.audit),
        invitations=Invitations(sessions, risk.audit),
        most_slippage=shared.settings.max_slippage_percent,
        kill_switch=trading.switch,
        breakers=risk.breakers,
        own_limits=risk.own_limits,
        triggers=ground.triggers,
        alerts=ground.alerts,
        pictures=build_pictures(ground.worker, ground.clob, sessions, books),
        **_live_services(trading.live, sessions),
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
