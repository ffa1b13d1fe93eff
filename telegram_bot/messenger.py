"""The only sender: paced per chat, so that a chat which Telegram slows down waits alone."""

import logging
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Final

from telegram import (
    Bot,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest

from telegram_bot.callbacks import Codec
from telegram_bot.clock import Clock
from telegram_bot.delivery import ChatGone, Delivery, MessageGone, NotDelivered, NothingToDo
from telegram_bot.pacing import AllChats, Lane, Pace
from telegram_bot.screens.screen import Button, CopyButton, Screen
from telegram_bot.shown import ShownMessages

logger = logging.getLogger(__name__)

IDLE_LANES: Final = 1_000  # kept before the idle ones are thrown away
REMEMBERED: Final = 4_000  # answered taps
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


class LiveEdit(Enum):
    """What became of an edit that nobody asked for."""

    DONE = auto()
    LATER = auto()  # not now: too soon, or Telegram did not take it
    GONE = auto()  # the message or the chat is not there any more


class Messenger:
    def __init__(self, bot: Bot, codec: Codec, clock: Clock, pace: Pace) -> None:
        self._bot = bot
        self._codec = codec
        self._clock = clock
        self._pace = pace
        self._delivery = Delivery(clock)
        self._lanes: dict[int, Lane] = {}
        self._all = AllChats()
        self._inactive: set[int] = set()
        self._shown = ShownMessages()
        self._answered: dict[str, None] = {}  # taps, oldest first

    async def send(self, chat_id: int, screen: Screen) -> int | None:
        """The new message's id; None if it could not be delivered."""
        return await self._send(
            chat_id,
            lambda: self._bot.send_message(
                chat_id,
                screen.full_text,
                parse_mode=ParseMode.HTML,
                reply_markup=self._keyboard(screen),
                link_preview_options=NO_PREVIEW,
            ),
        )

    async def photo(self, chat_id: int, picture: bytes, screen: Screen) -> int | None:
        """A picture with the screen as its caption (at most 1,024 characters)."""
        return await self._send(
            chat_id,
            lambda: self._bot.send_photo(
                chat_id,
                picture,
                caption=screen.full_text,
                parse_mode=ParseMode.HTML,
                reply_markup=self._keyboard(screen),
            ),
        )

    async def edit(self, chat_id: int, message_id: int, screen: Screen) -> int | None:
        """The id of the message that shows `screen` now: a fresh one if the old is gone."""
        if self._shown.shows(chat_id, message_id, screen):
            return message_id
        lane = await self._turn(chat_id)
        try:
            await self._delivery.call(self._edit(chat_id, message_id, screen), lane)
        except NothingToDo:
            pass
        except MessageGone:
            return await self.send(chat_id, screen)
        except ChatGone:
            self._mark_inactive(chat_id)
            return None
        except NotDelivered:
            return None
        self._shown.note(chat_id, message_id, screen)
        return message_id

    async def edit_photo(
        self, chat_id: int, message_id: int, picture: bytes, screen: Screen
    ) -> int | None:
        """The id of the message that shows `picture` now: a fresh one if the old is gone."""
        lane = await self._turn(chat_id)
        self._shown.forget(chat_id, message_id)
        try:
            await self._delivery.call(
                lambda: self._bot.edit_message_media(
                    InputMediaPhoto(picture, screen.full_text, parse_mode=ParseMode.HTML),
                    chat_id=chat_id,
                    message_id=message_id,
                    reply_markup=self._keyboard(screen),
                ),
                lane,
            )
        except NothingToDo:
            pass
        except MessageGone:
            return await self.photo(chat_id, picture, screen)
        except ChatGone:
            self._mark_inactive(chat_id)
            return None
        except NotDelivered:
            return None
        return message_id

    async def edit_live(self, chat_id: int, message_id: int, screen: Screen) -> LiveEdit:
        """Show news if the chat's pace allows it right now; never waits, never repeats."""
        lane, now = self._lane(chat_id), self._clock.now()
        if chat_id in self._inactive:
            return LiveEdit.GONE
        if self.live_wait(chat_id) > 0:
            return LiveEdit.LATER
        self._spend(lane, now)
        try:
            await self._delivery.call(self._edit(chat_id, message_id, screen), lane, attempts=1)
        except NotDelivered:
            return LiveEdit.LATER
        except (MessageGone, ChatGone) as gone:
            if isinstance(gone, ChatGone):
                self._mark_inactive(chat_id)
            return LiveEdit.GONE
        except NothingToDo:
            pass
        self._shown.note(chat_id, message_id, screen)
        return LiveEdit.DONE

    def live_wait(self, chat_id: int) -> float:
        """Seconds until the chat's pace, and that of all chats, allow a live edit."""
        now = self._clock.now()
        return max(self._lane(chat_id).wait(now, live=True), self._all.wait(now, live=True))

    async def hint(self, chat_id: int, message_id: int, screen: Screen) -> None:
        """An edit on the way to the next one; left out in a busy chat."""
        await self._if_room(chat_id, self._edit(chat_id, message_id, screen))

    async def strip(self, chat_id: int, message_id: int) -> None:
        """Take the buttons off a message that was replaced, once; left out in a busy chat."""
        if self._shown.is_bare(chat_id, message_id):
            return
        was_told = await self._if_room(
            chat_id,
            lambda: self._bot.edit_message_reply_markup(chat_id=chat_id, message_id=message_id),
        )
        if was_told:
            self._shown.note(chat_id, message_id, None)

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """End the waiting circle on a tapped button: the first answer counts, others do nothing.

        Telegram does not limit these; nor do we.
        """
        if query_id in self._answered:
            return
        self._answered[query_id] = None
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
        try:
            await self._delivery.call(
                lambda: self._bot.answer_callback_query(query_id, text or None, show_alert=alert),
                attempts=1,
            )
        except (NothingToDo, ChatGone, NotDelivered):
            return

    async def typing(self, chat_id: int) -> None:
        """A sign of work; it goes by itself, and nothing depends on it."""
        if chat_id in self._inactive:
            return
        try:
            await self._delivery.call(
                lambda: self._bot.send_chat_action(chat_id, ChatAction.TYPING), attempts=1
            )
        except (NothingToDo, ChatGone, NotDelivered):
            return

    async def uploading(self, chat_id: int) -> None:
        """A sign of a picture on its way, as `typing` is one of words."""
        if chat_id in self._inactive:
            return
        try:
            await self._delivery.call(
                lambda: self._bot.send_chat_action(chat_id, ChatAction.UPLOAD_PHOTO), attempts=1
            )
        except (NothingToDo, ChatGone, NotDelivered):
            return

    async def delete(self, chat_id: int, message_id: int) -> bool:
        """Whether we could remove the message."""
        try:
            return await self._delivery.call(
                lambda: self._bot.delete_message(chat_id, message_id), self._lane(chat_id)
            )
        except (MessageGone, ChatGone, NotDelivered, BadRequest):
            return False

    def heard_from(self, chat_id: int) -> None:
        """Its user has just done something, so the chat is active."""
        self._inactive.discard(chat_id)

    def is_inactive(self, chat_id: int) -> bool:
        """Whether the user has blocked us, as far as we know."""
        return chat_id in self._inactive

    async def _if_room(
        self, chat_id: int, request: Callable[[], Awaitable[Message | bool]]
    ) -> bool:
        """Whether Telegram was told; False if the chat was too busy or Telegram away."""
        lane, now = self._lane(chat_id), self._clock.now()
        if not lane.has_room(now) or self._all.wait(now, live=True) > 0:
            return False
        self._spend(lane, now)
        try:
            await self._delivery.call(request, lane, attempts=1)
        except NotDelivered:
            return False
        except (NothingToDo, MessageGone):
            pass
        except ChatGone:
            self._mark_inactive(chat_id)
        return True

    async def _send(self, chat_id: int, request: Callable[[], Awaitable[Message]]) -> int | None:
        lane = await self._turn(chat_id)
        try:
            message = await self._delivery.call(request, lane, is_repeatable=False)
        except ChatGone:
            self._mark_inactive(chat_id)
            return None
        except NotDelivered:
            return None
        return message.message_id

    def _edit(
        self, chat_id: int, message_id: int, screen: Screen
    ) -> Callable[[], Awaitable[Message | bool]]:
        self._shown.forget(chat_id, message_id)
        return lambda: self._bot.edit_message_text(
            screen.full_text,
            chat_id=chat_id,
            message_id=message_id,
            parse_mode=ParseMode.HTML,
            reply_markup=self._keyboard(screen),
            link_preview_options=NO_PREVIEW,
        )

    def _keyboard(self, screen: Screen) -> InlineKeyboardMarkup | None:
        if not screen.rows:
            return None
        return InlineKeyboardMarkup(
            [
                [self._button(button, keeps_message=screen.keeps_message) for button in row]
                for row in screen.rows
            ]
        )

    def _button(self, button: Button | CopyButton, *, keeps_message: bool) -> InlineKeyboardButton:
        if isinstance(button, CopyButton):
            return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.text))
        return InlineKeyboardButton(
            button.label,
            callback_data=self._codec.encode(button.action, keeps_message=keeps_message),
            style=button.style.value if button.style else None,
        )

    async def _turn(self, chat_id: int) -> Lane:
        """Wait until the chat may hear from us, and take the place."""
        lane = self._lane(chat_id)
        while (wait := max(lane.wait(now := self._clock.now()), self._all.wait(now))) > 0:
            await self._clock.sleep(wait)
        self._spend(lane, now)
        return lane

    def _spend(self, lane: Lane, now: float) -> None:
        lane.spend(now)
        self._all.spend(now)

    def _lane(self, chat_id: int) -> Lane:
        if chat_id not in self._lanes and len(self._lanes) >= IDLE_LANES:
            now = self._clock.now()
            busy = {chat: lane for chat, lane in self._lanes.items() if not lane.is_idle(now)}
            self._lanes = busy
        return self._lanes.setdefault(chat_id, Lane(self._pace))

    def _mark_inactive(self, chat_id: int) -> None:
        if chat_id not in self._inactive:
            self._inactive.add(chat_id)
            logger.info("a user has blocked the bot", extra={"chat_id": chat_id})
