"""What several methods share: finding the message, building it, changing it."""

from collections.abc import Iterable

from aiogram.types import LinkPreviewOptions, Message, MessageEntity, ReplyParameters

from infrastructure.sandbox.telegram.chats import ChatLog, Entry
from infrastructure.sandbox.telegram.errors import NOT_MODIFIED, bad_request
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.wire import plain


def own_message(
    desk: TelegramSandbox, chat_id: int | str | None, message_id: int | None
) -> tuple[ChatLog, Entry]:
    """The bot's own message, to be edited. Raises: BotApiError if it is gone or another's."""
    if chat_id is None or message_id is None:
        raise bad_request("message identifier is not specified")
    log = desk.open_chat(chat_id)
    entry = log.living(message_id)
    if entry is None:
        raise bad_request("message to edit not found")
    if entry.message.from_user is None or entry.message.from_user.id != desk.bot.id:
        raise bad_request("message can't be edited")
    return log, entry


def new_message(
    desk: TelegramSandbox, log: ChatLog, reply: ReplyParameters | None, **content: object
) -> Message:
    """A message of the bot that is not posted yet. Raises: BotApiError if the reply dangles."""
    fields: dict[str, object] = {
        "message_id": desk.chats.next_message_id(),
        "date": desk.now(),
        "chat": log.chat,
        "from_user": desk.bot,
        "reply_to_message": _replied(log, reply),
    }
    return Message.model_validate(fields | content)


def changed_message(desk: TelegramSandbox, entry: Entry, **content: object) -> Message:
    """The message with new content. Raises: BotApiError if nothing is new."""
    changed = entry.message.model_copy(update=content)
    if plain(changed) == plain(entry.message):
        raise bad_request(NOT_MODIFIED)
    return changed.model_copy(update={"edit_date": int(desk.now().timestamp())})


def preview_of(options: object, entities: Iterable[MessageEntity]) -> LinkPreviewOptions | None:
    """Telegram gives preview options back only where the text holds a link."""
    has_link = any(entity.type in {"url", "text_link"} for entity in entities)
    return options if isinstance(options, LinkPreviewOptions) and has_link else None


def _replied(log: ChatLog, reply: ReplyParameters | None) -> Message | None:
    if reply is None:
        return None
    entry = log.living(reply.message_id)
    if entry is None:
        if reply.allow_sending_without_reply is True:
            return None
        raise bad_request("message to be replied not found")
    return entry.message.model_copy(update={"reply_to_message": None})
