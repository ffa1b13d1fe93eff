"""When something was received, and where a recording has holes."""

import time
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

SILENCE: Final = 10.0  # seconds without market news that count as a gap
BILLION: Final = 1_000_000_000


class Moment(NamedTuple):
    """One instant by both clocks, in nanoseconds: since 1970 (UTC), and by the steady one."""

    wall: int
    steady: int

    def seconds_since(self, earlier: "Moment") -> float:
        """By the steady clock, which nobody sets."""
        return (self.steady - earlier.steady) / BILLION

    @property
    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.wall / BILLION, UTC)


def now() -> Moment:
    return Moment(time.time_ns(), time.monotonic_ns())


class Gap(msgspec.Struct, frozen=True):
    """A stretch without market news; what happened in it is not recorded."""

    start: datetime  # of the last news before
    end: datetime | None  # of the first news after; None: it had not come when this was written
    reason: str  # "no connection" or "silence"


class Connection(msgspec.Struct, frozen=True):
    """One connection to the venue, by the number that its frames carry."""

    number: int
    start: datetime
    end: datetime | None = None


class Continuity:
    """Connections and gaps so far. A gap is one whether the socket broke or only fell silent."""

    def __init__(self, start: Moment) -> None:
        self.connections: list[Connection] = []
        self._gaps: list[Gap] = []
        self._last = start
        self._is_broken = False
        self._is_finished = False

    def opened(self, at: Moment) -> None:
        self.connections.append(Connection(len(self.connections) + 1, at.utc))

    def lost(self, at: Moment) -> None:
        if not self._is_finished:
            self._is_broken = True
            self._close_connection(at)

    def finish(self, at: Moment) -> None:
        """The recording ends here on purpose: what follows is neither news nor a gap."""
        if not self._is_finished:
            self._gaps = self.gaps(at)
            self._is_finished = True
            self._close_connection(at)

    def heard(self, at: Moment) -> None:
        """Market news came, which ends a gap if there was one."""
        if self._is_finished:
            return
        if self._is_gap(at):
            self._gaps.append(Gap(self._last.utc, at.utc, self._reason()))
            self._is_broken = False
        self._last = at

    def gaps(self, at: Moment) -> list[Gap]:
        """All of them, the one that lasts until now included."""
        if self._is_gap(at):
            return [*self._gaps, Gap(self._last.utc, None, self._reason())]
        return list(self._gaps)

    def _is_gap(self, at: Moment) -> bool:
        if self._is_finished:
            return False
        return self._is_broken or at.seconds_since(self._last) >= SILENCE

    def _reason(self) -> str:
        return "no connection" if self._is_broken else "silence"

    def _close_connection(self, at: Moment) -> None:
        if self.connections and self.connections[-1].end is None:
            self.connections[-1] = msgspec.structs.replace(self.connections[-1], end=at.utc)
