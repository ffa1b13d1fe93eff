"""How long comparisons wait before they believe something."""

from dataclasses import dataclass
from datetime import timedelta

from core.domain.drift import DriftKind


@dataclass(frozen=True, slots=True)
class Patience:
    """Of one account's comparisons."""

    recent: timedelta = timedelta(seconds=5)  # what is younger may be on its way still
    missing: timedelta = timedelta(seconds=150)  # in which a missing order is looked up by its hash
    overlap: timedelta = timedelta(minutes=10)  # trades are asked for again so far back
    opening: timedelta = timedelta(hours=1)  # the trades read before the first comparison
    settlement: timedelta = timedelta(hours=1)  # what has not settled by then excuses nothing
    fault: timedelta = timedelta(minutes=15)  # of failing before the user is told

    def wait(self, kind: DriftKind) -> timedelta:
        """Between the first sighting and the one that counts."""
        return max(self.recent, self.missing) if kind is DriftKind.MISSING_ORDER else self.recent
