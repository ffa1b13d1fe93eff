"""Carries requests to Telegram on their chat's turn, and knows who has blocked us."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram import Message
from telegram.error import BadRequest

from telegram_bot.clock import Clock
from telegram_bot.delivery import (
    ATTEMPTS,
    ChatGone,
    Delivery,
    Flooded,
    MessageGone,
    NotDelivered,
    NothingToDo,
    note_refusal,
)
from telegram_bot.lanes import Lanes, Place, TooLate
from telegram_bot.pacing import Pace, Urgency

logger = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_WAIT: Final = 120.0  # seconds; a chat that is silenced for longer misses a message


class Courier:
    def __init__(self, clock: Clock, pace: Pace) -> None:
        self.delivery: Final = Delivery(clock)
        self.lanes: Final = Lanes(clock, pace)
        self._clock = clock
        self._inactive: set[int] = set()

    def place(
        self,
        chat_id: int,
        urgency: Urgency,
        within: float = LONGEST_WAIT,
        key: tuple[int, int] | None = None,
    ) -> Place:
        return Place(chat_id, urgency, until=self._clock.now() + within, key=key)

    async def send(self, place: Place, request: Callable[[], Awaitable[Message]]) -> int | None:
        try:
            message = await self.deliver(place, request, is_repeatable=False)
        except ChatGone:
            self.mark_inactive(place.chat)
            return None
        except NotDelivered:
            return None
        return message.message_id

    async def deliver(
        self, place: Place, request: Callable[[], Awaitable[T]], *, is_repeatable: bool = True
    ) -> T:
        """The answer, on the turn of `place`, or on the next one where the chat is slowed down.

        Raises: as `Delivery.call`, Superseded.
        """
        while True:
            try:
                await self.lanes.turn(place)
            except TooLate as late:
                raise NotDelivered from late
            try:
                return await self.attempt(
                    place.chat, request, attempts=ATTEMPTS, is_repeatable=is_repeatable
                )
            except Flooded as flood:
                if self._clock.now() + flood.seconds > place.until:
                    raise

    async def attempt(
        self,
        chat_id: int,
        request: Callable[[], Awaitable[T]],
        *,
        attempts: int = 1,
        is_repeatable: bool = True,
    ) -> T:
        """On a turn that is spent already; what Telegram refused to take did not use it."""
        try:
            return await self.delivery.call(request, attempts=attempts, is_repeatable=is_repeatable)
        except Flooded as flood:
            self.lanes.refused(chat_id, flood.seconds)
            self.lanes.give_back(chat_id)
            raise

    async def if_room(self, chat_id: int, request: Callable[[], Awaitable[Message | bool]]) -> bool:
        """Whether Telegram was told; False if the chat was too busy or Telegram away.

        What nobody waits for leaves one message of the burst to what somebody asks for next.
        """
        if not self.lanes.try_turn(chat_id, Urgency.BROADCAST):
            return False
        try:
            await self.attempt(chat_id, request)
        except NotDelivered:
            return False
        except BadRequest as refusal:
            note_refusal(refusal)
            return False
        except (NothingToDo, MessageGone):
            pass
        except ChatGone:
            self.mark_inactive(chat_id)
        return True

    def heard_from(self, chat_id: int) -> None:
        """Its user has just done something, so the chat is active."""
        self._inactive.discard(chat_id)

    def is_inactive(self, chat_id: int) -> bool:
        """Whether the user has blocked us, as far as we know."""
        return chat_id in self._inactive

    def mark_inactive(self, chat_id: int) -> None:
        if chat_id not in self._inactive:
            self._inactive.add(chat_id)
            logger.info("a user has blocked the bot", extra={"chat_id": chat_id})
