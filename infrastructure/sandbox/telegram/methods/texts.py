"""Text messages: send, edit, delete."""

from datetime import timedelta
from typing import Final

from aiogram.methods import (
    DeleteMessage,
    DeleteMessages,
    EditMessageReplyMarkup,
    EditMessageText,
    SendMessage,
)
from aiogram.types import Message

from infrastructure.sandbox.telegram.chats import ChatLog
from infrastructure.sandbox.telegram.errors import bad_request
from infrastructure.sandbox.telegram.keyboards import checked_keyboard
from infrastructure.sandbox.telegram.methods.common import (
    changed_message,
    new_message,
    own_message,
    preview_of,
)
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.text import message_text

DELETABLE: Final = timedelta(hours=48)
MOST_DELETED: Final = 100


def send_message(desk: TelegramSandbox, call: SendMessage) -> Message:
    log = desk.open_chat(call.chat_id)
    body = message_text(call.text, call.parse_mode, call.entities, "message is too long")
    message = new_message(
        desk,
        log,
        call.reply_parameters,
        text=body.text,
        entities=list(body.entities) or None,
        reply_markup=checked_keyboard(call.reply_markup),
        link_preview_options=preview_of(call.link_preview_options, body.entities),
    )
    desk.spend(log.chat.id)
    return desk.chats.post(log, message, is_silent=bool(call.disable_notification))


def edit_message_text(desk: TelegramSandbox, call: EditMessageText) -> Message:
    body = message_text(call.text, call.parse_mode, call.entities, "MESSAGE_TOO_LONG")
    keyboard = checked_keyboard(call.reply_markup)
    log, entry = own_message(desk, call.chat_id, call.message_id)
    if entry.message.text is None:
        raise bad_request("there is no text in the message to edit")
    desk.spend(log.chat.id)
    changed = changed_message(
        desk,
        entry,
        text=body.text,
        entities=list(body.entities) or None,
        reply_markup=keyboard,
        link_preview_options=preview_of(call.link_preview_options, body.entities),
    )
    return desk.chats.replace(log, entry, changed)


def edit_message_reply_markup(desk: TelegramSandbox, call: EditMessageReplyMarkup) -> Message:
    keyboard = checked_keyboard(call.reply_markup)
    log, entry = own_message(desk, call.chat_id, call.message_id)
    desk.spend(log.chat.id)
    return desk.chats.replace(log, entry, changed_message(desk, entry, reply_markup=keyboard))


def delete_message(desk: TelegramSandbox, call: DeleteMessage) -> bool:
    log = desk.open_chat(call.chat_id)
    if log.living(call.message_id) is None:
        raise bad_request("message to delete not found")
    if not _delete(desk, log, call.message_id):
        raise bad_request("message can't be deleted for everyone")
    return True


def delete_messages(desk: TelegramSandbox, call: DeleteMessages) -> bool:
    """Messages that cannot be found or deleted are skipped, as Telegram does."""
    log = desk.open_chat(call.chat_id)
    if not call.message_ids:
        raise bad_request("message identifiers are not specified")
    if len(call.message_ids) > MOST_DELETED:
        raise bad_request("too many message identifiers specified")
    for message_id in call.message_ids:
        _delete(desk, log, message_id)
    return True


def _delete(desk: TelegramSandbox, log: ChatLog, message_id: int) -> bool:
    entry = log.living(message_id)
    if entry is None or desk.now() - entry.message.date > DELETABLE:
        return False
    author = entry.message.from_user
    is_own = author is not None and author.id == desk.bot.id
    if not (is_own or log.is_private or log.bot_is_admin):
        return False
    desk.chats.delete(log, entry)
    return True
