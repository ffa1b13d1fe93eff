"""What is known of a day's temperatures: forecasts by member, and what a station measured.

Temperatures are degrees Celsius here; a market's own unit comes in where buckets do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from core.domain.weather.station import StationId

ModelId = NewType("ModelId", str)
"""A weather model as its provider names it, e.g. `gfs_seamless`; members of one belong together."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Hourly temperatures of one model for one station: a row a member, a deterministic run is one.

    `issued_at` is the start of the run where the provider tells it. `available_at` is when we had
    it: nothing that was decided before may use it.
    """

    source: str  # the provider: `open-meteo`, `nws`
    model: ModelId
    station: StationId
    issued_at: datetime | None
    available_at: datetime
    times: tuple[datetime, ...]  # UTC, ascending
    members: tuple[tuple[float | None, ...], ...]  # °C, by member and hour; None: not told

    @property
    def reference(self) -> datetime:
        """The start of the run, else when we had it: what its lead counts from."""
        return self.issued_at or self.available_at


@dataclass(frozen=True, slots=True)
class Observation:
    """One report of a station."""

    station: StationId
    at: datetime
    celsius: float  # tenths where the report has them (its T group), else whole degrees
    received_at: datetime
    is_exact: bool = False  # to a tenth of a degree
