"""What people do: write, tap, block. Each act becomes a message or an update for the bot."""

from datetime import UTC, datetime
from typing import Final

from aiogram.types import (
    CallbackQuery,
    ChatMemberBanned,
    ChatMemberMember,
    ChatMemberUpdated,
    InaccessibleMessage,
    Message,
    Update,
    User,
)

from infrastructure.sandbox.telegram.chats import ChatLog, private_chat
from infrastructure.sandbox.telegram.detection import with_detected
from infrastructure.sandbox.telegram.queries import Query
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.text import TEXT_LIMIT
from infrastructure.sandbox.telegram.utf16 import utf16_length

FOR_EVER: Final = datetime.fromtimestamp(0, UTC)  # Telegram's 0 in `until_date`
CHAT_INSTANCE: Final = "7700000000000000001"


class NotPossibleError(Exception):
    """An act that a Telegram client would not offer; the text says why."""


def write(desk: TelegramSandbox, user: User, text: str) -> Message:
    """A text of this user in the private chat with the bot, which thereby is open."""
    text = text.strip()
    if not 1 <= utf16_length(text) <= TEXT_LIMIT:
        raise NotPossibleError(f"a message has 1 to {TEXT_LIMIT} characters")
    desk.chats.know(user)
    log = desk.chats.open(private_chat(user))
    if log.is_blocked:
        raise NotPossibleError("the user has blocked the bot")
    message = Message(
        message_id=desk.chats.next_message_id(),
        date=desk.now(),
        chat=log.chat,
        from_user=user,
        text=text,
        entities=list(with_detected(text, ())) or None,
    )
    desk.chats.post(log, message)
    desk.updates.push(Update(update_id=desk.updates.next_id(), message=message))
    return message


def tap(
    desk: TelegramSandbox,
    user: User,
    log: ChatLog,
    message_id: int,
    data: str,
    *,
    is_forged: bool = False,
) -> Query:
    """A tap on a button; the update is on its way on return.

    A forged one may come from anybody, name any message of the chat and reaches a bot that did not
    ask for taps.
    """
    desk.chats.know(user)
    entry = log.living(message_id)
    message = entry.message if entry else InaccessibleMessage(chat=log.chat, message_id=message_id)
    query = desk.queries.ask(user.id, data)
    callback = CallbackQuery(
        id=query.id,
        from_user=user,
        chat_instance=CHAT_INSTANCE,
        message=message,
        data=data,
    )
    update = Update(update_id=desk.updates.next_id(), callback_query=callback)
    desk.updates.push(update, is_forced=is_forged)
    return query


def set_blocked(desk: TelegramSandbox, user: User, *, is_blocked: bool) -> None:
    """The user blocks or unblocks the bot, which hears of it once."""
    log = desk.chats.log(user.id)
    if log is None:
        raise NotPossibleError("the user has no chat with the bot")
    if log.is_blocked == is_blocked:
        return
    log.is_blocked = is_blocked
    member = ChatMemberMember(user=desk.bot)
    banned = ChatMemberBanned(user=desk.bot, until_date=FOR_EVER)
    change = ChatMemberUpdated(
        chat=log.chat,
        from_user=user,
        date=desk.now(),
        old_chat_member=member if is_blocked else banned,
        new_chat_member=banned if is_blocked else member,
    )
    desk.updates.push(Update(update_id=desk.updates.next_id(), my_chat_member=change))
    desk.chats.touch(log)
