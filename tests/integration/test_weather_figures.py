"""What operators see of the weather strategy: parts of `/health`, and metrics."""

from datetime import timedelta

from core.domain.account import Account
from core.domain.errors import Unavailable
from core.domain.units import EventId, OrderId, UserId
from core.domain.weather.decision import Action, Decision, Moments, Skip
from core.domain.weather.forecast import Forecast
from core.domain.weather.station import Station
from core.domain.weather.station_table import known_stations
from core.services.audit import Audit
from core.services.outbox import Outbox
from core.services.weather.decision_log import DecisionLog
from core.services.weather.forecast_keeper import ForecastKeeper
from core.services.weather.learning_parts import LearningParts, build_learning
from core.storage.models import Sessions
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.screens.state_words import state_words
from telegram_bot.weather_figures import StrategyFigures, WeatherHealth
from tests.support.learning_school import Here, keep_record, scored_event, teach
from tests.support.weather import LONDON, NOW, Weather, providers


class Silent:
    """A provider that does not answer."""

    name = "nws"

    def covers(self, station: Station) -> bool:
        return station == LONDON

    async def forecasts(self, station: Station, days: int) -> tuple[Forecast, ...]:
        raise Unavailable(f"It is away, for {station.id} and {days} days.")


def decided(action: Action, *, skip: Skip | None = None, order: int | None = None) -> Decision:
    moments = Moments(NOW, NOW, None, None)
    return Decision(
        UserId(1),
        Account.WEATHER_PAPER,
        EventId("900"),
        action,
        1,
        moments,
        skip=skip,
        order_id=None if order is None else OrderId(order),
    )


def learning_of(sessions: Sessions, weather: Weather) -> LearningParts:
    outbox = Outbox(sessions, now=weather.now)
    return build_learning(sessions, Here(), known_stations(), outbox, Audit(), now=weather.now)


def notes_of(sessions: Sessions) -> DecisionLog:
    log = DecisionLog(sessions)
    log.note(decided(Action.BUY, order=7))
    for _ in range(3):
        log.note(decided(Action.SKIP, skip=Skip.NO_EDGE))
    log.note(decided(Action.REDUCE, skip=Skip.NO_FILL, order=8))
    return log


async def test_before_anything_was_learned_the_parts_say_so(sessions: Sessions) -> None:
    async with providers() as weather:
        keeper = ForecastKeeper([weather.open_meteo], weather.metar, sessions, now=weather.now)
        health = WeatherHealth(
            learning_of(sessions, weather), DecisionLog(sessions), keeper, now=weather.now
        )
        metrics = Metrics()
        StrategyFigures(metrics, health).refresh()
    states = {name: part.state for name, part in health.parts().items()}
    assert states == {
        "forecasts": "none is wanted, or none has come yet",
        "learning": "nothing was learned yet",
        "weather gate": "closed, 0 settled",
        "decisions": "0 ordered, 0 skipped",
    }
    assert all(part.ok and not part.is_impaired for part in health.parts().values())
    text = metrics.render().decode()
    assert "weather_fit_age_seconds NaN" in text
    assert "weather_gate_open 0.0" in text


async def test_a_fit_a_record_and_decisions_are_counted(sessions: Sessions) -> None:
    async with providers() as weather:
        learning = learning_of(sessions, weather)
        for number in range(3):
            day = NOW.date() - timedelta(days=number + 3)
            await teach(sessions, day, 14.0, 15, NOW - timedelta(days=number + 1))
        scores = [
            scored_event(number, NOW.date(), NOW, model=0.5, market=0.625) for number in range(4)
        ]
        await keep_record(sessions, scores)
        await learning.round.go()
        keeper = ForecastKeeper(
            [weather.open_meteo, Silent()], weather.metar, sessions, now=weather.now
        )
        keeper.want({LONDON: [NOW.date()]})
        await keeper.check("open-meteo")
        await keeper.check("nws")
        weather.clock.now += 1800
        health = WeatherHealth(learning, notes_of(sessions), keeper, now=weather.now)
        metrics = Metrics()
        figures = StrategyFigures(metrics, health)
        figures.refresh()
        figures.refresh()  # nothing is counted twice
        parts, answered = health.parts(), keeper.figures().answered
    assert parts["learning"].state == "last fit 0 h ago from 3 pairs, 0 of no use"
    assert parts["weather gate"].state == "closed, 4 settled"
    assert parts["decisions"].state == "2 ordered, 4 skipped"
    assert answered == {"open-meteo": 1800.0}
    text = metrics.render().decode()
    for line in (
        "weather_fit_age_seconds 1800.0",
        "weather_fit_pairs 3.0",
        "weather_fit_pairs_refused 0.0",
        'weather_brier{rule="model"} 0.5',
        'weather_brier{rule="market"} 0.625',
        "weather_record_events 4.0",
        'weather_decisions_total{action="skip"} 3.0',
        'weather_decisions_total{action="buy"} 1.0',
        'weather_skips_total{reason="no edge"} 3.0',
        'weather_skips_total{reason="nobody took the other side"} 1.0',
        'weather_orders_total{account="weather-paper"} 2.0',
    ):
        assert f"{line}\n" in text, line


async def test_what_grows_old_or_fails_is_impaired_and_never_unhealthy(sessions: Sessions) -> None:
    async with providers() as weather:
        learning = learning_of(sessions, weather)
        await learning.round.go()
        keeper = ForecastKeeper(
            [weather.open_meteo, Silent()], weather.metar, sessions, now=weather.now
        )
        keeper.want({LONDON: [NOW.date()]})
        await keeper.check("open-meteo")
        await keeper.check("nws")
        health = WeatherHealth(learning, DecisionLog(sessions), keeper, now=weather.now)
        assert health.parts()["forecasts"].state == (
            "the oldest of 1 is 0 min old; nws does not answer"
        )
        assert health.parts()["forecasts"].is_impaired
        weather.clock.now += 2 * 86_400 + 1
        parts = health.parts()
    assert parts["learning"].state == "last fit 48 h ago from 0 pairs, 0 of no use"
    assert parts["learning"].is_impaired
    assert parts["forecasts"].state == "the oldest of 1 is 2880 min old"
    assert all(part.ok for part in parts.values())
    assert state_words(parts["learning"].state) == parts["learning"].state
