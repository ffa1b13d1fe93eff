"""Methods about a chat: taps, typing, pins, reactions, its description."""

from typing import Final

from aiogram.methods import (
    AnswerCallbackQuery,
    GetChat,
    PinChatMessage,
    SendChatAction,
    SetMessageReaction,
    UnpinChatMessage,
)
from aiogram.types import AcceptedGiftTypes, ChatFullInfo, ReactionTypeEmoji

from infrastructure.sandbox.telegram.chats import Entry
from infrastructure.sandbox.telegram.errors import STALE_QUERY, bad_request
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.utf16 import utf16_length
from infrastructure.sandbox.telegram.violations import ViolationKind

ANSWER_LIMIT: Final = 200
TYPING_SECONDS: Final = 5.0
ACTIONS: Final = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note",
    "upload_video_note",
})  # fmt: skip
NO_GIFTS: Final = AcceptedGiftTypes(
    unlimited_gifts=False,
    limited_gifts=False,
    unique_gifts=False,
    premium_subscription=False,
    gifts_from_channels=False,
)


def answer_callback_query(desk: TelegramSandbox, call: AnswerCallbackQuery) -> bool:
    query = desk.queries.find(call.callback_query_id)
    if utf16_length(call.text or "") > ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    if query is not None and query.answer is not None:
        desk.complain(ViolationKind.ANSWERED_TWICE, call.__api_method__, f"query {query.id}")
    if query is None or query.answer is not None or desk.queries.is_stale(query):
        raise bad_request(STALE_QUERY)
    desk.queries.settle(query, call)
    desk.chats.said.append(call.text or "")
    return True


def send_chat_action(desk: TelegramSandbox, call: SendChatAction) -> bool:
    log = desk.open_chat(call.chat_id)
    if call.action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    log.typing_until = desk.clock() + TYPING_SECONDS
    desk.chats.touch(log)
    return True


def get_chat(desk: TelegramSandbox, call: GetChat) -> ChatFullInfo:
    log = desk.open_chat(call.chat_id)
    pinned = log.living(log.pinned[-1]) if log.pinned else None
    return ChatFullInfo(
        id=log.chat.id,
        type=log.chat.type,
        title=log.chat.title,
        first_name=log.chat.first_name,
        last_name=log.chat.last_name,
        username=log.chat.username,
        accent_color_id=0,
        max_reaction_count=1,
        accepted_gift_types=NO_GIFTS,
        pinned_message=pinned.message if pinned else None,
    )


def pin_chat_message(desk: TelegramSandbox, call: PinChatMessage) -> bool:
    log = desk.open_chat(call.chat_id)
    if log.living(call.message_id) is None:
        raise bad_request("message to pin not found")
    if call.message_id in log.pinned:
        log.pinned.remove(call.message_id)
    log.pinned.append(call.message_id)
    desk.chats.touch(log)
    return True


def unpin_chat_message(desk: TelegramSandbox, call: UnpinChatMessage) -> bool:
    log = desk.open_chat(call.chat_id)
    message_id = call.message_id or (log.pinned[-1] if log.pinned else None)
    if message_id not in log.pinned:
        raise bad_request("message to unpin not found")
    log.pinned.remove(message_id)
    desk.chats.touch(log)
    return True


def set_message_reaction(desk: TelegramSandbox, call: SetMessageReaction) -> bool:
    log = desk.open_chat(call.chat_id)
    entry: Entry | None = log.living(call.message_id)
    if entry is None:
        raise bad_request("message to react not found")
    reactions = call.reaction or []
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if not all(isinstance(reaction, ReactionTypeEmoji) for reaction in reactions):
        raise bad_request("REACTION_INVALID")
    emoji = [each.emoji for each in reactions if isinstance(each, ReactionTypeEmoji)]
    desk.chats.react(log, entry, emoji[0] if emoji else "")
    return True
