"""Messages that are no words to act on: what each of them gets instead."""

from collections import OrderedDict
from typing import Final

from telegram import Message, MessageOriginUser, Update
from telegram.ext import filters

from telegram_bot.deep_links import payload_in
from telegram_bot.words import mark

EDITED: Final = mark(
    "I act on new messages only: your edit changed nothing, and nothing was bought or sold. To "
    "say it anew, send it again."
)
COPIED: Final = mark(
    "That is a copy of a card of mine: its buttons work on the original only. Nothing was done."
)
REMEMBERED: Final = 1_000  # albums


class Albums:
    """Each album is answered once, although its pictures come one by one."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[int, str], None] = OrderedDict()

    def is_rest(self, chat_id: int, album: str | None) -> bool:
        """Whether something of the same album came before; False for what is in none."""
        if album is None:
            return False
        if (chat_id, album) in self._seen:
            return True
        self._seen[chat_id, album] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False


def is_service(update: Update) -> bool:
    """Whether Telegram itself says something, of a pinned message for instance."""
    return bool(filters.StatusUpdate.ALL.check_update(update))


def is_own_copy(message: Message, bot_id: int) -> bool:
    """Whether it is a card of ours that was sent on, or sent by way of us."""
    origin = message.forward_origin
    is_sent_on = isinstance(origin, MessageOriginUser) and origin.sender_user.id == bot_id
    return is_sent_on or (message.via_bot is not None and message.via_bot.id == bot_id)


def payload_on(message: Message, bot: str) -> str | None:
    """What the first link of ours on a message carries."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    addresses = (button.url for row in rows for button in row if button.url)
    return next((found for url in addresses if (found := payload_in(url, bot))), None)
