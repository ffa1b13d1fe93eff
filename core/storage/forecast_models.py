"""Tables of forecasts, station reports, and what forecasts can be compared with."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.storage.models import Base

EXTREMES = "extreme IN ('highest', 'lowest')"


class ForecastRow(Base):
    """One answer for one model. `packed`: see `core.storage.packing`; its hours follow each other
    from `starts_at` on, for each member in turn.
    """

    __tablename__ = "forecasts"
    __table_args__ = (sa.Index("ix_forecasts_available_at", "available_at"),)

    station: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    available_at: Mapped[datetime] = mapped_column(primary_key=True)
    issued_at: Mapped[datetime | None]
    starts_at: Mapped[datetime]
    hours: Mapped[int]
    packed: Mapped[bytes]


class ObservationRow(Base):
    """What a station reported, in degrees Celsius; a correction replaces it."""

    __tablename__ = "observations"
    __table_args__ = (sa.Index("ix_observations_at", "at"),)

    station: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    celsius: Mapped[float]
    is_exact: Mapped[bool]
    received_at: Mapped[datetime]


class WeatherPairRow(Base):
    """What a model said of a day's extreme, in degrees Celsius: the last time within a lead bucket.

    `lead_from`: hours to the end of the day, where the bucket begins.
    """

    __tablename__ = "weather_pairs"
    __table_args__ = (
        sa.CheckConstraint(EXTREMES, name="extreme"),
        sa.Index("ix_weather_pairs_available_at", "available_at"),
    )

    station: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    extreme: Mapped[str] = mapped_column(primary_key=True)
    lead_from: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    mean: Mapped[float]
    spread: Mapped[float | None]
    members: Mapped[int] = mapped_column(sa.SmallInteger)
    available_at: Mapped[datetime]


class SettlementRow(Base):
    """The bucket by which an event was resolved: whole degrees of `unit`, null on an open side.

    `observed`: what the station reported of that day, in degrees Celsius. `known_at`: when we knew.
    """

    __tablename__ = "settlements"
    __table_args__ = (
        sa.CheckConstraint(EXTREMES, name="extreme"),
        sa.CheckConstraint("unit IN ('C', 'F')", name="unit"),
        sa.CheckConstraint("low IS NOT NULL OR high IS NOT NULL", name="bucket"),
        sa.Index("ix_settlements_known_at", "known_at"),
        sa.Index("ix_settlements_station_day", "station", "day"),
    )

    event_id: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    day: Mapped[date]
    extreme: Mapped[str]
    unit: Mapped[str]
    rounding: Mapped[str]
    low: Mapped[int | None]
    high: Mapped[int | None]
    observed: Mapped[float | None]
    known_at: Mapped[datetime]
