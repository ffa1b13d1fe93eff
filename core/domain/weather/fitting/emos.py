"""EMOS by minimum CRPS for every station and lead, drawn towards what all stations share."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from core.domain.weather.calibration import Calibration, Coefficients, Group, Lead
from core.domain.weather.fitting.estimate import estimate
from core.domain.weather.fitting.pairs import Pair, known_at, refuse_later
from core.domain.weather.fitting.samples import Table, offsets, samples, table, usable
from core.domain.weather.temperature import Extreme
from core.domain.weather.untaught import DEFAULT_SCALE, DEFAULT_SPREAD


def fit(pairs: Sequence[Pair], moment: datetime) -> Calibration:
    """What `pairs` teach at `moment`, for their stations, and a pool for every extreme and lead.

    Raises:
        FromTheFuture: a pair was not known at `moment`; `known_at` leaves such pairs out.

    """
    refuse_later(pairs, moment)
    found: dict[Group, list[Pair]] = defaultdict(list)
    for pair in usable(known_at(pairs, moment)):
        found[pair.group].append(pair)
    fitted: dict[Group, Coefficients] = {}
    for extreme in Extreme:
        for lead in Lead:
            fitted |= _of_lead(found, Group(None, extreme, lead), moment)
    return Calibration(moment, fitted)


def _of_lead(
    pairs: Mapping[Group, list[Pair]], pool: Group, moment: datetime
) -> dict[Group, Coefficients]:
    own = {g: each for g, each in pairs.items() if (g.extreme, g.lead) == (pool.extreme, pool.lead)}
    together = [pair for each in own.values() for pair in each]
    models = tuple(sorted({model for pair in together for model in pair.forecast.values}))
    told = table(together, models, moment)
    shared = _fitted(told, _untaught(told, models, pool.lead))
    fitted = {pool: replace(shared, pairs=0)}
    if len(own) == 1:  # the pool is its own: drawing it there would count its days twice
        return fitted | dict.fromkeys(own, shared)
    ends = np.cumsum([len(each) for each in own.values()])
    places = (np.arange(end - len(own[group]), end) for group, end in zip(own, ends, strict=True))
    return fitted | {
        group: _fitted(told.of(rows), shared) for group, rows in zip(own, places, strict=True)
    }


def _fitted(told: Table, prior: Coefficients) -> Coefficients:
    differences = offsets(told, prior.offsets)
    return estimate(samples(told, differences, prior.usual_spread), prior, differences)


def _untaught(told: Table, models: tuple[str, ...], lead: Lead) -> Coefficients:
    """The mean of all models with a default spread; without a pair it holds for any models."""
    spreads = told.spreads[~np.isnan(told.spreads)]
    size = len(models) + 3
    return Coefficients(
        models=models,
        centre=0.0,
        intercept=0.0,
        weights=tuple(1 / len(models) for _ in models),
        offsets=tuple(0.0 for _ in models),
        floor=DEFAULT_SPREAD[lead],
        scale=DEFAULT_SCALE,
        usual_spread=float(np.median(spreads)) if len(spreads) else 0.0,
        covariance=tuple(tuple(0.0 for _ in range(size)) for _ in range(size)),
        pairs=0,
    )
