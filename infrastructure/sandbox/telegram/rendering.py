"""Messages as the user side shows them: safe HTML, JSON views, a plain transcript."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from aiogram.types import Message, MessageEntity

from infrastructure.sandbox.telegram.chats import ChatLog, Entry
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.utf16 import utf16_units
from infrastructure.sandbox.telegram.wire import plain

TAGS: Final = {
    "bold": ("<b>", "</b>"), "italic": ("<i>", "</i>"), "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"), "code": ("<code>", "</code>"), "pre": ("<pre>", "</pre>"),
    "spoiler": ('<span class="spoiler">', "</span>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ('<blockquote class="expandable">', "</blockquote>"),
}  # fmt: skip


def safe_html(text: str, entities: Iterable[MessageEntity]) -> str:
    """The text with its formatting; everything that came from outside is escaped.

    >>> safe_html("a < b", [MessageEntity(type="bold", offset=0, length=1)])
    '<b>a</b> &lt; b'
    """
    units = utf16_units(text)
    ordered = sorted(entities, key=lambda entity: (entity.offset, -entity.length))
    return _html(units, ordered, 0, len(units))


def _html(units: list[bytes], entities: Sequence[MessageEntity], at: int, end: int) -> str:
    pieces = []
    while entities:
        outer, rest = entities[0], entities[1:]
        begin, stop = max(outer.offset, at), min(outer.offset + outer.length, end)
        inner = [entity for entity in rest if entity.offset < stop]
        entities = rest[len(inner) :]
        pieces.append(_escaped(units[at:begin]))
        pieces.append(_wrapped(outer, units[begin:stop], _html(units, inner, begin, stop)))
        at = max(at, stop)
    return "".join(pieces) + _escaped(units[at:end])


def _wrapped(entity: MessageEntity, units: list[bytes], inner: str) -> str:
    match entity.type:
        case "text_link" if entity.url:
            target = entity.url
        case "url":
            target = b"".join(units).decode("utf-16-le")
            target = target if "://" in target else f"https://{target}"
        case _:
            opening, closing = TAGS.get(entity.type, ("", ""))
            return f"{opening}{inner}{closing}"
    return f'<a href="{escape(target)}" rel="noopener noreferrer" target="_blank">{inner}</a>'


def _escaped(units: list[bytes]) -> str:
    return escape(b"".join(units).decode("utf-16-le", "replace"))


def message_view(desk: TelegramSandbox, entry: Entry) -> dict[str, object]:
    """One message as JSON for tests and the page; times are Unix seconds."""
    message = entry.message
    text, entities = _content(message)
    reply = message.reply_to_message
    return {
        "id": message.message_id,
        "from": _author(message),
        "text": text,
        "html": safe_html(text, entities),
        "entities": plain(entities),
        "reply_markup": plain(message.reply_markup),
        "photo": _photo(desk, message),
        "document": _document(message),
        "reply_to": reply.message_id if reply else None,
        "reaction": entry.reaction,
        "date": int(message.date.timestamp()),
        "edit_date": message.edit_date,
        "deleted": entry.is_deleted,
        "silent": entry.is_silent,
        "revision": entry.revision,
    }


def changes_view(desk: TelegramSandbox, log: ChatLog | None, after: int) -> dict[str, object]:
    """What changed in a chat since revision `after`, and how the chat stands now."""
    entries = log.changed_since(after) if log else ()
    return {
        "epoch": desk.epoch,
        "revision": log.revision if log else 0,
        "messages": [message_view(desk, entry) for entry in entries],
        "typing": log is not None and log.typing_until > desk.clock(),
        "blocked": log is not None and log.is_blocked,
        "pinned": log.pinned[-1] if log and log.pinned else None,
    }


def transcript(log: ChatLog) -> str:
    """The whole chat as plain text, one block a message, buttons in brackets."""
    return "\n".join(_told(entry) for entry in log.entries.values()) + "\n"


def _told(entry: Entry) -> str:
    message = entry.message
    name = message.from_user.first_name if message.from_user else message.chat.title
    marks = " (edited)" if message.edit_date else ""
    marks += " (deleted)" if entry.is_deleted else ""
    head = f"[{message.date:%H:%M:%S}] #{message.message_id} {name}{marks}"
    lines = [f"  {line}" for line in _content(message)[0].splitlines()]
    if message.photo:
        lines.insert(0, f"  <photo {message.photo[-1].width}x{message.photo[-1].height}>")
    if message.document:
        lines.insert(0, f"  <document {message.document.file_name}>")
    keyboard = message.reply_markup.inline_keyboard if message.reply_markup else []
    lines += ["  " + " ".join(f"[{button.text}]" for button in row) for row in keyboard]
    return "\n".join([head, *lines])


def _content(message: Message) -> tuple[str, list[MessageEntity]]:
    return (
        message.text or message.caption or "",
        message.entities or message.caption_entities or [],
    )


def _author(message: Message) -> dict[str, object] | None:
    author = message.from_user
    if author is None:
        return None
    return {"id": author.id, "is_bot": author.is_bot, "name": author.first_name}


def _photo(desk: TelegramSandbox, message: Message) -> dict[str, object] | None:
    if not message.photo:
        return None
    largest = message.photo[-1]
    url = f"/api/files/{largest.file_id}"
    known = desk.files.find(largest.file_id) is not None
    return {"url": url if known else None, "width": largest.width, "height": largest.height}


def _document(message: Message) -> dict[str, object] | None:
    document = message.document
    if document is None:
        return None
    return {
        "url": f"/api/files/{document.file_id}",
        "name": document.file_name,
        "size": document.file_size,
    }
