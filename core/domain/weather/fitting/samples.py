"""Pairs as arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain.weather.calibration import ABSURD
from core.domain.weather.fitting.pairs import Cell, Pair

Numbers = NDArray[np.float64]
Rows = NDArray[np.intp]

HALF_LIFE: Final = 45.0  # days
SECONDS_A_DAY: Final = 86400.0
OFFSET_DAYS: Final = 3.0  # so many days the pool's opinion of a model counts as
LEAST_MODELS: Final = 3  # of two nobody can say which is wrong


@dataclass(frozen=True, slots=True)
class Table:
    """Rows are pairs, as they came: what is missing or absurd is not a number.

    `outcome` is none where only a bucket is known. Then `edges` holds the ladder's, and `below`
    whether the outcome lies under each; rows with fewer edges are filled up with edges of no
    `width`.
    """

    values: Numbers
    spreads: Numbers
    weights: Numbers
    outcome: Numbers
    edges: Numbers
    below: Numbers
    widths: Numbers

    def of(self, rows: Rows) -> "Table":
        return Table(*(getattr(self, each.name)[rows] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Samples:
    """A table without holes: what a model did not say follows from the others."""

    forecasts: Numbers
    spreads: Numbers
    weights: Numbers
    outcome: Numbers
    edges: Numbers
    below: Numbers
    widths: Numbers


def usable(pairs: Sequence[Pair]) -> list[Pair]:
    """Those with an outcome and at least one model's number."""
    return [pair for pair in pairs if _is_usable(pair)]


def table(pairs: Sequence[Pair], models: Sequence[str], moment: datetime) -> Table:
    """`pairs`: usable ones."""
    values = np.array(
        [[_number(pair.forecast.values.get(model)) for model in models] for pair in pairs],
        dtype=float,
    ).reshape(len(pairs), len(models))
    ages = np.array([(moment - pair.available_at).total_seconds() for pair in pairs], dtype=float)
    return Table(
        _believable(values),
        np.array([_spread(pair.forecast.spread) for pair in pairs], dtype=float),
        0.5 ** (ages / SECONDS_A_DAY / HALF_LIFE),
        np.array([_number(p.outcome) for p in pairs], dtype=float),
        *_cells(pairs),
    )


def offsets(told: Table, pooled: Sequence[float]) -> tuple[float, ...]:
    """How each model usually differs from the mean of all, on days when all answered."""
    whole = told.values[~np.isnan(told.values).any(axis=1)]
    totals = OFFSET_DAYS * np.asarray(pooled, dtype=float)
    if len(whole):
        totals = totals + (whole - whole.mean(axis=1)[:, None]).sum(axis=0)
    return tuple(float(each) for each in totals / (OFFSET_DAYS + len(whole)))


def samples(told: Table, differences: Sequence[float], usual_spread: float) -> Samples:
    """See `calibration.completed`: the same for many days at once."""
    apart = np.asarray(differences, dtype=float)
    is_missing = np.isnan(told.values)
    level = np.where(is_missing, 0.0, told.values - apart).sum(axis=1)
    level /= np.maximum((~is_missing).sum(axis=1), 1)
    return Samples(
        np.where(is_missing, level[:, None] + apart, told.values),
        np.where(np.isnan(told.spreads), usual_spread, told.spreads),
        told.weights,
        told.outcome,
        told.edges,
        told.below,
        told.widths,
    )


def _is_usable(pair: Pair) -> bool:
    if not isinstance(pair.outcome, Cell) and not math.isfinite(pair.outcome):
        return False
    return any(x is not None and math.isfinite(x) for x in pair.forecast.values.values())


def _number(value: float | Cell | None) -> float:
    if value is None or isinstance(value, Cell) or not math.isfinite(value):
        return math.nan
    return value


def _spread(spread: float | None) -> float:
    return math.nan if spread is None or not math.isfinite(spread) else max(spread, 0.0)


def _believable(values: Numbers) -> Numbers:
    """Without what is too far off the median of three or more."""
    counts = (~np.isnan(values)).sum(axis=1)
    if not values.size or counts.max() < LEAST_MODELS:
        return values
    ordered = np.sort(values, axis=1)  # what is not a number comes last
    each, last = np.arange(len(values)), np.maximum(counts - 1, 0)
    middle = (ordered[each, last // 2] + ordered[each, (last + 1) // 2]) / 2
    is_absurd = (counts >= LEAST_MODELS)[:, None] & (np.abs(values - middle[:, None]) > ABSURD)
    return np.where(is_absurd, math.nan, values)


def _cells(pairs: Sequence[Pair]) -> tuple[Numbers, Numbers, Numbers]:
    known = [pair.outcome if isinstance(pair.outcome, Cell) else None for pair in pairs]
    most = max((len(cell.edges) for cell in known if cell is not None), default=0)
    shape = len(pairs), most
    blank = (0.0,) * most
    counts = np.array([len(cell.edges) if cell else 0 for cell in known], dtype=np.intp)
    edges = np.array(
        [cell.edges + blank[len(cell.edges) :] if cell else blank for cell in known], dtype=float
    ).reshape(shape)
    place = np.array([cell.place if cell else 0 for cell in known], dtype=np.intp)
    steps = np.arange(most)
    below = (steps >= place[:, None]) & (counts > 0)[:, None]
    return edges, below.astype(float), _widths(edges, counts)


def _widths(edges: Numbers, counts: Rows) -> Numbers:
    """Of the buckets between a ladder's edges; one degree where there is a single edge."""
    if not edges.size:
        return np.zeros_like(edges)
    last = np.maximum(counts - 1, 0)
    extent = edges[np.arange(len(edges)), last] - edges[:, 0]
    width = np.where(extent > 0, extent / np.maximum(last, 1), 1.0)
    return np.where(np.arange(edges.shape[1]) < counts[:, None], width[:, None], 0.0)
