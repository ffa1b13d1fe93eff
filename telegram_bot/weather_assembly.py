"""Builds the weather strategy. Imported only where it is enabled: nobody else pays for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import httpx

from core.domain.account import Account
from core.domain.units import Usdc, UserId, usdc
from core.domain.weather.calibration import Calibration
from core.domain.weather.limits import Scope, StrategyLimits
from core.domain.weather.stations import Stations
from core.domain.weather.untaught import untaught
from core.services.clock import utc_now
from core.services.weather.candidates import Intervals
from core.services.weather.grounds import Rules
from core.services.weather.opinions import Calibrations, ModelOpinions
from core.services.weather.ports import Desk, MayGoLive, Opinions
from core.services.weather.strategy import Operating, Strategy, World
from infrastructure.config.settings import Settings
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.forecast_assembly import Forecasts, build_forecasts
from telegram_bot.forecast_figures import ForecastFigures
from telegram_bot.supervisor import Run
from telegram_bot.trading_assembly import Ground, Trading

IsStreaming: TypeAlias = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Weather:
    """The strategy and the forecasts it stands on, as the chat and the program need them."""

    strategy: Strategy
    forecasts: Forecasts

    def figures(self, metrics: Metrics) -> ForecastFigures:
        return ForecastFigures(metrics, self.forecasts)

    @property
    def runs(self) -> dict[str, Run]:
        return {
            "forecasts": self.forecasts.keeper.run,
            "settling": self.forecasts.settling.run,
            **self.strategy.runs,
        }


class Untaught:
    """Nothing was learned yet: the default spread, which never changes."""

    def __init__(self) -> None:
        self.current: Calibration = untaught(utc_now())

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002 - the port's
        return lambda: None


def build_weather(
    ground: Ground, trading: Trading, client: httpx.AsyncClient, is_streaming: IsStreaming
) -> Weather:
    """`client` is for questions, and the caller's to close.

    Raises: SettingsError.
    """
    shared = ground.shared
    forecasts = build_forecasts(
        shared.settings,
        shared.place.weather,
        shared.sessions,
        client,
        ground.catalogue,
        is_streaming,
    )
    calibrations: Calibrations = Untaught()
    opinions = ModelOpinions(forecasts.keeper, calibrations)
    operating = _operating(shared.settings, forecasts.stations)
    strategy = build_strategy(ground, trading, opinions, operating, is_streaming, nobody_yet)
    return Weather(strategy, forecasts)


def build_strategy(
    ground: Ground,
    trading: Trading,
    opinions: Opinions,
    operating: Operating,
    is_streaming: IsStreaming,
    may_go_live: MayGoLive,
) -> Strategy:
    """`may_go_live`: the gate is open and the user's wallet ready."""
    shared = ground.shared
    desks: dict[Account, Desk] = {
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
    return Strategy(world, operating, opinions, is_streaming, may_go_live)


async def nobody_yet(user: UserId) -> bool:  # noqa: ARG001 - of whoever asks
    """The gate while there is no record of what forecasts were worth: closed."""
    return False


def _operating(settings: Settings, stations: Stations) -> Operating:
    most_age = timedelta(seconds=settings.forecast_max_age_seconds)
    return Operating(
        rules=Rules(limits_of(settings), most_age, settings.max_slippage_percent),
        stations=stations,
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
