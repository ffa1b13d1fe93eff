"""What people send besides words: pictures, albums, voices, places, and messages sent on."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from aiogram.types import InlineKeyboardMarkup, Message, MessageOriginUser, User

from infrastructure.sandbox.telegram.people import NotPossibleError, post, private_log
from infrastructure.sandbox.telegram.state import TelegramSandbox

SIDE: Final = 90  # pixels
CAPTIONED: Final = frozenset({"photo", "video", "document", "voice"})


def _file(**others: object) -> dict[str, object]:
    return {"file_id": secrets.token_hex(12), "file_unique_id": secrets.token_hex(6), **others}


KINDS: Final = MappingProxyType[str, Callable[[], object]](
    {
        "photo": lambda: [_file(width=SIDE, height=SIDE)],
        "video": lambda: _file(width=SIDE, height=SIDE, duration=3),
        "video_note": lambda: _file(length=SIDE, duration=3),
        "voice": lambda: _file(duration=3),
        "document": lambda: _file(file_name="notes.txt"),
        "sticker": lambda: _file(
            type="regular", width=SIDE, height=SIDE, is_animated=False, is_video=False
        ),
        "contact": lambda: {"phone_number": "+15550100", "first_name": "Cleo"},
        "location": lambda: {"latitude": 48.1, "longitude": 11.5},
        "dice": lambda: {"emoji": "🎲", "value": 4},
    }
)
"""By the field of a message: what stands there."""


def attach(
    desk: TelegramSandbox, user: User, kinds: Sequence[str], caption: str | None
) -> list[Message]:
    """One message each in the private chat with the bot; several share an album's id."""
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise NotPossibleError(f"the sandbox has no {unknown[0]}")
    log = private_log(desk, user)
    shared: Mapping[str, object] = (
        {"media_group_id": secrets.token_hex(8)} if len(kinds) > 1 else {}
    )
    sent = []
    for place, kind in enumerate(kinds):
        words = {"caption": caption} if caption and not place and kind in CAPTIONED else {}
        sent.append(post(desk, user, log, {kind: KINDS[kind](), **shared, **words}))
    return sent


def forward(desk: TelegramSandbox, user: User, chat_id: int, message_id: int) -> Message:
    """A message sent on to the bot; buttons that ask a bot stay behind."""
    log = desk.chats.log(chat_id)
    entry = log.living(message_id) if log else None
    if entry is None or entry.message.from_user is None:
        raise NotPossibleError("there is no such message to send on")
    original = entry.message
    origin = MessageOriginUser(date=original.date, sender_user=entry.message.from_user)
    content = {
        name: value
        for name in ("text", "entities", "caption", "caption_entities", "photo", "document")
        if (value := getattr(original, name)) is not None
    }
    kept = {"forward_origin": origin, "reply_markup": _links_only(original.reply_markup)}
    return post(desk, user, private_log(desk, user), content | kept)


def _links_only(markup: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    rows = markup.inline_keyboard if markup else []
    kept = [[button for button in row if button.url] for row in rows]
    linking = [row for row in kept if row]
    return InlineKeyboardMarkup(inline_keyboard=linking) if linking else None
