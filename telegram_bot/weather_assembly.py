"""Builds the weather strategy. Imported only where it is enabled: nobody else pays for it."""

from collections.abc import Callable
from datetime import timedelta

from core.domain.account import Account
from core.domain.units import Usdc, UserId, usdc
from core.domain.weather.limits import Scope, StrategyLimits
from core.domain.weather.station_table import known_stations
from core.services.weather.candidates import Intervals
from core.services.weather.grounds import Rules
from core.services.weather.ports import MayGoLive, Opinions
from core.services.weather.strategy import Operating, Strategy, World
from infrastructure.config.settings import Settings
from telegram_bot.trading_assembly import Ground, Trading


def build_strategy(
    ground: Ground,
    trading: Trading,
    opinions: Opinions,
    is_streaming: Callable[[], bool],
    most_age: timedelta,
    may_go_live: MayGoLive,
) -> Strategy:
    """`most_age` of forecasts; `may_go_live`: the gate is open and the user's wallet ready."""
    shared = ground.shared
    desks = {
        account: desk for account, desk in trading.desks.items() if account is not Account.PAPER
    }
    world = World(
        shared.sessions,
        ground.board,
        shared.books,
        shared.manager,
        desks,
        ground.risk.audit,
        clock=ground.board.clock,
    )
    operating = _operating(shared.settings, most_age)
    return Strategy(world, operating, opinions, is_streaming, may_go_live)


async def nobody_yet(user: UserId) -> bool:  # noqa: ARG001 - of whoever asks
    """The gate while there is no record of what forecasts were worth: closed."""
    return False


def _operating(settings: Settings, most_age: timedelta) -> Operating:
    return Operating(
        rules=Rules(limits_of(settings), most_age, settings.max_slippage_percent),
        stations=known_stations(),
        intervals=Intervals(
            settings.poll_interval_streaming_seconds, settings.poll_interval_seconds
        ),
        starting_cash=usdc(settings.weather_paper_starting_cash),
        kept_for=timedelta(days=settings.weather_decisions_kept_days),
    )


def limits_of(settings: Settings) -> StrategyLimits:
    """What the operator allows at most."""
    return StrategyLimits(
        most={
            Scope.ORDER: Usdc(settings.weather_max_order_usdc),
            Scope.BUCKET: Usdc(settings.weather_max_bucket_usdc),
            Scope.EVENT: Usdc(settings.weather_max_event_usdc),
            Scope.CITY_DAY: Usdc(settings.weather_max_city_day_usdc),
            Scope.REGION_DAY: Usdc(settings.weather_max_region_day_usdc),
            Scope.DAY: Usdc(settings.weather_max_day_usdc),
        },
        minimum_edge=float(settings.min_edge),
        kelly_fraction=float(settings.weather_kelly_fraction),
        most_divergence=float(settings.weather_max_divergence),
        daily_loss=Usdc(settings.weather_daily_loss_usdc),
        cooldown=settings.weather_cooldown_seconds,
    )
