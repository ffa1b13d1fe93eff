"""What can be learned from: forecasts of days whose events were settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.domain.units import EventId
from core.domain.weather.forecast import ModelId
from core.domain.weather.ladder import Bucket
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """A model's mean and standard deviation of a day's extreme over its members, in Celsius.

    `spread` is None for a single run.
    """

    source: str
    model: ModelId
    mean: float
    spread: float | None
    members: int
    available_at: datetime


@dataclass(frozen=True, slots=True)
class DaySaid:
    """What all models said of one extreme of a day, at one lead (see `daily.LEADS`)."""

    station: StationId
    day: date
    extreme: Extreme
    lead_from: int
    models: tuple[ModelSaid, ...]

    @property
    def available_at(self) -> datetime:
        """From when on all of it could be known."""
        return max(model.available_at for model in self.models)


@dataclass(frozen=True, slots=True)
class Settlement:
    """By which bucket an event was resolved; `observed` by the station's reports, in Celsius."""

    event_id: EventId
    station: StationId
    day: date
    extreme: Extreme
    unit: Unit
    rounding: Rounding
    bucket: Bucket
    observed: float | None
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Lesson:
    """A forecast and what became of it."""

    said: DaySaid
    settlement: Settlement

    @property
    def known_at(self) -> datetime:
        """From when on both could be known."""
        return max(self.said.available_at, self.settlement.known_at)


def known_by(lessons: Sequence[Lesson], moment: datetime) -> tuple[Lesson, ...]:
    """Nothing that was known later: decisions of `moment` may use it."""
    return tuple(lesson for lesson in lessons if lesson.known_at <= moment)
