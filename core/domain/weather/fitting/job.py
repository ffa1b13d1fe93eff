"""What the worker process does for the weather strategy: data in, plain numbers out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from core.domain.weather.calibration import (
    DEFAULT_WEIGHT,
    Calibration,
    Coefficients,
    Group,
    Layer,
    Lead,
)
from core.domain.weather.calibration_json import as_text, from_text
from core.domain.weather.fitting.emos import fit
from core.domain.weather.fitting.isotonic import isotonic
from core.domain.weather.fitting.lessons import Record, pairs_of, records_of
from core.domain.weather.fitting.pairs import Pair
from core.domain.weather.fitting.skill import market_weight, skill
from core.domain.weather.learning import JoinJob, JudgeJob, Learned, LearnJob
from core.domain.weather.scores import Skill
from core.domain.weather.temperature import Extreme

SEED: Final = 2026  # the same record is judged the same every time


@dataclass(frozen=True, slots=True)
class FitJob:
    pairs: tuple[Pair, ...]
    moment: datetime


def fitted(job: FitJob) -> str:
    """What `calibration_json` reads. Raises: FromTheFuture."""
    return as_text(fit(job.pairs, job.moment))


def learned(job: LearnJob) -> Learned:
    """Raises: FromTheFuture."""
    pairs, refused = pairs_of(job.lessons)
    found = with_records(fit(pairs, job.moment), records_of(job.records))
    return Learned(as_text(found), len(pairs), refused)


def together(job: JoinJob) -> Learned:
    """The groups of each part's own extreme and lead, with each lead's layer and share."""
    groups, layers, weights = dict[Group, Coefficients](), dict[Lead, Layer](), dict[Lead, float]()
    of_parts = ((extreme, lead) for extreme in Extreme for lead in Lead)
    for about, part in zip(of_parts, job.parts, strict=True):
        own = from_text(part.content).groups
        groups |= {group: own[group] for group in own if (group.extreme, group.lead) == about}
    for lead, record in zip(Lead, job.records, strict=True):
        seen = from_text(record.content)
        weights[lead] = seen.weight(lead)
        if lead in seen.layers:
            layers[lead] = seen.layers[lead]
    whole = Calibration(job.moment, groups, layers, weights)
    counts = (sum(p.pairs for p in job.parts), sum(p.refused for p in job.parts))
    return Learned(as_text(whole), *counts)


def judged(job: JudgeJob) -> Skill | None:
    """The skill over the market; None without days."""
    return skill(job.own, job.market, np.random.default_rng(SEED))


def with_records(calibration: Calibration, records: Sequence[Record]) -> Calibration:
    """With layers where there is enough to see, and with the model's share beside the market.

    All of it was said before anybody knew, so the choice is out of sample.
    """
    by_lead = {lead: [each for each in records if each.lead is lead] for lead in Lead}
    layers = {lead: _layer(each) for lead, each in by_lead.items()}
    return replace(
        calibration,
        layers={lead: layer for lead, layer in layers.items() if layer},
        market_weights={
            lead: market_weight([r.model for r in each], [r.market for r in each], DEFAULT_WEIGHT)
            for lead, each in by_lead.items()
        },
    )


def _layer(records: Sequence[Record]) -> Layer:
    said = [(p, place == each.place) for each in records for place, p in enumerate(each.raw)]
    return isotonic([p for p, _ in said], [came for _, came in said])
