"""A weather station that resolves markets."""

import math
from dataclasses import dataclass
from typing import Final, NewType

EARTH: Final = 6371.0  # km, mean radius

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


def distance(one: Station, other: Station) -> float:
    """Kilometres along the ground. Source: the haversine formula."""
    north = math.radians(other.latitude - one.latitude)
    east = math.radians(other.longitude - one.longitude)
    parallels = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    haversine = math.sin(north / 2) ** 2 + parallels * math.sin(east / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(haversine))
