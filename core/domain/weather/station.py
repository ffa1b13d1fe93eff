"""A weather station that resolves markets."""

from dataclasses import dataclass
from typing import NewType

StationId = NewType("StationId", str)
"""ICAO code where there is one (`KLGA`), else the resolver's own (`HKO`)."""


@dataclass(frozen=True, slots=True)
class Station:
    """Coordinates in degrees (WGS 84), the time zone by its IANA name."""

    id: StationId
    name: str
    latitude: float
    longitude: float
    zone: str
