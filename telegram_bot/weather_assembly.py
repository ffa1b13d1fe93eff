"""Builds the weather strategy. Imported only where it is enabled: nobody else pays for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import httpx

from core.domain.account import Account
from core.domain.units import Usdc, usdc
from core.domain.weather.limits import Scope, StrategyLimits
from core.domain.weather.stations import Stations
from core.services.weather.candidates import Intervals
from core.services.weather.grounds import Rules
from core.services.weather.known_days import KnownDays
from core.services.weather.learning_parts import LearningParts, build_learning, build_recording
from core.services.weather.open_record import OpenRecord
from core.services.weather.opinions import ModelOpinions
from core.services.weather.overview import WeatherOverview
from core.services.weather.ports import Desk, MayGoLive, Opinions
from core.services.weather.readiness import LiveReadiness
from core.services.weather.recording import Recording
from core.services.weather.signals import WeatherSignals
from core.services.weather.strategy import Operating, Strategy, World
from core.services.weather.stream_watch import StreamWatch
from infrastructure.config.settings import Settings
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.figures import Figures
from telegram_bot.forecast_assembly import Forecasts, build_forecasts
from telegram_bot.forecast_figures import ForecastFigures
from telegram_bot.supervisor import Run
from telegram_bot.trading_assembly import Ground, Trading
from telegram_bot.weather_chat_assembly import build_overview, build_signals
from telegram_bot.weather_figures import StrategyFigures, WeatherHealth

IsStreaming: TypeAlias = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Weather:
    """The strategy and the forecasts it stands on, as the chat and the program need them."""

    strategy: Strategy
    forecasts: Forecasts
    learning: LearningParts
    recording: Recording
    overview: WeatherOverview
    signals: WeatherSignals
    stream_watch: StreamWatch
    health: WeatherHealth

    def figures(self, metrics: Metrics) -> Sequence[Figures]:
        return (
            ForecastFigures(metrics, self.forecasts),
            StrategyFigures(metrics, self.health),
        )

    @property
    def runs(self) -> dict[str, Run]:
        return {
            "forecasts": self.forecasts.keeper.run,
            "settling": self.forecasts.settling.run,
            "weather-learning": self.learning.round.run,
            "weather-record": self.recording.run,
            "weather-signals": self.signals.run,
            "weather-stream": self.stream_watch.run,
            **self.strategy.runs,
        }


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
    learning = _learning(ground, forecasts)
    scores, live = OpenRecord(learning.book, learning.gate), trading.live
    readiness = LiveReadiness(None if live is None else live.accounts, scores)
    strategy = build_strategy(
        ground,
        trading,
        ModelOpinions(forecasts.keeper, learning.learning),
        _operating(shared.settings, forecasts.stations),
        is_streaming,
        readiness.may_go_live,
    )
    scores.listen(strategy.candidates.wake)
    known = KnownDays(forecasts.keeper), scores, readiness
    return Weather(
        strategy,
        forecasts,
        learning,
        _recording(ground, strategy, forecasts, learning),
        build_overview(shared.sessions, ground.board, strategy, known, is_streaming),
        build_signals(shared.sessions, shared.outbox, strategy),
        StreamWatch(is_streaming, (strategy.candidates.wake, forecasts.keeper.wake)),
        WeatherHealth(learning, strategy.log, forecasts.keeper),
    )


def _learning(ground: Ground, forecasts: Forecasts) -> LearningParts:
    """Begun anew whenever a day is settled."""
    shared = ground.shared
    learning = build_learning(
        shared.sessions,
        ground.worker,
        forecasts.stations,
        shared.outbox,
        ground.risk.audit,
        kept_for=timedelta(days=shared.settings.weather_kept_days),
    )
    forecasts.settling.listen(learning.round.settled)
    return learning


def _recording(
    ground: Ground, strategy: Strategy, forecasts: Forecasts, learning: LearningParts
) -> Recording:
    return build_recording(
        ground.shared.sessions,
        strategy.edges,
        strategy.beliefs,
        forecasts.keeper,
        learning.learning,
    )


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
