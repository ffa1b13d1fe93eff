"""What people do: write, edit, tap, block. Each act becomes a message or an update for the bot."""

from collections.abc import Mapping
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


def write(desk: TelegramSandbox, user: User, text: str, log: ChatLog | None = None) -> Message:
    """A text of this user, in the private chat with the bot unless another one is given."""
    content = {"text": _checked(text), "entities": list(with_detected(text.strip(), ())) or None}
    return post(desk, user, private_log(desk, user) if log is None else log, content)


def private_log(desk: TelegramSandbox, user: User) -> ChatLog:
    """The user's chat with the bot, which thereby is open."""
    desk.chats.know(user)
    log = desk.chats.open(private_chat(user))
    if log.is_blocked:
        raise NotPossibleError("the user has blocked the bot")
    return log


def post(desk: TelegramSandbox, user: User, log: ChatLog, content: Mapping[str, object]) -> Message:
    """Any message of this user; the bot hears of it if it may."""
    fields = {
        "message_id": desk.chats.next_message_id(),
        "date": desk.now(),
        "chat": log.chat,
        "from_user": user,
    }
    message = Message.model_validate(fields | dict(content))
    desk.chats.post(log, message)
    if _is_heard(desk, log, message):
        desk.updates.push(Update(update_id=desk.updates.next_id(), message=message))
    return message


def edit(desk: TelegramSandbox, user: User, log: ChatLog, message_id: int, text: str) -> Message:
    """The user changes an own text."""
    entry = log.living(message_id)
    author = entry.message.from_user if entry else None
    if entry is None or entry.message.text is None or author is None or author.id != user.id:
        raise NotPossibleError("the user has no such text in this chat")
    changed = entry.message.model_copy(
        update={
            "text": _checked(text),
            "entities": list(with_detected(text.strip(), ())) or None,
            "edit_date": int(desk.now().timestamp()),
        }
    )
    desk.chats.replace(log, entry, changed)
    if _is_heard(desk, log, changed):
        desk.updates.push(Update(update_id=desk.updates.next_id(), edited_message=changed))
    return changed


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


def tap_inline(desk: TelegramSandbox, user: User, inline_message_id: str, data: str) -> Query:
    """A tap on a button of a message that was sent by way of the bot, whatever is on it."""
    desk.chats.know(user)
    query = desk.queries.ask(user.id, data)
    callback = CallbackQuery(
        id=query.id,
        from_user=user,
        chat_instance=CHAT_INSTANCE,
        inline_message_id=inline_message_id,
        data=data,
    )
    desk.updates.push(Update(update_id=desk.updates.next_id(), callback_query=callback))
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


def _checked(text: str) -> str:
    text = text.strip()
    if not 1 <= utf16_length(text) <= TEXT_LIMIT:
        raise NotPossibleError(f"a message has 1 to {TEXT_LIMIT} characters")
    return text


def _is_heard(desk: TelegramSandbox, log: ChatLog, message: Message) -> bool:
    """In a group a bot that is no administrator hears commands for it and answers to it only."""
    if log.is_private or log.bot_is_admin:
        return True
    word = (message.text or message.caption or "").partition(" ")[0]
    _, _, addressee = word.partition("@")
    is_command = word.startswith("/") and addressee.lower() in {
        "",
        (desk.bot.username or "").lower(),
    }
    reply = message.reply_to_message
    answered = reply.from_user if reply else None
    return is_command or (answered is not None and answered.id == desk.bot.id)
