"""Puts together what records, scores, learns and judges."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.weather.stations import Stations
from core.services.audit import Audit
from core.services.clock import utc_now
from core.services.outbox import Outbox
from core.services.weather.beliefs import Beliefs
from core.services.weather.daily_round import DailyRound
from core.services.weather.edge_service import EdgeService
from core.services.weather.gate import Gate
from core.services.weather.jobs import Jobs
from core.services.weather.learning import Learning
from core.services.weather.opinions import DayForecasts
from core.services.weather.recording import Recording, Unlayered, sights_of
from core.services.weather.scoring import KEPT_FOR, ScoreBook, Scoring
from core.storage.models import Sessions


@dataclass(frozen=True, slots=True)
class LearningParts:
    """`learning` is the `Calibrations` of opinions, `round` runs; `gate` says who may go live."""

    learning: Learning
    gate: Gate
    scoring: Scoring
    book: ScoreBook
    round: DailyRound


def build_learning(
    sessions: Sessions,
    jobs: Jobs,
    stations: Stations,
    outbox: Outbox,
    audit: Audit,
    *,
    now: Callable[[], datetime] = utc_now,
    kept_for: timedelta = KEPT_FOR,
) -> LearningParts:
    """Before the engine, whose opinions believe by `learning`. `jobs` is the worker process."""
    learning = Learning(sessions, jobs, stations, now=now)
    gate = Gate(sessions, jobs, outbox, audit, lambda: learning.pairs, now=now)
    book = ScoreBook(sessions, now=now)
    scoring = Scoring(sessions, now=now, kept_for=kept_for)
    daily = DailyRound(scoring, learning, gate, book, now=now)
    return LearningParts(learning, gate, scoring, book, daily)


def build_recording(
    sessions: Sessions,
    engine: EdgeService,
    beliefs: Beliefs,
    forecasts: DayForecasts,
    learning: Learning,
    *,
    now: Callable[[], datetime] = utc_now,
) -> Recording:
    """After the engine, of which it keeps what was believed. It runs."""
    unlayered = Unlayered(forecasts, learning)
    return Recording(sessions, sights_of(engine, beliefs), unlayered, now=now)
