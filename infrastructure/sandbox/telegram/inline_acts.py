"""What people do with the bot's name in any chat: ask it, and send one of its results."""

from aiogram.types import InlineQuery, InputTextMessageContent, Message, Update, User

from infrastructure.sandbox.telegram.inline import Asked
from infrastructure.sandbox.telegram.keyboards import checked_keyboard
from infrastructure.sandbox.telegram.people import NotPossibleError, post, private_log
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.text import message_text


def ask(desk: TelegramSandbox, user: User, query: str, offset: str) -> Asked:
    """The update is on its way on return."""
    desk.chats.know(user)
    asked = desk.inline.ask(user.id)
    typed = InlineQuery(id=asked.id, from_user=user, query=query, offset=offset)
    desk.updates.push(Update(update_id=desk.updates.next_id(), inline_query=typed))
    return asked


def choose(
    desk: TelegramSandbox, user: User, query_id: str, result_id: str, chat_id: int | None
) -> Message:
    """The result as a message of this user, sent by way of the bot."""
    asked = desk.inline.find(query_id)
    result = asked.result(result_id) if asked else None
    if result is None or not isinstance(result.input_message_content, InputTextMessageContent):
        raise NotPossibleError("there is no such result")
    log = private_log(desk, user) if chat_id is None else desk.chats.log(chat_id)
    if log is None:
        raise NotPossibleError("there is no such chat")
    content = result.input_message_content
    body = message_text(content.message_text, content.parse_mode, content.entities, "too long")
    return post(
        desk,
        user,
        log,
        {
            "text": body.text,
            "entities": list(body.entities) or None,
            "reply_markup": checked_keyboard(result.reply_markup),
            "via_bot": desk.bot,
        },
    )
