"""Pictures and documents, each with a screen as its caption (at most 1,024 characters)."""

from collections.abc import Callable
from typing import Final, TypeAlias

from telegram import Bot, InlineKeyboardMarkup, InputFile, InputMediaPhoto
from telegram.constants import ParseMode

from telegram_bot.courier import Courier
from telegram_bot.delivery import ChatGone, MessageGone, NotDelivered, NothingToDo
from telegram_bot.lanes import Superseded
from telegram_bot.pacing import Urgency
from telegram_bot.screens.screen import Screen
from telegram_bot.shown import ShownMessages

LARGEST: Final = 50 * 1024 * 1024  # bytes of a document that Telegram takes from a bot

Keyboard: TypeAlias = Callable[[int, Screen], InlineKeyboardMarkup | None]
"""The buttons of a screen, for a chat."""


class FileSender:
    """Of the messenger, whose turns and memory of what is shown it shares."""

    def __init__(
        self, bot: Bot, keyboard: Keyboard, courier: Courier, shown: ShownMessages
    ) -> None:
        self._bot = bot
        self._keyboard = keyboard
        self._courier = courier
        self._shown = shown

    async def photo(self, chat_id: int, picture: bytes, screen: Screen) -> int | None:
        """The new message's id; None if it could not be delivered."""
        return await self._courier.send(
            self._courier.place(chat_id, Urgency.TAP),
            lambda: self._bot.send_photo(
                chat_id,
                picture,
                caption=screen.full_text,
                parse_mode=ParseMode.HTML,
                reply_markup=self._keyboard(chat_id, screen),
            ),
        )

    async def document(self, chat_id: int, name: str, content: bytes, screen: Screen) -> int | None:
        """A file to keep; as `photo`. `content` is neither empty nor larger than `LARGEST`."""
        return await self._courier.send(
            self._courier.place(chat_id, Urgency.TAP),
            lambda: self._bot.send_document(
                chat_id,
                InputFile(content, filename=name),
                caption=screen.full_text,
                parse_mode=ParseMode.HTML,
                reply_markup=self._keyboard(chat_id, screen),
                disable_content_type_detection=True,
            ),
        )

    async def edit_photo(
        self, chat_id: int, message_id: int, picture: bytes, screen: Screen
    ) -> int | None:
        """The id of the message that shows `picture` now: a fresh one if the old is gone."""
        self._shown.forget(chat_id, message_id)
        place = self._courier.place(chat_id, Urgency.TAP, key=(chat_id, message_id))
        try:
            await self._courier.deliver(
                place,
                lambda: self._bot.edit_message_media(
                    InputMediaPhoto(picture, screen.full_text, parse_mode=ParseMode.HTML),
                    chat_id=chat_id,
                    message_id=message_id,
                    reply_markup=self._keyboard(chat_id, screen),
                ),
            )
        except (NothingToDo, Superseded):
            pass
        except MessageGone:
            return await self.photo(chat_id, picture, screen)
        except ChatGone:
            self._courier.mark_inactive(chat_id)
            return None
        except NotDelivered:
            return None
        return message_id
