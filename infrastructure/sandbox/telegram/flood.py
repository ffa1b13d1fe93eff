"""How much a bot may say: a token bucket for each chat and one for the whole bot."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """Sends and edits count together, refused ones do not.

    Source: Telegram's bot FAQ (30 a second, 20 a minute in a group); its developers on edits
    (tdlib/td#2592: edits share the limit of sends, about 20 a minute in one chat).
    """

    chat_burst: float = 20.0
    chat_per_minute: float = 20.0
    private_extra: float = 5.0  # a private chat bursts this much above `chat_burst`
    bot_burst: float = 30.0
    bot_per_second: float = 30.0


@dataclass(slots=True)
class _Bucket:
    capacity: float
    per_second: float
    level: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until one more fits; 0.0 if it fits now."""
        self.level = min(self.capacity, self.level + (now - self.at) * self.per_second)
        self.at = now
        # A hair of tolerance: waiting exactly as long as told must be enough in floats too.
        return max(0.0, (1.0 - 1e-9 - self.level) / self.per_second)


class FloodModel:
    def __init__(self, limits: FloodLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._chats: dict[int, _Bucket] = {}
        self._bot = _Bucket(limits.bot_burst, limits.bot_per_second, limits.bot_burst, clock())

    def spend(self, chat_id: int) -> int:
        """0 if the message may go (it is counted), else the whole seconds to wait."""
        now = self._clock()
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = self._chats[chat_id] = self._new_bucket(chat_id, now)
        wait = max(chat.wait(now), self._bot.wait(now))
        if wait > 0:
            return math.ceil(wait)
        chat.level -= 1
        self._bot.level -= 1
        return 0

    def _new_bucket(self, chat_id: int, now: float) -> _Bucket:
        is_private = chat_id > 0
        capacity = self._limits.chat_burst + (self._limits.private_extra if is_private else 0.0)
        return _Bucket(capacity, self._limits.chat_per_minute / 60, capacity, now)
