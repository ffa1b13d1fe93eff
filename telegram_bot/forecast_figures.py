"""What operators see of forecasts: questions, failures, budget, ages."""

from collections import Counter

from infrastructure.telemetry.metrics import Metrics
from telegram_bot.figures import Since
from telegram_bot.forecast_assembly import Forecasts


class ForecastFigures:
    def __init__(self, metrics: Metrics, forecasts: Forecasts) -> None:
        self._metrics = metrics.weather
        self._forecasts = forecasts
        self._since = Since()
        self._told = frozenset[str]()

    def refresh(self) -> None:
        """Bring the metrics up to date; a station that nobody wants any more has no age."""
        metrics, since, parts = self._metrics, self._since, self._forecasts
        now = parts.keeper.figures()
        since.add_each(metrics.requests, now.requests)
        since.add_each(metrics.failures, now.failures)
        since.add_each(metrics.apart, now.apart)
        since.add_each(metrics.dropped, self._dropped())
        since.add(metrics.extremes, now.extremes)
        since.add(metrics.unkept, now.unkept)
        since.add(metrics.settled, parts.settling.learned)
        metrics.budget_left.labels(parts.open_meteo.name).set(parts.open_meteo.budget.left)
        for source, age in now.answered.items():
            metrics.source_age.labels(source).set(age)
        for station in self._told - now.ages.keys():
            metrics.age.remove(station)
        for station, age in now.ages.items():
            metrics.age.labels(station).set(age)
        self._told = frozenset(now.ages)

    def _dropped(self) -> Counter[str]:
        parts = self._forecasts
        return sum(
            (part.dropped.reasons for part in (parts.open_meteo, parts.nws, parts.metar)),
            Counter[str](),
        )
