"""How the strategy has done so far: averages of scores, reliability, money, and the verdict."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.weather.calibration import Lead
from core.domain.weather.records import Marks
from core.domain.weather.scores import ReliabilityBin, Skill, Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """Averages over `events` of one city and lead; smaller is better, `crps` in kelvins.

    `lead` None: the last that was said before the local day began. `naive` None where no forecast
    in degrees was kept.
    """

    city: str
    lead: Lead | None
    events: int
    model: Marks
    market: Marks
    climatology: Marks
    naive: Marks | None
    crps: float


@dataclass(frozen=True, slots=True)
class ReliabilityOf:
    """Of `events` at one lead: how often it came where so much was said."""

    bins: tuple[ReliabilityBin, ...]
    events: int


@dataclass(frozen=True, slots=True)
class DryRecord:
    """What the gate looks at; `own` and `market` are each day's sums of Brier scores."""

    events: int
    own: tuple[float, ...]
    market: tuple[float, ...]
    profit: Decimal  # USDC, net of all fees, of events that are settled


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate said, when, and of what."""

    judged_at: datetime
    events: int
    skill: Skill | None
    profit: Decimal
    verdict: Verdict
