"""Tables of what is learned: calibrations, what was said of events, and how good that was."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.storage.models import AmountColumn, Base, Id

LOWS = JSONB  # the lowest whole degree of each bucket, cold to warm; the first is null


class CalibrationRow(Base):
    """One fit. `format` says which version of the program can read `content`, which is JSON."""

    __tablename__ = "calibrations"
    __table_args__ = (sa.Index("ix_calibrations_fitted_at", "fitted_at"),)

    id: Mapped[Id]
    format: Mapped[int]
    fitted_at: Mapped[datetime]
    since: Mapped[datetime]
    pairs: Mapped[int]
    content: Mapped[str]


class WeatherLadderRow(Base):
    """The buckets of a settled event, of whose settlement only one bucket is kept."""

    __tablename__ = "weather_ladders"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    lows: Mapped[list[int | None]] = mapped_column(LOWS)


class BeliefRow(Base):
    """What was said of an event on one occasion: when a lead began, or last before its day.

    `model` as it was traded on, `raw` before the isotonic layer, `market` normalised mids of the
    same moment; `forecast` is the plain mean of the models, in degrees Celsius.
    """

    __tablename__ = "weather_beliefs"
    __table_args__ = (sa.Index("ix_weather_beliefs_at", "at"),)

    event_id: Mapped[str] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(primary_key=True)
    lead: Mapped[str]
    city: Mapped[str]
    station: Mapped[str]
    extreme: Mapped[str]
    day: Mapped[date]
    unit: Mapped[str]
    rounding: Mapped[str]
    lows: Mapped[list[int | None]] = mapped_column(LOWS)
    version: Mapped[int]
    at: Mapped[datetime]
    model: Mapped[list[float]] = mapped_column(JSONB)
    raw: Mapped[list[float]] = mapped_column(JSONB)
    market: Mapped[list[float]] = mapped_column(JSONB)
    forecast: Mapped[float | None]


class WeatherScoreRow(Base):
    """How good it was, once the event was settled: smaller is better. `crps` in kelvins."""

    __tablename__ = "weather_scores"
    __table_args__ = (
        sa.Index("ix_weather_scores_occasion_known_at", "occasion", "known_at"),
        sa.Index("ix_weather_scores_known_at", "known_at"),
    )

    event_id: Mapped[str] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(primary_key=True)
    lead: Mapped[str]
    city: Mapped[str]
    station: Mapped[str]
    extreme: Mapped[str]
    day: Mapped[date]
    place: Mapped[int] = mapped_column(sa.SmallInteger)
    known_at: Mapped[datetime]
    model_brier: Mapped[float]
    model_log: Mapped[float]
    market_brier: Mapped[float]
    market_log: Mapped[float]
    climatology_brier: Mapped[float]
    climatology_log: Mapped[float]
    naive_brier: Mapped[float | None]
    naive_log: Mapped[float | None]
    crps: Mapped[float]


class WeatherVerdictRow(Base):
    """What the gate said; without `reasons` it was open. `skill`: value, low and high, or null."""

    __tablename__ = "weather_verdicts"
    __table_args__ = (sa.Index("ix_weather_verdicts_judged_at", "judged_at"),)

    id: Mapped[Id]
    judged_at: Mapped[datetime]
    events: Mapped[int]
    skill: Mapped[list[float] | None] = mapped_column(JSONB(none_as_null=True))
    profit: Mapped[AmountColumn]
    reasons: Mapped[list[str]]
