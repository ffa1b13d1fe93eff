"""What the worker process is given to learn from, and what it gives back: texts and numbers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LESSONS: Final = timedelta(days=90)
"""How far back settled days teach."""
LEARNED: Final = "core.domain.weather.fitting.job:learned"
TOGETHER: Final = "core.domain.weather.fitting.job:together"
JUDGED: Final = "core.domain.weather.fitting.job:judged"


@dataclass(frozen=True, slots=True)
class LearnJob:
    """Each text is one day's: JSON lists as `core.storage.weather_lessons` writes them.

    `lessons`: what models said, with the buckets that won. `records`: what was said of events on
    which something was staked, to see how much to believe.
    """

    lessons: tuple[str, ...]
    records: tuple[str, ...]
    moment: datetime


@dataclass(frozen=True, slots=True)
class Learned:
    """A calibration as text, of how many pairs it was made, and how many more were of no use."""

    content: str
    pairs: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class JoinJob:
    """`parts`: one for each extreme and lead, in that order; `records`: one for each lead."""

    parts: tuple[Learned, ...]
    records: tuple[Learned, ...]
    moment: datetime


@dataclass(frozen=True, slots=True)
class JudgeJob:
    """Sums of the Brier scores of each day's events: what happens on one day hangs together."""

    own: tuple[float, ...]
    market: tuple[float, ...]
