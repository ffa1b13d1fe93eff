"""How often one chat may hear from us: pure rules, told the time."""

from collections import deque
from dataclasses import dataclass
from typing import Final

WINDOW: Final = 60.0  # seconds in which messages are counted
PENALTY: Final = 600.0  # seconds that a 429 weighs on its chat
MAX_DOUBLINGS: Final = 4
# Who waited as long as told may go, in floats too:
HAIR: Final = 1e-6  # of a message
INSTANT: Final = 1e-9  # seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """Sends and edits of one chat count together; live edits leave `reserve` of them free."""

    per_minute: int = 20
    reserve: int = 5
    live_gap: float = 3.0  # seconds between a live edit and whatever went before it


class AllChats:
    """What the bot says in all chats together: Telegram takes some 30 messages a second.

    People's own acts may use all of it; live edits leave them a third.
    """

    def __init__(self, per_second: float = 25.0) -> None:
        self._most = self._left = per_second
        self._at = 0.0

    def wait(self, now: float, *, live: bool = False) -> float:
        """Seconds until one more may go; 0.0 if it may go now."""
        kept = self._most / 3 if live else 0.0
        missing = kept + 1.0 - self._refilled(now)
        return missing / self._most if missing > HAIR else 0.0

    def spend(self, now: float) -> None:
        self._left = self._refilled(now) - 1.0
        self._at = now

    def _refilled(self, now: float) -> float:
        return min(self._most, self._left + (now - self._at) * self._most)


class Lane:
    """One chat's messages of the last minute, and its penalties."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._sent: deque[float] = deque()
        self._penalties: deque[float] = deque()
        self._blocked_until = 0.0

    def wait(self, now: float, *, live: bool = False) -> float:
        """Seconds until one more may go; 0.0 if it may go now."""
        self._forget(now)
        allowed = self._allowed(live=live)
        waits = [self._blocked_until - now, 0.0]
        if len(self._sent) >= allowed:
            waits.append(self._sent[len(self._sent) - allowed] + WINDOW - now)
        if self._sent and (live or self._penalties):
            waits.append(self._sent[-1] + self._gap(live=live) - now)
        longest = max(waits)
        return longest if longest > INSTANT else 0.0

    def has_room(self, now: float) -> bool:
        """Whether something unimportant may go now: it leaves the reserve alone."""
        return self.wait(now) == 0 and len(self._sent) < self._allowed(live=True)

    def spend(self, now: float) -> None:
        self._sent.append(now)

    def penalize(self, now: float, seconds: float) -> None:
        """Telegram refused for `seconds`: silence, then half the pace for ten minutes."""
        self._blocked_until = max(self._blocked_until, now + seconds)
        self._penalties.append(now)

    def is_idle(self, now: float) -> bool:
        """Nothing in it that matters any more."""
        self._forget(now)
        return not self._sent and not self._penalties and self._blocked_until <= now

    def _allowed(self, *, live: bool) -> int:
        total = self._pace.per_minute - (self._pace.reserve if live else 0)
        return max(1, total >> self._doublings)

    def _gap(self, *, live: bool) -> float:
        """Doubles with each penalty; a person's taps may burst in a chat that has none."""
        doubled = float(1 << self._doublings)
        if not live:
            return WINDOW / self._pace.per_minute * doubled if self._penalties else 0.0
        # Half of the minute's live edits may come quickly; the rest is spread over it.
        is_half_used = len(self._sent) * 2 > self._allowed(live=True)
        spread = WINDOW / self._allowed(live=True) if is_half_used else 0.0
        return max(spread, self._pace.live_gap * doubled)

    @property
    def _doublings(self) -> int:
        return min(len(self._penalties), MAX_DOUBLINGS)

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] <= now - WINDOW:
            self._sent.popleft()
        while self._penalties and self._penalties[0] <= now - PENALTY:
            self._penalties.popleft()
