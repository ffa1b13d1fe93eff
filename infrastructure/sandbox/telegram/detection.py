"""Entities that Telegram finds by itself: commands, links and mentions in plain text."""

import re
from collections.abc import Iterable
from typing import Final

from aiogram.types import MessageEntity

from infrastructure.sandbox.telegram.utf16 import utf16_length

TOP_LEVEL: Final = "com|org|net|io|me|app|gg|xyz|co|dev|fi|finance|trade|markets"
PATTERNS: Final = {
    "bot_command": re.compile(
        r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])", re.ASCII
    ),
    "url": re.compile(
        rf"https?://[^\s<>\"]*[^\s<>\".,:;!?')\]]"
        rf"|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:{TOP_LEVEL})\b(?:/[^\s<>\"]*[^\s<>\".,:;!?')\]])?",
        re.IGNORECASE,
    ),
    "mention": re.compile(r"(?<![\w@./])@[a-zA-Z][a-zA-Z0-9_]{3,31}\b"),
}
OPAQUE: Final = frozenset({"code", "pre", "text_link", "text_mention", "custom_emoji"})


def with_detected(text: str, entities: Iterable[MessageEntity]) -> tuple[MessageEntity, ...]:
    """The given entities and those found outside code, links and each other, sorted."""
    known = list(entities)
    taken = [_span(entity) for entity in known if entity.type in OPAQUE]
    for kind, pattern in PATTERNS.items():
        for found in pattern.finditer(text):
            begin = utf16_length(text[: found.start()])
            length = utf16_length(found[0])
            if all(begin >= end or begin + length <= start for start, end in taken):
                taken.append((begin, begin + length))
                known.append(MessageEntity(type=kind, offset=begin, length=length))
    return tuple(sorted(known, key=lambda entity: (entity.offset, -entity.length)))


def _span(entity: MessageEntity) -> tuple[int, int]:
    return entity.offset, entity.offset + entity.length
