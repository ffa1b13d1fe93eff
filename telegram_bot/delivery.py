"""One request to Telegram: repeated where that is safe, failures told apart by their meaning."""

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError, TimedOut

from telegram_bot.clock import Clock
from telegram_bot.transport import AnswerLost, NotConnected

logger = logging.getLogger(__name__)

T = TypeVar("T")

CALL_LIMIT: Final = 20.0  # seconds for one request
ATTEMPTS: Final = 4
RETRY_GAP: Final = 0.5  # seconds, doubled with each attempt

# Telegram's descriptions, in lower case: the library changes their first letters.
_NOTHING_TO_DO: Final = ("message is not modified", "query is too old", "query id is invalid")
_MESSAGE_GONE: Final = (
    "message to edit not found",
    "message to delete not found",
    "message can't be edited",
    "message can't be deleted",
    "message_id_invalid",
)
_CHAT_GONE: Final = ("chat not found", "user is deactivated")


class NothingToDo(Exception):
    """The message shows exactly this already, or the tap is too old to be answered."""


class MessageGone(Exception):
    """The message does not exist, or cannot be changed, any more."""


class ChatGone(Exception):
    """The user has blocked the bot or left Telegram."""


class NotDelivered(Exception):
    """Telegram could not be reached, or did not want the message for now; logged already."""


class Flooded(NotDelivered):
    """Telegram wants silence in this chat for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"silence for {seconds:.0f} s")
        self.seconds = seconds


class Delivery:
    """Repeats what may be repeated; says once when Telegram goes away and once when it is back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_reachable = True

    async def call(
        self,
        request: Callable[[], Awaitable[T]],
        *,
        attempts: int = ATTEMPTS,
        is_repeatable: bool = True,
    ) -> T:
        """The answer to `request`.

        A request that is not repeatable is not sent again when it may have arrived.
        Raises: NothingToDo, MessageGone, ChatGone, NotDelivered, of which Flooded is one;
            BadRequest for what we should not have sent.
        """
        for attempt in range(1, attempts + 1):
            try:
                async with asyncio.timeout(CALL_LIMIT):
                    answer = await request()
            except RetryAfter as flood:
                logger.warning("Telegram slows a chat down for %.0f s", seconds(flood))
                raise Flooded(seconds(flood)) from flood
            except BadRequest as refusal:
                raise _meaning(refusal) from refusal
            except Forbidden as refusal:
                raise ChatGone from refusal
            except (TelegramError, TimeoutError) as fault:
                self._lost(fault)
                if attempt == attempts or (may_have_arrived(fault) and not is_repeatable):
                    raise NotDelivered from fault
                await self._clock.sleep(RETRY_GAP * 2 ** (attempt - 1))
            else:
                self._reached()
                return answer
        raise NotDelivered

    def _lost(self, fault: Exception) -> None:
        if self._is_reachable:
            self._is_reachable = False
            logger.warning("Telegram does not answer: %s", type(fault).__name__)

    def _reached(self) -> None:
        if not self._is_reachable:
            self._is_reachable = True
            logger.info("Telegram answers again")


def note_refusal(refusal: BadRequest) -> None:
    """Of what nobody waits for: it fails alone and takes no other part with it."""
    logger.error("Telegram refuses what we sent: %s", refusal)


def may_have_arrived(fault: Exception) -> bool:
    """Whether Telegram may have carried out the request whose answer did not come."""
    if isinstance(fault, NotConnected):
        return False
    return isinstance(fault, AnswerLost | TimedOut | TimeoutError)


def seconds(flood: RetryAfter) -> float:
    """How long Telegram wants silence; the library gives either type, by its own switch."""
    wait = flood.retry_after
    return wait.total_seconds() if isinstance(wait, dt.timedelta) else float(wait)


def _meaning(refusal: BadRequest) -> Exception:
    text = refusal.message.lower()
    if any(words in text for words in _NOTHING_TO_DO):
        return NothingToDo()
    if any(words in text for words in _MESSAGE_GONE):
        return MessageGone()
    if any(words in text for words in _CHAT_GONE):
        return ChatGone()
    return refusal
