"""Calls that have to succeed some day: repeated until Telegram answers, quietly."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeVar

from telegram.error import (
    BadRequest,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from telegram_bot.clock import Clock
from telegram_bot.delivery import seconds

logger = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_DELAY: Final = 1.0  # seconds
LONGEST_DELAY: Final = 30.0  # seconds
REFUSAL: Final = (
    "TELEGRAM_BOT_TOKEN: Telegram refuses this token; copy it again from @BotFather "
    "(or TELEGRAM_API_BASE_URL is not the address of a Bot API server)"
)


class Reaching:
    """Knows whether Telegram answers. A trouble is logged at its beginning and at its end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._trouble: str | None = None
        self._has_answered = False

    @property
    def is_up(self) -> bool:
        return self._has_answered and self._trouble is None

    async def until_answered(self, request: Callable[[], Awaitable[T]]) -> T:
        """The answer to `request`, however long it takes; only cancellation ends the trying."""
        for delay in _delays():
            try:
                answer = await request()
            except RetryAfter as flood:
                await self._clock.sleep(seconds(flood))
            except BadRequest:
                raise  # ours to mend; repeating would not
            except TelegramError as error:
                self._note(_trouble(error))
                await self._clock.sleep(delay)
            else:
                self._note(None)
                return answer
        raise AssertionError("delays never end")

    def _note(self, trouble: str | None) -> None:
        self._has_answered = self._has_answered or trouble is None
        if trouble == self._trouble:
            return
        if trouble is None:
            logger.info("Telegram answers again")
        else:
            logger.warning("%s; trying again until it works", trouble)
        self._trouble = trouble


def _trouble(error: TelegramError) -> str:
    """The same text for the same trouble, and never an address: it holds the token."""
    if isinstance(error, InvalidToken):
        return REFUSAL
    if isinstance(error, NetworkError | TimedOut):
        return "Telegram does not answer"
    return f"Telegram answers with an error: {error.message}"


def _delays() -> Iterator[float]:
    delay = FIRST_DELAY
    while True:
        yield delay
        delay = min(delay * 2, LONGEST_DELAY)
