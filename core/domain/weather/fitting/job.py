"""The fit as a job of the worker process: pairs in, plain numbers out."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.weather.calibration_json import as_json
from core.domain.weather.fitting.emos import fit
from core.domain.weather.fitting.pairs import Pair


@dataclass(frozen=True, slots=True)
class FitJob:
    pairs: tuple[Pair, ...]
    moment: datetime


def fitted(job: FitJob) -> dict[str, object]:
    """What `calibration_json.from_json` reads. Raises: FromTheFuture."""
    return as_json(fit(job.pairs, job.moment))
