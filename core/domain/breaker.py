"""The circuit breaker: what it counts, when it opens, and the sentence that says why. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.domain.sentences import mark
from core.domain.units import UserId

WINDOW: Final = timedelta(minutes=1)
EVERYBODY: Final = UserId(0)  # whose breaker it is, where a button or a notice has to say it


class Incident(StrEnum):
    """What one alone does not prove, and several within `WINDOW` do."""

    REJECTED = "rejected"  # the venue refused a signed order
    UNKNOWN = "unknown"  # an order was sent, and its answer was lost


class Trip(StrEnum):
    """Why nothing but cancelling is allowed until the owner has looked."""

    REJECTS = "rejects"
    UNKNOWNS = "unknowns"
    MISMATCH = "mismatch"  # the venue's books and ours differ where they must not
    CLOCK = "clock"
    DATABASE = "database"


TRIPPED_BY: Final = MappingProxyType(
    {Incident.REJECTED: Trip.REJECTS, Incident.UNKNOWN: Trip.UNKNOWNS}
)

WHY: Final = MappingProxyType(
    {
        Trip.REJECTS: mark("The venue refused several orders within a minute."),
        Trip.UNKNOWNS: mark("Several orders within a minute were sent and not answered."),
        Trip.MISMATCH: mark("What the venue reports and what is booked here do not agree."),
        Trip.CLOCK: mark("This computer's clock differs from the venue's."),
        Trip.DATABASE: mark("The database answers too slowly to keep orders safe."),
    }
)
FOR_EVERYBODY: Final = mark(
    "{why} Only cancelling is allowed for everybody now, until the owner has looked into it and "
    "allows trading again."
)
FOR_YOU: Final = mark(
    "{why} Only cancelling is allowed for you now, until the owner has looked into it and allows "
    "trading again."
)
FOR_ONE: Final = mark(
    "{why} Only cancelling is allowed now, until the owner has looked into it and allows trading "
    "again."
)
"""The first half of the sentence; what to do about it follows from who is asked."""


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """How many incidents within `WINDOW` open a breaker."""

    rejects: int
    unknowns: int

    def most(self, incident: Incident) -> int:
        return self.rejects if incident is Incident.REJECTED else self.unknowns


USER_RULES: Final = BreakerRules(rejects=5, unknowns=3)
GLOBAL_RULES: Final = BreakerRules(rejects=20, unknowns=8)


@dataclass(frozen=True, slots=True)
class Breaker:
    """Closed while `trip` is None. Once open it stays so, with its first reason, until a reset."""

    incidents: tuple[tuple[Incident, datetime], ...] = ()  # those of the last minute, in any order
    trip: Trip | None = None
    tripped_at: datetime | None = None

    def after(self, incident: Incident, now: datetime, rules: BreakerRules) -> "Breaker":
        """The breaker once `incident` has happened as well."""
        kept = tuple(old for old in self.incidents if now - old[1] < WINDOW)
        counted = replace(self, incidents=(*kept, (incident, now))[-_room(rules) :])
        if sum(kind is incident for kind, _ in counted.incidents) < rules.most(incident):
            return counted
        return counted.tripped(TRIPPED_BY[incident], now)

    def tripped(self, trip: Trip, now: datetime) -> "Breaker":
        """Open; a breaker that is open already keeps its reason."""
        return self if self.trip is not None else replace(self, trip=trip, tripped_at=now)


CLOSED: Final = Breaker()
"""What a reset leaves: incidents from before it count no more."""


def _room(rules: BreakerRules) -> int:
    """More incidents than these are not worth remembering: any further one trips anyway."""
    return rules.rejects + rules.unknowns
