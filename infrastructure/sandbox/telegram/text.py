"""What a text or caption becomes before it is stored: parsed, tidied, measured."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from aiogram.types import MessageEntity

from infrastructure.sandbox.telegram.detection import with_detected
from infrastructure.sandbox.telegram.errors import bad_request
from infrastructure.sandbox.telegram.html_text import FormattedText, parse_html
from infrastructure.sandbox.telegram.utf16 import utf16_length, utf16_units

TEXT_LIMIT: Final = 4096  # UTF-16 units, after entities are parsed
CAPTION_LIMIT: Final = 1024
BLANKED: Final = {code: " " for code in range(32) if chr(code) not in "\n\r"}
DROPPED: Final = "\r\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
TRIMMED: Final = f" \n{DROPPED}"


def formatted(
    text: str, parse_mode: object = None, entities: Iterable[MessageEntity] | None = None
) -> FormattedText:
    """The text as Telegram keeps it, with the entities it finds by itself added.

    `parse_mode` is what the request held: a string, or anything else for "not given".
    """
    if not isinstance(parse_mode, str) or not parse_mode:
        parsed = FormattedText(text, _within(text, entities or ()))
    elif parse_mode.lower() == "html":
        parsed = parse_html(text)
    else:
        raise bad_request("unsupported parse_mode")
    tidied = tidy(parsed)
    return FormattedText(tidied.text, with_detected(tidied.text, tidied.entities))


def tidy(parsed: FormattedText) -> FormattedText:
    """Control characters blanked or dropped, both ends trimmed, entities moved along."""
    text = parsed.text.translate(BLANKED)
    units = utf16_units(text)
    trimmed_end = utf16_length(text.rstrip(TRIMMED))
    first_entity = min((entity.offset for entity in parsed.entities), default=trimmed_end)
    trimmed_start = min(first_entity, len(text) - len(text.lstrip(TRIMMED)))
    dropped = {character.encode("utf-16-le") for character in DROPPED}
    keeps = [
        trimmed_start <= at < trimmed_end and unit not in dropped for at, unit in enumerate(units)
    ]
    kept_before = list(accumulate(keeps, initial=0))
    kept = b"".join(unit for unit, keep in zip(units, keeps, strict=True) if keep)
    moved = (_moved(entity, kept_before) for entity in parsed.entities)
    return FormattedText(
        kept.decode("utf-16-le"), tuple(entity for entity in moved if entity.length > 0)
    )


def message_text(
    text: str | None, parse_mode: object, entities: Iterable[MessageEntity] | None, too_long: str
) -> FormattedText:
    """Raises: BotApiError for an empty text, one over the limit, or bad markup."""
    body = formatted(text or "", parse_mode, entities)
    if not body.text:
        raise bad_request("message text is empty")
    if utf16_length(body.text) > TEXT_LIMIT:
        raise bad_request(too_long)
    return body


def caption_text(
    text: str | None, parse_mode: object, entities: Iterable[MessageEntity] | None
) -> FormattedText:
    """Raises: BotApiError for one over the limit, or bad markup. An empty caption is fine."""
    body = formatted(text or "", parse_mode, entities)
    if utf16_length(body.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return body


def _within(text: str, entities: Iterable[MessageEntity]) -> tuple[MessageEntity, ...]:
    length = utf16_length(text)
    checked = tuple(entities)
    for entity in checked:
        if entity.offset < 0 or entity.length < 0 or entity.offset + entity.length > length:
            raise bad_request(
                f"entity beginning at UTF-16 offset {entity.offset} ends after the end of the text "
                f"at UTF-16 offset {length}"
            )
    return checked


def _moved(entity: MessageEntity, kept_before: list[int]) -> MessageEntity:
    begin = kept_before[entity.offset]
    end = kept_before[entity.offset + entity.length]
    return entity.model_copy(update={"offset": begin, "length": end - begin})
