"""Wrong codes of strangers, counted: who guesses too often waits, and nobody else does."""

import time
from collections.abc import Callable
from typing import Final

from core.domain.errors import Rejected
from core.domain.sentences import worded

MAX_TRIES: Final = 5  # wrong codes of one person
LOCKED: Final = 600.0  # seconds that follow them
REMEMBERED: Final = 10_000  # strangers whose wrong codes are counted


class Guesses:
    """By Telegram's id, in memory: codes are long, and a restart gives five tries more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[int, list[float]] = {}

    def refuse(self, telegram_id: int) -> None:
        """Raises: Rejected after too many wrong codes."""
        tries = self._recent(telegram_id)
        if len(tries) >= MAX_TRIES:
            minutes = max(1, round((tries[-1] + LOCKED - self._clock()) / 60))
            raise Rejected(
                worded("Too many wrong codes. Please try again in {minutes} min.", minutes=minutes)
            )

    def note(self, telegram_id: int) -> None:
        """One more was wrong."""
        tries = [*self._recent(telegram_id), self._clock()]
        self._wrong.pop(telegram_id, None)
        self._wrong[telegram_id] = tries
        if len(self._wrong) > REMEMBERED:
            del self._wrong[next(iter(self._wrong))]

    def _recent(self, telegram_id: int) -> list[float]:
        since = self._clock() - LOCKED
        return [at for at in self._wrong.get(telegram_id, []) if at > since]
