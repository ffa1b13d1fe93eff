"""The only sender: everything waits for its turn, so a chat that is slowed down waits alone."""

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Final

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest

from telegram_bot.callbacks import Codec
from telegram_bot.clock import Clock
from telegram_bot.courier import LONGEST_WAIT, Courier
from telegram_bot.delivery import (
    ChatGone,
    Flooded,
    MessageGone,
    NotDelivered,
    NothingToDo,
    note_refusal,
)
from telegram_bot.keyboards import keyboard
from telegram_bot.lanes import Superseded
from telegram_bot.lookers import Lookers
from telegram_bot.pacing import Pace, Urgency
from telegram_bot.screens.screen import Screen
from telegram_bot.sending_files import FileSender
from telegram_bot.sending_inline import InlineSender
from telegram_bot.shown import ShownMessages

REMEMBERED: Final = 4_000  # answered taps
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


class LiveEdit(Enum):
    """What became of an edit that nobody asked for."""

    DONE = auto()
    LATER = auto()  # Telegram did not take it now
    GONE = auto()  # the message or the chat is not there any more, or Telegram refuses it


class Messenger:
    def __init__(self, bot: Bot, codec: Codec, clock: Clock, pace: Pace) -> None:
        self._bot = bot
        self._codec = codec
        self._courier = Courier(clock, pace)
        self._shown = ShownMessages()
        self.lookers: Final = Lookers()
        self.lanes: Final = self._courier.lanes
        self.files: Final = FileSender(bot, self._keyboard, self._courier, self._shown)
        self.inline: Final = InlineSender(bot, codec, self._courier.delivery)
        self._answered: dict[str, None] = {}  # taps, oldest first

    def start_link(self, argument: str) -> str:
        """Opens a chat with the bot, to begin with `/start argument`."""
        return f"https://t.me/{self._bot.username}?start={argument}"

    async def send(
        self,
        chat_id: int,
        screen: Screen,
        *,
        urgency: Urgency = Urgency.TAP,
        within: float = LONGEST_WAIT,
        silent: bool = False,
    ) -> int | None:
        """The new message's id; None if it could not be delivered, or not in so many seconds.

        `silent`: without a sound.
        """
        return await self._courier.send(
            self._courier.place(chat_id, urgency, within),
            lambda: self._bot.send_message(
                chat_id,
                screen.full_text,
                parse_mode=ParseMode.HTML,
                reply_markup=self._keyboard(chat_id, screen),
                link_preview_options=NO_PREVIEW,
                disable_notification=silent or None,
            ),
        )

    async def edit(
        self, chat_id: int, message_id: int, screen: Screen, *, urgency: Urgency = Urgency.TAP
    ) -> int | None:
        """The id of the message that shows `screen` now: a fresh one if the old is gone.

        An edit that a newer one of the same message overtakes is as good as done.
        """
        screen = self.lookers.fit(chat_id, screen)  # whoever may do more now sees more of the same
        if self._shown.shows(chat_id, message_id, screen):
            return message_id
        place = self._courier.place(chat_id, urgency, key=(chat_id, message_id))
        try:
            await self._courier.deliver(place, self._edit(chat_id, message_id, screen))
        except NothingToDo:
            pass
        except Superseded:
            return message_id
        except MessageGone:
            return await self.send(chat_id, screen, urgency=urgency)
        except ChatGone:
            self._courier.mark_inactive(chat_id)
            return None
        except NotDelivered:
            return None
        self._shown.note(chat_id, message_id, screen)
        return message_id

    async def edit_live(self, chat_id: int, message_id: int, screen: Screen) -> LiveEdit:
        """Show news, on a turn that the caller has got from `lanes`; never waits or repeats."""
        screen = self.lookers.fit(chat_id, screen)
        if self._courier.is_inactive(chat_id):
            self.lanes.give_back(chat_id)
            return LiveEdit.GONE
        try:
            await self._courier.attempt(chat_id, self._edit(chat_id, message_id, screen))
        except NotDelivered:
            return LiveEdit.LATER
        except (MessageGone, ChatGone) as gone:
            if isinstance(gone, ChatGone):
                self._courier.mark_inactive(chat_id)
            return LiveEdit.GONE
        except BadRequest as refusal:
            note_refusal(refusal)
            return LiveEdit.GONE
        except NothingToDo:
            pass
        self._shown.note(chat_id, message_id, screen)
        return LiveEdit.DONE

    async def hint(self, chat_id: int, message_id: int, screen: Screen) -> None:
        """An edit on the way to the next one; left out in a busy chat."""
        await self._courier.if_room(chat_id, self._edit(chat_id, message_id, screen))

    async def strip(self, chat_id: int, message_id: int) -> None:
        """Take the buttons off a message that was replaced, once; left out in a busy chat."""
        if self._shown.is_bare(chat_id, message_id):
            return
        was_told = await self._courier.if_room(
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
            await self._courier.delivery.call(
                lambda: self._bot.answer_callback_query(query_id, text or None, show_alert=alert),
                attempts=1,
            )
        except (NothingToDo, ChatGone, NotDelivered):
            return
        except BadRequest as refusal:
            note_refusal(refusal)

    async def typing(self, chat_id: int) -> None:
        """A sign of work; it goes by itself, and nothing depends on it."""
        await self._sign(chat_id, ChatAction.TYPING)

    async def uploading(self, chat_id: int) -> None:
        """A sign of a picture on its way, as `typing` is one of words."""
        await self._sign(chat_id, ChatAction.UPLOAD_PHOTO)

    async def _sign(self, chat_id: int, action: ChatAction) -> None:
        if self._courier.is_inactive(chat_id):
            return
        try:
            await self._courier.delivery.call(
                lambda: self._bot.send_chat_action(chat_id, action), attempts=1
            )
        except (NothingToDo, ChatGone, NotDelivered):
            return
        except BadRequest as refusal:
            note_refusal(refusal)

    async def delete(self, chat_id: int, message_id: int) -> bool:
        """Whether we could remove the message."""
        try:
            return await self._courier.delivery.call(
                lambda: self._bot.delete_message(chat_id, message_id)
            )
        except Flooded as flood:
            self.lanes.refused(chat_id, flood.seconds)
            return False
        except (MessageGone, ChatGone, NotDelivered, BadRequest):
            return False

    def heard_from(self, chat_id: int) -> None:
        """Its user has just done something, so the chat is active."""
        self._courier.heard_from(chat_id)

    def mark_inactive(self, chat_id: int) -> None:
        """Its user has blocked us."""
        self._courier.mark_inactive(chat_id)

    @property
    def bot_id(self) -> int:
        return self._bot.id

    @property
    def bot_name(self) -> str:
        """Without the @."""
        return self._bot.username

    def is_inactive(self, chat_id: int) -> bool:
        """Whether the user has blocked us, as far as we know."""
        return self._courier.is_inactive(chat_id)

    def _keyboard(self, chat_id: int, screen: Screen) -> InlineKeyboardMarkup | None:
        return keyboard(self.lookers.fit(chat_id, screen), self._codec, self._bot)

    def _edit(
        self, chat_id: int, message_id: int, screen: Screen
    ) -> Callable[[], Awaitable[Message | bool]]:
        def request() -> Awaitable[Message | bool]:
            self._shown.forget(chat_id, message_id)
            return self._bot.edit_message_text(
                screen.full_text,
                chat_id=chat_id,
                message_id=message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=self._keyboard(chat_id, screen),
                link_preview_options=NO_PREVIEW,
            )

        return request
