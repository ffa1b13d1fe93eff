"""Whether one forecast is better than another, beyond chance; and how much of each to believe."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.domain.weather.fitting.samples import Numbers
from core.domain.weather.scores import LEAST_PROBABILITY, Skill

DRAWS: Final = 2000
WEIGHTS: Final = (0.25, 0.5, 0.75)
LEAST_DAYS: Final = 30
ROWS: Final = 100  # draws at a time, to bound the memory


def skill(
    own: Sequence[float], reference: Sequence[float], draws: np.random.Generator
) -> Skill | None:
    """1 - mean / mean of two lists of scores of the same days; None without days or score.

    The interval is that of a bootstrap over days, drawn by `draws`.
    """
    ours, theirs = np.asarray(own, dtype=float), np.asarray(reference, dtype=float)
    if ours.shape != theirs.shape:
        raise ValueError("scores of different days")
    if not len(ours) or theirs.mean() <= 0:
        return None
    drawn = np.concatenate([_drawn(ours, theirs, draws) for _ in range(DRAWS // ROWS)])
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Skill(float(1 - ours.mean() / theirs.mean()), float(low), float(high))


def _drawn(ours: Numbers, theirs: Numbers, draws: np.random.Generator) -> Numbers:
    days = draws.integers(0, len(ours), (ROWS, len(ours)))
    lower = np.maximum(theirs[days].mean(1), LEAST_PROBABILITY)
    return np.asarray(1 - ours[days].mean(1) / lower)


def market_weight(model: Sequence[float], market: Sequence[float], default: float) -> float:
    """The model's share that would have scored best by the logarithm, `default` with few days.

    Both are what was given to the bucket that came, forecast before the day: out of sample. One
    share for all days is chosen from three, so that there is little to overfit; never 0, for that
    would trade nothing for ever, and never 1: the market knows what we do not.
    """
    ours, theirs = np.asarray(model, dtype=float), np.asarray(market, dtype=float)
    if len(ours) < LEAST_DAYS:
        return default
    scored = {
        weight: np.log(np.maximum(weight * ours + (1 - weight) * theirs, LEAST_PROBABILITY)).sum()
        for weight in WEIGHTS
    }
    return max(WEIGHTS, key=lambda weight: scored[weight])
