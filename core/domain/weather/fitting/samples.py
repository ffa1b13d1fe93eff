"""Pairs as arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain.weather.calibration import NoForecast, completed
from core.domain.weather.fitting.pairs import Cell, Pair

Numbers = NDArray[np.float64]

HALF_LIFE: Final = 45.0  # days
SECONDS_A_DAY: Final = 86400.0
OFFSET_DAYS: Final = 3.0  # so many days the pool's opinion of a model counts as


@dataclass(frozen=True, slots=True)
class Samples:
    """Rows are pairs. `outcome` is not a number where only a bucket is known.

    Then `edges` holds the ladder's, and `below` whether the outcome lies under each; rows with
    fewer edges are filled up with edges of no `width`.
    """

    forecasts: Numbers
    spreads: Numbers
    weights: Numbers
    outcome: Numbers
    edges: Numbers
    below: Numbers
    widths: Numbers


def offsets(
    pairs: Sequence[Pair], models: Sequence[str], pooled: Sequence[float]
) -> tuple[float, ...]:
    """How each model usually differs from the mean of those that answered."""
    totals = [OFFSET_DAYS * each for each in pooled]
    counts = [OFFSET_DAYS] * len(models)
    for pair in pairs:
        found = pair.forecast.values
        present = [x for m in models if (x := found.get(m)) is not None and math.isfinite(x)]
        if len(present) < len(models):
            continue
        mean = sum(present) / len(present)
        for place, value in enumerate(present):
            totals[place] += value - mean
            counts[place] += 1
    return tuple(total / count for total, count in zip(totals, counts, strict=True))


def samples(
    pairs: Sequence[Pair],
    models: Sequence[str],
    differences: Sequence[float],
    moment: datetime,
    usual_spread: float,
) -> Samples:
    """Pairs without a usable number are left out."""
    rows, kept = [], []
    for pair in pairs:
        if not _is_usable(pair):
            continue
        try:
            rows.append(completed(pair.forecast.values, models, differences))
        except NoForecast:
            continue
        kept.append(pair)
    ages = np.array([(moment - pair.available_at).total_seconds() for pair in kept])
    edges, below, widths = _cells(kept)
    return Samples(
        forecasts=np.array(rows, dtype=float).reshape(len(kept), len(models)),
        spreads=np.array([_spread(pair, usual_spread) for pair in kept], dtype=float),
        weights=0.5 ** (ages / SECONDS_A_DAY / HALF_LIFE),
        outcome=np.array(
            [math.nan if isinstance(p.outcome, Cell) else p.outcome for p in kept], dtype=float
        ),
        edges=edges,
        below=below,
        widths=widths,
    )


def _is_usable(pair: Pair) -> bool:
    return isinstance(pair.outcome, Cell) or math.isfinite(pair.outcome)


def _spread(pair: Pair, usual: float) -> float:
    spread = pair.forecast.spread
    return usual if spread is None or not math.isfinite(spread) else max(spread, 0.0)


def _cells(pairs: Sequence[Pair]) -> tuple[Numbers, Numbers, Numbers]:
    most = max((len(p.outcome.edges) for p in pairs if isinstance(p.outcome, Cell)), default=0)
    edges = np.zeros((len(pairs), most))
    below = np.zeros((len(pairs), most))
    widths = np.zeros((len(pairs), most))
    for row, pair in enumerate(pairs):
        if isinstance(pair.outcome, Cell):
            known = pair.outcome.edges
            edges[row, : len(known)] = known
            below[row, pair.outcome.place :] = 1.0
            widths[row, : len(known)] = (known[-1] - known[0]) / max(len(known) - 1, 1) or 1.0
    return edges, below, widths
