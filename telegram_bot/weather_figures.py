"""What operators see of the weather strategy: parts of `/health`, and metrics."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from core.services.clock import utc_now
from core.services.weather.decision_log import DecisionLog
from core.services.weather.forecast_keeper import ForecastKeeper
from core.services.weather.learning_parts import LearningParts
from infrastructure.telemetry.metrics import Metrics
from infrastructure.telemetry.ops_server import PartHealth
from telegram_bot.figures import Since

LATE: Final = timedelta(days=2)  # fits are made daily


class WeatherHealth:
    """States in words; figures in metrics. No trouble of it makes the whole program unhealthy."""

    def __init__(
        self,
        learning: LearningParts,
        log: DecisionLog,
        keeper: ForecastKeeper,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._learning = learning
        self._log = log
        self._keeper = keeper
        self._now = now
        self._since = Since()

    def parts(self) -> dict[str, PartHealth]:
        """By name, in the order in which people read them."""
        return {
            "forecasts": self._forecasts(),
            "learning": self._learned(),
            "weather gate": self._gate(),
            "decisions": self._decisions(),
        }

    def refresh(self, metrics: Metrics) -> None:
        """Bring the metrics up to date."""
        seen, since, parts = metrics.weather.learned, self._since, self._learning
        age = self._age()
        seen.age.set(math.nan if age is None else age.total_seconds())
        seen.pairs.set(parts.learning.pairs)
        seen.refused.set(parts.learning.refused)
        seen.is_open.set(parts.gate.is_open)
        if (judgement := parts.gate.judgement) is not None:
            seen.events.set(judgement.events)
            seen.profit.set(float(judgement.profit))
        for rule, brier in self._briers().items():
            seen.brier.labels(rule).set(brier)
        since.add(seen.scored, parts.scoring.scored)
        since.add(seen.lost, self._log.lost)
        since.add_each(seen.decisions, self._log.actions)
        since.add_each(seen.skips, self._log.skips)
        since.add_each(seen.orders, self._log.orders)

    def _age(self) -> timedelta | None:
        fitted_at = self._learning.learning.fitted_at
        return None if fitted_at is None else self._now() - fitted_at

    def _briers(self) -> Mapping[str, float]:
        standing = self._learning.round.standing
        if standing is None:
            return {}
        marks = {
            "model": standing.model,
            "market": standing.market,
            "climatology": standing.climatology,
            "naive": standing.naive,
        }
        return {rule: one.brier for rule, one in marks.items() if one is not None}

    def _forecasts(self) -> PartHealth:
        figures = self._keeper.figures()
        if not figures.ages and not figures.silent:
            return PartHealth(ok=True, state="none is wanted, or none has come yet")
        oldest = max(figures.ages.values(), default=0.0)
        told = [f"the oldest of {len(figures.ages)} is {oldest / 60:.0f} min old"]
        told += [f"{source} does not answer" for source in figures.silent]
        is_old = oldest > self._keeper.rules.max_age.total_seconds()
        is_impaired = is_old or bool(figures.silent)
        return PartHealth(ok=True, state="; ".join(told), is_impaired=is_impaired)

    def _learned(self) -> PartHealth:
        age, learning = self._age(), self._learning.learning
        if age is None:
            return PartHealth(ok=True, state="nothing was learned yet")
        hours = age / timedelta(hours=1)
        told = (
            f"last fit {hours:.0f} h ago from {learning.pairs} pairs, {learning.refused} of no use"
        )
        return PartHealth(ok=True, state=told, is_impaired=age > LATE)

    def _gate(self) -> PartHealth:
        gate = self._learning.gate
        judgement = gate.judgement
        events = 0 if judgement is None else judgement.events
        state = "open" if gate.is_open else "closed"
        return PartHealth(ok=True, state=f"{state}, {events} settled")

    def _decisions(self) -> PartHealth:
        orders, skips = self._log.orders.total(), self._log.skips.total()
        state = f"{orders} ordered, {skips} skipped"
        if self._log.lost:
            state += f", {self._log.lost} lost"
        return PartHealth(ok=True, state=state, is_impaired=bool(self._log.lost))


class StrategyFigures:
    """The same for Prometheus, at each scrape."""

    def __init__(self, metrics: Metrics, health: WeatherHealth) -> None:
        self._metrics = metrics
        self._health = health

    def refresh(self) -> None:
        self._health.refresh(self._metrics)
