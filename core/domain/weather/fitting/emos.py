"""EMOS by minimum CRPS for every station and lead, drawn towards what all stations share."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median

from core.domain.weather.calibration import Calibration, Coefficients, Group, Lead
from core.domain.weather.fitting.estimate import estimate
from core.domain.weather.fitting.pairs import Pair, known_at, refuse_later
from core.domain.weather.fitting.samples import offsets, samples
from core.domain.weather.temperature import Extreme
from core.domain.weather.untaught import DEFAULT_SCALE, DEFAULT_SPREAD


def fit(pairs: Sequence[Pair], moment: datetime) -> Calibration:
    """What `pairs` teach at `moment`, for their stations, and a pool for every extreme and lead.

    Raises:
        FromTheFuture: a pair was not known at `moment`; `known_at` leaves such pairs out.

    """
    refuse_later(pairs, moment)
    found: dict[Group, list[Pair]] = defaultdict(list)
    for pair in known_at(pairs, moment):
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
    shared = _fitted(together, _untaught(together, pool.lead), moment)
    fitted = {pool: replace(shared, pairs=0)}
    if len(own) == 1:  # the pool is its own: drawing it there would count its days twice
        return fitted | dict.fromkeys(own, shared)
    return fitted | {group: _fitted(each, shared, moment) for group, each in own.items()}


def _fitted(pairs: Sequence[Pair], prior: Coefficients, moment: datetime) -> Coefficients:
    differences = offsets(pairs, prior.models, prior.offsets)
    arrays = samples(pairs, prior.models, differences, moment, prior.usual_spread)
    return estimate(arrays, prior, differences)


def _untaught(pairs: Sequence[Pair], lead: Lead) -> Coefficients:
    """The mean of all models with a default spread; without a pair it holds for any models."""
    models = tuple(sorted({model for pair in pairs for model in pair.forecast.values}))
    spreads = [pair.forecast.spread for pair in pairs if pair.forecast.spread is not None]
    size = len(models) + 3
    return Coefficients(
        models=models,
        centre=0.0,
        intercept=0.0,
        weights=tuple(1 / len(models) for _ in models),
        offsets=tuple(0.0 for _ in models),
        floor=DEFAULT_SPREAD[lead],
        scale=DEFAULT_SCALE,
        usual_spread=median(spreads) if spreads else 0.0,
        covariance=tuple(tuple(0.0 for _ in range(size)) for _ in range(size)),
        pairs=0,
    )
