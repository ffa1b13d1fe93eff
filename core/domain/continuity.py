"""Times during which a token was not live: what consumers must know to trust what they built."""

from collections import Counter
from dataclasses import dataclass, field, replace

from core.domain.health import Doubt
from core.domain.units import TokenId


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which news of a followed token may have been missed. Monotonic seconds."""

    token: TokenId
    epoch: int  # the one that began with this gap
    why: Doubt
    began: float
    ended: float | None = None  # None: it is still open


@dataclass(frozen=True, slots=True)
class GapFigures:
    """All tokens together; totals count from the start of the program."""

    open: int = 0
    opened: Counter[Doubt] = field(default_factory=Counter)
    seconds: float = 0.0


class Continuity:
    """Open gaps, and what all of them came to. A token's first book ends none."""

    def __init__(self) -> None:
        self._open: dict[TokenId, Gap] = {}
        self._newest: dict[TokenId, Gap] = {}  # open or closed
        self._epochs: Counter[TokenId] = Counter()
        self._seconds: dict[TokenId, float] = {}
        self._opened: Counter[Doubt] = Counter()
        self._closed_seconds = 0.0

    def lose(self, token: TokenId, why: Doubt, now: float) -> Gap:
        """The token stopped being live: its next epoch begins, with a gap."""
        self.renumber(token)
        gap = Gap(token, self._epochs[token], why, now)
        self._open[token] = self._newest[token] = gap
        self._opened[why] += 1
        return gap

    def restore(self, token: TokenId, now: float) -> Gap | None:
        """The gap that ends now; None if none was open."""
        gap = self._open.pop(token, None)
        if gap is None:
            return None
        self._add(token, now - gap.began)
        self._newest[token] = replace(gap, ended=now)
        return self._newest[token]

    def renumber(self, token: TokenId) -> None:
        """A new epoch: what came before and what comes after are not one series."""
        self._epochs[token] += 1

    def forget(self, token: TokenId) -> None:
        """A token without an open gap; what its gaps came to stays in the totals."""
        self._epochs.pop(token, None)
        self._newest.pop(token, None)
        self._seconds.pop(token, None)

    def gap(self, token: TokenId) -> Gap | None:
        """The open one."""
        return self._open.get(token)

    def newest(self, token: TokenId) -> Gap | None:
        """The last one that opened, also if it is over."""
        return self._newest.get(token)

    def epoch(self, token: TokenId) -> int:
        return self._epochs[token]

    def seconds(self, token: TokenId, now: float) -> float:
        """All gaps of the token together, the open one included."""
        gap = self._open.get(token)
        return self._seconds.get(token, 0.0) + (now - gap.began if gap else 0.0)

    def figures(self, now: float) -> GapFigures:
        running = sum(now - gap.began for gap in self._open.values())
        return GapFigures(len(self._open), Counter(self._opened), self._closed_seconds + running)

    def _add(self, token: TokenId, seconds: float) -> None:
        self._seconds[token] = self._seconds.get(token, 0.0) + seconds
        self._closed_seconds += seconds
