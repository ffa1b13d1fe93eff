"""Made-up weather of which the truth is known: biased stations, ensembles that are too sure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from core.domain.weather.calibration import Forecast, Group, Lead
from core.domain.weather.fitting.pairs import Pair
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MODELS = ("alpha", "beta", "gamma")


@dataclass(frozen=True, slots=True)
class World:
    """Outcome = bias of the station + mean forecast + noise x sqrt(floor^2 + (scale spread)^2)."""

    pairs: list[Pair]
    members: list[np.ndarray[tuple[int], np.dtype[np.float64]]]
    biases: dict[StationId, float]


def group(station: str, lead: Lead = Lead.H18_30) -> Group:
    return Group(StationId(station), Extreme.HIGHEST, lead)


def pair(outcome: float, forecast: float, day: int = 0, *, station: str = "A") -> Pair:
    known = BEGIN + timedelta(days=day)
    return Pair(group(station), known, Forecast({"alpha": forecast}), outcome)


def world(stations: int, days: int, seed: int, *, floor: float = 0.6, scale: float = 1.0) -> World:
    draws = np.random.default_rng(seed)
    pairs, members, biases = [], [], {}
    for number in range(stations):
        own = group(f"S{number}")
        assert own.station is not None
        bias = biases[own.station] = float(draws.normal(0, 0.8))
        for day in range(days):
            spread = float(draws.gamma(9, 1 / 9))
            level = 15 + 8 * np.sin(2 * np.pi * day / 365 + number) + draws.normal(0, 4)
            values = level + draws.normal(0, 0.3, len(MODELS))
            forecast = Forecast(dict(zip(MODELS, map(float, values), strict=True)), spread)
            sigma = np.hypot(floor, scale * spread)
            outcome = float(values.mean() + bias + draws.normal(0, sigma))
            pairs.append(Pair(own, BEGIN + timedelta(days=day), forecast, outcome))
            members.append(values.mean() + draws.normal(0, 0.6 * sigma, 30))
    return World(pairs, members, biases)
