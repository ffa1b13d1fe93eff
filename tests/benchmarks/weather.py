"""A night's fit of all cities, and how long the loop takes to use it."""

import time
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Final

from core.domain.weather.calibration import Calibration, Lead
from core.domain.weather.calibration_json import as_json, from_json
from core.domain.weather.fitting.emos import fit
from core.domain.weather.fitting.pairs import Pair
from core.domain.weather.ladder import Bucket, ladder
from core.domain.weather.probability import odds, predicted
from core.domain.weather.temperature import Extreme, Rounding, Unit
from tests.benchmarks.report import Figure
from tests.support.weather_worlds import BEGIN, world

STATIONS: Final = 60
DAYS: Final = 90
ROUNDS: Final = 1000


async def measure() -> list[Figure]:
    day = world(STATIONS, DAYS, seed=1).pairs
    pairs = [replace(p, group=replace(p.group, lead=lead)) for lead in Lead for p in day]
    moment = BEGIN + timedelta(days=DAYS)
    began = time.perf_counter()
    calibration = fit(pairs, moment)
    fitted = time.perf_counter()
    read = from_json(as_json(calibration))
    loaded = time.perf_counter()
    how = f"{STATIONS} stations of {DAYS} days and 3 models at {len(Lead)} leads"
    return [
        Figure("weather fit", fitted - began, "s", how, "<= 5"),
        Figure("weather calibration read", loaded - fitted, "s", "to JSON and back", "<= 1"),
        Figure(
            "weather odds",
            median(_ladders(read, pairs)),
            "ms",
            "forecast to the odds of 11 buckets with their errors, plain arithmetic",
        ),
    ]


def _ladders(calibration: Calibration, pairs: list[Pair]) -> list[float]:
    buckets = (Bucket(None, 10), *(Bucket(each, each) for each in range(11, 20)), Bucket(20, None))
    steps = ladder(Unit.CELSIUS, buckets)
    times = []
    for each in pairs[:ROUNDS]:
        began = time.perf_counter()
        assert each.group.station is not None
        own = calibration.coefficients(each.group.station, Extreme.HIGHEST, each.group.lead)
        odds(predicted(own, each.forecast), steps, Rounding.HALF_UP)
        times.append(1000 * (time.perf_counter() - began))
    return times
