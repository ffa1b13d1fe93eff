"""Builds what the chat sees of the weather strategy, and what it tells unasked."""

from collections.abc import Callable
from datetime import datetime

from core.services.clock import utc_now
from core.services.outbox import Outbox
from core.services.price_board import PriceBoard
from core.services.weather.overview import WeatherOverview
from core.services.weather.readiness import LiveReadiness
from core.services.weather.sights import DayForecasts, ScoreBook, Sights
from core.services.weather.signals import WeatherSignals
from core.services.weather.strategy import Strategy
from core.storage.models import Sessions


def build_overview(
    sessions: Sessions,
    board: PriceBoard,
    strategy: Strategy,
    known: tuple[DayForecasts, ScoreBook, LiveReadiness],
    is_streaming: Callable[[], bool],
    *,
    now: Callable[[], datetime] = utc_now,
) -> WeatherOverview:
    """`known`: forecasts to draw, scores, and what stands against real money."""
    forecasts, scores, readiness = known
    sights = Sights(
        candidates=strategy.candidates,
        beliefs=strategy.beliefs,
        choices=strategy.choices,
        forecasts=forecasts,
        scores=scores,
        board=board,
        is_streaming=is_streaming,
        hindrances=readiness.hindrances,
    )
    return WeatherOverview(sessions, sights, strategy.orderer.rules.limits, now=now)


def build_signals(sessions: Sessions, outbox: Outbox, strategy: Strategy) -> WeatherSignals:
    """Hears of every decision from now on; `run` is to be supervised."""
    signals = WeatherSignals(sessions, outbox, strategy.candidates)
    strategy.log.listen(signals.note)
    return signals
