"""When position rows follow their price: with it, or less often while too many of them move."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from core.domain.units import TokenId


@dataclass(frozen=True, slots=True)
class Budget:
    """Position rows are what writing costs: some 150 bytes of WAL each."""

    rows: float = 2000.0  # a second, for ever: some 26 GB a day
    saved: float = 600.0  # seconds of it that quiet times can save up
    longest: float = 10.0  # seconds that the rows of a moving price may wait at most


USUAL: Final = Budget()


class PositionBeat:
    """Within its budget, rows are marked whenever their price is written.

    In debt, a price that moves on is put off, because its rows would be old again at once. One that
    came to rest is marked `debounce` seconds after its last move, one that never rests after
    `budget.longest`.
    """

    def __init__(self, debounce: float, budget: Budget = USUAL) -> None:
        self._debounce = debounce
        self._budget = budget
        self._credit = budget.rows * budget.saved
        self._counted = float("-inf")  # when the credit was last brought up to date
        self._waiting: dict[TokenId, float] = {}  # token -> since when its rows are put off

    @property
    def waiting(self) -> Collection[TokenId]:
        """Tokens whose rows are put off."""
        return self._waiting.keys()

    def is_in_debt(self, now: float) -> bool:
        self._count(now)
        return self._credit < 0

    def is_due(self, token: TokenId, moved: float, now: float) -> bool:
        """Whether the rows on `token` cannot wait any longer; its price last moved at `moved`."""
        return now >= self._due_at(token, moved, now)

    def next(self, token: TokenId, moved: float, now: float) -> float:
        """When the rows on a token that waits are to be marked, as things stand."""
        return min(self._due_at(token, moved, now), self._solvent_at(now))

    def put_off(self, token: TokenId, now: float) -> None:
        self._waiting.setdefault(token, now)

    def done(self, tokens: Collection[TokenId]) -> None:
        """Their rows are marked."""
        for token in tokens:
            self._waiting.pop(token, None)

    def spend(self, rows: int, now: float) -> None:
        self._count(now)
        self._credit -= rows

    def _due_at(self, token: TokenId, moved: float, now: float) -> float:
        waiting_since = self._waiting.get(token, now)
        return min(moved + self._debounce, waiting_since + self._budget.longest)

    def _solvent_at(self, now: float) -> float:
        self._count(now)
        return now + max(0.0, -self._credit / self._budget.rows)

    def _count(self, now: float) -> None:
        earned = max(0.0, now - self._counted) * self._budget.rows
        self._credit = min(self._credit + earned, self._budget.rows * self._budget.saved)
        self._counted = now
