"""The weather as the exchange holds it: truth, models, stations, and what is wrong with answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from core.domain.weather.station import Station, StationId, distance
from core.domain.weather.station_table import known_stations
from infrastructure.sandbox.exchange.weather.models import Models
from infrastructure.sandbox.exchange.weather.truth import Truth

NEAR: Final = 30.0  # km within which coordinates mean a station
_NOWHERE: Final = StationId("ZZZZ")


@dataclass
class WeatherDesk:
    """`faults`: what is done to answers, by provider ("open-meteo", "nws", "metar")."""

    seed: int
    clock: Callable[[], float]
    faults: dict[str, str] = field(default_factory=dict)

    @cached_property
    def truth(self) -> Truth:
        return Truth(self.seed)

    @cached_property
    def models(self) -> Models:
        return Models(self.truth)

    @cached_property
    def stations(self) -> dict[str, Station]:
        return {entry.station.id: entry.station for entry in known_stations().known}

    def at(self, latitude: float, longitude: float) -> Station:
        """The station there; elsewhere a nameless one in the zone of Greenwich."""
        here = Station(_NOWHERE, f"{latitude},{longitude}", latitude, longitude, "Etc/UTC")
        nearest = min(self.stations.values(), key=lambda station: distance(station, here))
        return nearest if distance(nearest, here) <= NEAR else here

    def fault(self, provider: str) -> str:
        return self.faults.get(provider, "")
