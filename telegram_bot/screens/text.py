"""Text from outside, made harmless: cleaned, cut, and only then escaped."""

import html
import unicodedata
from typing import Final

from telegram_bot.words import mark, retell, say

CUT_MARK: Final = "…"
UNNAMED: Final = mark("(no name)")
TITLE: Final = 160  # UTF-16 units of a title on its own card
SHORT_TITLE: Final = 90  # and of one in a list
LABEL: Final = 40  # and of a button
LONGEST_TOLD: Final = 1000  # and of what is recognised as a sentence

_HARMFUL: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Control, invisible and direction-changing, surrogate, private and unassigned characters."""


def safe(text: str, limit: int = TITLE) -> str:
    """`text` ready to stand in an HTML message, at most `limit` UTF-16 units to the reader."""
    return html.escape(plain(text, limit), quote=False)


def told(text: str, limit: int = TITLE) -> str:
    """What the core or an adapter said, safe and in the reader's language.

    Cleaned before it is told again, so that a translation keeps its unbreakable spaces.
    """
    return html.escape(cut(retell(plain(text[:LONGEST_TOLD], LONGEST_TOLD)), limit), quote=False)


def safe_lines(text: str, limit: int) -> str:
    """The same of several lines, which stay lines; empty ones are left out at both ends."""
    told = [plain(line, limit) if line.strip() else "" for line in text.strip().splitlines()]
    return html.escape(cut("\n".join(told), limit), quote=False)


def bold(text: str, limit: int = TITLE) -> str:
    """Outside text, safe and bold."""
    return f"<b>{safe(text, limit)}</b>"


def plain(text: str, limit: int = LABEL) -> str:
    r"""One line without harmful characters, cut; for buttons, which know no markup.

    >>> plain("a\u202eb\n c")
    'ab c'
    """
    cleaned = "".join(
        char
        for char in text[: limit * 4]
        if char.isspace() or unicodedata.category(char) not in _HARMFUL
    )
    return cut(" ".join(cleaned.split()), limit) or say(UNNAMED)


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` UTF-16 units, never through a character."""
    if utf16_length(text) <= limit:
        return text
    kept, room = "", limit - len(CUT_MARK)
    for char in text:
        room -= utf16_length(char)
        if room < 0:
            break
        kept += char
    return kept.rstrip() + CUT_MARK


def utf16_length(text: str) -> int:
    """How Telegram counts: characters beyond the first plane are two."""
    return len(text) + sum(char > "\uffff" for char in text)
