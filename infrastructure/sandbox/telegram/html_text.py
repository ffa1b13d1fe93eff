"""Telegram's HTML: text with tags becomes plain text and entities, or a refusal in its words."""

import re
from dataclasses import dataclass, field
from typing import Final

from aiogram.types import MessageEntity, User

from infrastructure.sandbox.telegram.errors import bad_request
from infrastructure.sandbox.telegram.links import checked_link, linked_user
from infrastructure.sandbox.telegram.utf16 import utf16_length

SPACE: Final = r" \t\r\n\v\0"
REFERENCE: Final = re.compile(r"&(?:#x([0-9a-fA-F]*)|#([0-9]*)|([a-zA-Z]+));?")
NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
LONGEST_NUMBER: Final = 10  # characters of a numeric reference; longer ones are plain text
LAST_CODE: Final = 0x10FFFF
SURROGATES: Final = range(0xD800, 0xE000)
START_TAG: Final = re.compile(rf"<([^{SPACE}>]*)")
END_TAG: Final = re.compile(rf"</([^{SPACE}>]*)[{SPACE}]*(>?)")
ATTRIBUTE: Final = re.compile(
    rf"[{SPACE}]*(?P<name>[^{SPACE}=>]*)[{SPACE}]*"
    rf"(?:(?P<equals>=)[{SPACE}]*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[a-z0-9.-]*)))?",
    re.IGNORECASE,
)
TYPES: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "span": "spoiler", "code": "code", "pre": "pre", "a": "text_link",
    "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormattedText:
    text: str
    entities: tuple[MessageEntity, ...] = ()


def parse_html(source: str) -> FormattedText:
    """Source: Telegram's formatting options and the behaviour of its open client library.

    Raises: BotApiError naming the byte at which the markup stops making sense.
    """
    return _Reader(source).read()


def unescape(text: str) -> str:
    """Only `&lt; &gt; &amp; &quot;` and numbers are references; anything else is plain text."""
    return REFERENCE.sub(_referenced, text)


def _referenced(reference: re.Match[str]) -> str:
    hexadecimal, decimal, name = reference.groups()
    if name is not None:
        return NAMED.get(name, reference[0])
    code = int(hexadecimal or "0", 16) if hexadecimal is not None else int(decimal or "0")
    is_too_long = len(reference[0].rstrip(";")) >= LONGEST_NUMBER
    is_character = 0 < code < LAST_CODE and code not in SURROGATES
    return chr(code) if is_character and not is_too_long else reference[0]


@dataclass(slots=True)
class _Tag:
    name: str
    offset: int  # UTF-16 units
    text_at: int  # index into the pieces of text written so far
    attributes: dict[str, str] = field(default_factory=dict)
    language: str | None = None


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._pieces: list[str] = []
        self._offset = 0
        self._open: list[_Tag] = []
        self._entities: list[MessageEntity] = []

    def read(self) -> FormattedText:
        while self._at < len(self._source):
            bracket = self._source.find("<", self._at)
            end = bracket if bracket >= 0 else len(self._source)
            self._write(unescape(self._source[self._at : end]))
            self._at = end
            if self._source.startswith("</", end):
                self._end_tag()
            elif bracket >= 0:
                self._start_tag()
        if self._open:
            raise _unparsable(
                f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"'
            )
        return FormattedText("".join(self._pieces), _well_nested(self._entities))

    def _write(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._offset += utf16_length(text)

    def _start_tag(self) -> None:
        begin = self._at
        match = START_TAG.match(self._source, begin)
        name = match[1].lower() if match else ""
        self._at = begin + 1 + len(name)
        if self._at >= len(self._source):
            raise self._broken("Unclosed start tag", begin)
        if name not in TYPES:
            raise self._broken(f'Unsupported start tag "{name}"', begin)
        attributes = self._attributes(name, begin)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise self._broken('Tag "span" must have class "tg-spoiler"', begin)
        self._open.append(_Tag(name, self._offset, len(self._pieces), attributes))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        """Reads up to and including the bracket that closes the tag."""
        attributes: dict[str, str] = {}
        while match := ATTRIBUTE.match(self._source, self._at):
            name, self._at = match["name"], match.end()
            following = self._source[self._at : self._at + 1]
            if not name and following == ">" and not match["equals"]:
                self._at += 1
                return attributes
            if not following:
                raise self._broken("Unclosed start tag", begin)
            if not name:
                raise self._broken(f'Empty attribute name in the tag "{tag}"', begin)
            attributes[name.lower()] = self._value(match, begin)
        raise self._broken("Unclosed start tag", begin)

    def _value(self, match: re.Match[str], begin: int) -> str:
        quoted = match["double"] if match["double"] is not None else match["single"]
        if quoted is not None:
            return unescape(quoted)
        if match["equals"] and self._source[match.end()] not in " \t\r\n\v\0>":
            bare_at = match.start("bare")
            if self._source[bare_at] in "\"'":  # a quote that never ends takes all that is left
                raise self._broken("Unclosed start tag", begin)
            raise self._broken("Unexpected end of name token", bare_at)
        return (match["bare"] or "").lower()

    def _end_tag(self) -> None:
        begin = self._at
        match = END_TAG.match(self._source, begin)
        if not self._open or match is None:
            raise self._broken("Unexpected end tag", begin)
        if not match[2]:
            raise self._broken("Unclosed end tag", begin)
        tag = self._open.pop()
        if match[1] and match[1].lower() != tag.name:
            raise self._broken(
                "Unmatched end tag", begin, f', expected "</{tag.name}>", found "</{match[1]}>"'
            )
        self._at = match.end()
        if self._offset > tag.offset:
            self._entities += self._entity(tag)

    def _entity(self, tag: _Tag) -> list[MessageEntity]:
        offset, length = tag.offset, self._offset - tag.offset
        kind = TYPES[tag.name]
        match tag.name:
            case "a":
                return self._link(tag, length)
            case "code":
                language = tag.attributes.get("class", "").removeprefix("language-")
                if language and self._open and self._open[-1].name == "pre":
                    self._open[-1].language = language
                    return []
            case "pre":
                return [
                    MessageEntity(type=kind, offset=offset, length=length, language=tag.language)
                ]
            case "blockquote" if "expandable" in tag.attributes:
                kind = "expandable_blockquote"
            case "tg-emoji":
                emoji = tag.attributes.get("emoji-id", "")
                if not emoji.isdecimal():
                    raise _unparsable("Invalid custom emoji identifier specified")
                return [
                    MessageEntity(type=kind, offset=offset, length=length, custom_emoji_id=emoji)
                ]
        return [MessageEntity(type=kind, offset=offset, length=length)]

    def _link(self, tag: _Tag, length: int) -> list[MessageEntity]:
        """A link that leads nowhere sensible is no error, its text just stays plain."""
        target = tag.attributes.get("href") or "".join(self._pieces[tag.text_at :])
        if user_id := linked_user(target):
            user = User(id=user_id, is_bot=False, first_name="")
            return [MessageEntity(type="text_mention", offset=tag.offset, length=length, user=user)]
        url = checked_link(target)
        if url is None:
            return []
        return [MessageEntity(type="text_link", offset=tag.offset, length=length, url=url)]

    def _broken(self, what: str, at: int, more: str = "") -> Exception:
        return _unparsable(f"{what} at byte offset {len(self._source[:at].encode())}{more}")


def _unparsable(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")


def _well_nested(entities: list[MessageEntity]) -> tuple[MessageEntity, ...]:
    """Sorted; code holds nothing else inside, and nothing holds its own kind."""
    kept: list[MessageEntity] = []
    for entity in sorted(entities, key=lambda each: (each.offset, -each.length)):
        around = [outer for outer in kept if entity.offset < outer.offset + outer.length]
        if not any(outer.type in {"code", "pre", entity.type} for outer in around):
            kept.append(entity)
    return tuple(kept)
