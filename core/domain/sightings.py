"""Disagreements over time: what was seen once is noted, what was seen twice counts."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.drift import SERIOUS, Difference, DriftKind


@dataclass(frozen=True, slots=True)
class Drift:
    """A disagreement as it is remembered; open once it was seen twice, with the same numbers."""

    id: int
    kind: DriftKind
    subject: str
    ours: Decimal
    theirs: Decimal
    first_seen_at: datetime
    opened_at: datetime | None = None

    @property
    def is_serious(self) -> bool:
        return self.kind in SERIOUS

    @property
    def difference(self) -> Difference:
        return Difference(self.kind, self.subject, self.ours, self.theirs)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be noted of what was found this time."""

    new: tuple[Difference, ...]
    changed: tuple[tuple[Drift, Difference], ...]  # with other numbers than last time
    confirmed: tuple[Drift, ...]  # seen again as they were: to be opened
    gone: tuple[Drift, ...]


def judge(
    known: Sequence[Drift],
    found: Sequence[Difference],
    now: datetime,
    *,
    wait: Callable[[DriftKind], timedelta],
    stirred: Collection[str] = (),
) -> Judgement:
    """Compare what lasts with what was `found`.

    Nothing is confirmed before its `wait` since it was first seen is over, and about the `stirred`
    subjects, which something has just happened to, nothing is concluded at all.
    """
    memory = {(one.kind, one.subject): one for one in known if one.subject not in stirred}
    new, changed, confirmed = [], [], []
    for difference in found:
        if difference.subject in stirred:
            continue
        drift = memory.pop((difference.kind, difference.subject), None)
        if drift is None:
            new.append(difference)
        elif drift.difference != difference:
            changed.append((drift, difference))
        elif drift.opened_at is None and now - drift.first_seen_at >= wait(drift.kind):
            confirmed.append(drift)
    return Judgement(tuple(new), tuple(changed), tuple(confirmed), tuple(memory.values()))
