"""Price history: a seeded past that ends at the opening price, then what really happened."""

import math
from bisect import bisect_right
from random import Random
from typing import Final

from infrastructure.sandbox.exchange.state import MarketState

DAY: Final = 86_400  # seconds
PAST_STEP: Final = 600  # seconds between points of the seeded past
PAST_POINTS: Final = 31 * DAY // PAST_STEP
WANDER: Final = 0.012  # log-odds a step
MOST_POINTS: Final = 20_000
INTERVALS: Final = {
    "1h": 3_600,
    "6h": 6 * 3_600,
    "1d": DAY,
    "1w": 7 * DAY,
    "1m": 30 * DAY,
    "max": 31 * DAY,
    "all": 31 * DAY,
}  # seconds
FINEST: Final = {"1m": 10, "1w": 5}  # minutes; the venue refuses less

Series = list[tuple[int, float]]


class Histories:
    """The past of each market, made when first asked for."""

    def __init__(self, seed: int, started_at: float) -> None:
        self._seed = seed
        self._started_at = int(started_at)
        self._past: dict[str, Series] = {}

    def series(self, state: MarketState) -> Series:
        """All that is known of the first outcome, oldest first."""
        condition = state.listed.condition_id
        if condition not in self._past:
            self._past[condition] = self._made_past(state)
        return self._past[condition] + state.history

    def _made_past(self, state: MarketState) -> Series:
        # A string seeds by its own digest, the same in every process.
        rng = Random(f"{self._seed}/{state.listed.condition_id}")  # noqa: S311 - guards nothing
        chance = min(max(state.listed.chance, 0.001), 0.999)
        latent = math.log(chance / (1 - chance))
        points: Series = []
        for step in range(PAST_POINTS):
            price = round(1 / (1 + math.exp(-latent)), 4)
            points.append((self._started_at - step * PAST_STEP, price))
            latent += rng.gauss(0.0, WANDER)
        return points[::-1]


def sampled(series: Series, window: tuple[int, int], step: int) -> Series:
    """The price that held at each `step` seconds of a window, both ends included."""
    start, end = window
    step = max(step, (end - start) // MOST_POINTS, 1)
    times = [at for at, _ in series]
    points: Series = []
    for at in dict.fromkeys([*range(start, end, step), end]):
        known = bisect_right(times, at)
        if known:
            points.append((at, series[known - 1][1]))
    return points


def mirrored(series: Series) -> Series:
    """The same in terms of the second outcome."""
    return [(at, round(1 - price, 6)) for at, price in series]
