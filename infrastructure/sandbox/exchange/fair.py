"""Latent fair chances that the order flow trades around; mean-reverting walks of log-odds."""

import math
from collections.abc import Sequence
from random import Random
from typing import Final, Protocol

PULL: Final = 0.002  # how strongly a walk returns home, per step


class FairValues(Protocol):
    """Chances of one event's markets; they sum to 1 where exactly one can win."""

    def move(self, index: int, rng: Random, stride: float) -> None:
        """Let the market at `index` have news."""

    def chance(self, index: int) -> float:
        """Of that market's first outcome."""


class Independent:
    """Markets that do not know each other."""

    def __init__(self, chances: Sequence[float]) -> None:
        self._home = [math.log(chance / (1 - chance)) for chance in chances]
        self._now = list(self._home)

    def move(self, index: int, rng: Random, stride: float) -> None:
        self._now[index] += _step(self._home[index] - self._now[index], rng, stride)

    def chance(self, index: int) -> float:
        return 1 / (1 + math.exp(-self._now[index]))


class Exclusive:
    """Markets of which exactly one ends with Yes: a softmax."""

    def __init__(self, chances: Sequence[float]) -> None:
        self._home = [math.log(chance) for chance in chances]
        self._now = list(self._home)

    def move(self, index: int, rng: Random, stride: float) -> None:
        self._now[index] += _step(self._home[index] - self._now[index], rng, stride)

    def chance(self, index: int) -> float:
        return math.exp(self._now[index]) / sum(math.exp(latent) for latent in self._now)


class Ladder:
    """Buckets of one number: whatever is learned moves its expected value, and so every bucket."""

    def __init__(self, mean: float, spread: float, bounds: Sequence[float]) -> None:
        self._home = mean
        self._now = mean
        self._spread = spread
        self._bounds = [-math.inf, *bounds, math.inf]

    def move(self, index: int, rng: Random, stride: float) -> None:
        del index  # news about one bucket is news about the number
        self._now += _step(self._home - self._now, rng, stride * self._spread / 2)

    def chance(self, index: int) -> float:
        low, high = self._bounds[index], self._bounds[index + 1]
        return max(self._below(high) - self._below(low), 0.0)

    def _below(self, bound: float) -> float:
        return (1 + math.erf((bound - self._now) / (self._spread * math.sqrt(2)))) / 2


def _step(distance: float, rng: Random, stride: float) -> float:
    return PULL * distance + rng.gauss(0.0, stride)
