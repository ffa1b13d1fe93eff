"""Questions that wait for a typed answer: in memory, for a few minutes, one a user."""

from dataclasses import dataclass, replace
from typing import Final

from core.domain.units import UserId
from telegram_bot.clock import Clock
from telegram_bot.questions import Question

LIFETIME: Final = 180.0  # seconds


@dataclass(frozen=True, slots=True)
class Token:
    """The one-shot token of the message that asks: a typed amount may order with it."""

    button_id: str
    message_id: int


@dataclass(frozen=True, slots=True)
class _Pending:
    question: Question
    until: float
    token: Token | None = None


class PendingInputs:
    """A half-typed amount may be lost at a restart; an order may not, and is not here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[UserId, _Pending] = {}

    def ask(self, user_id: UserId, question: Question, lifetime: float = LIFETIME) -> None:
        """`lifetime` in seconds."""
        self._waiting[user_id] = _Pending(question, self._clock.now() + lifetime)

    def arm(self, user_id: UserId, token: Token) -> None:
        """With the token of what asks; nothing where nothing is asked any more."""
        pending = self._waiting.get(user_id)
        if pending is not None:
            self._waiting[user_id] = replace(pending, token=token)

    def token(self, user_id: UserId) -> Token | None:
        """Of what the user is asked right now."""
        return None if self.question(user_id) is None else self._waiting[user_id].token

    def question(self, user_id: UserId) -> Question | None:
        """What the user is asked right now; None once it is too old."""
        pending = self._waiting.get(user_id)
        if pending is None or pending.until <= self._clock.now():
            self._waiting.pop(user_id, None)
            return None
        return pending.question

    def forget(self, user_id: UserId) -> bool:
        """Whether there was a question to forget."""
        was_asked = self.question(user_id) is not None
        self._waiting.pop(user_id, None)
        return was_asked
