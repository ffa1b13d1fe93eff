"""Letters that the font has, in lines that fit."""

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font

from telegram_bot.screens.text import CUT_MARK, plain

LONGEST: Final = 240  # UTF-16 units that are looked at
FONTS: Final = Path(get_data_path(), "fonts", "ttf")  # the ones that come with the library
MEASURE: Final = 100  # pixels high: letters are measured once, and scaled


def readable(text: str) -> str:
    """`text` in one harmless line of letters that we can draw.

    Others are left out; the whole text if it would be torn to pieces.
    """
    cleaned = _simplified(plain(text, LONGEST))
    line = " ".join("".join(char for char in cleaned if ord(char) in _known()).split())
    return line if 2 * _letters(line) > _letters(cleaned) else ""


def fitted(text: str, room: float, size: float, most: int) -> list[str]:
    """At most so many lines of `room` pixels, in letters `size` pixels high; the rest is cut."""
    lines, words = list[str](), text.split()
    while words and len(lines) < most:
        line, words = _first_line(words, room, size)
        lines.append(line)
    if words and lines:
        lines[-1] = _cut(f"{lines[-1]} {' '.join(words)}", room, size)
    return lines


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def width(text: str, size: float) -> float:
    """Pixels, in bold letters, which are the wider ones."""
    return sum(map(_advance, text)) * size / MEASURE


def _first_line(words: list[str], room: float, size: float) -> tuple[str, list[str]]:
    """As many words as fit, at least one; a word that is too long by itself is broken."""
    line = words[0]
    if width(line, size) > room:
        kept = _broken(line, room, size)
        return kept, [line[len(kept) :], *words[1:]]
    for number, word in enumerate(words[1:], 1):
        if width(f"{line} {word}", size) > room:
            return line, words[number:]
        line += f" {word}"
    return line, []


def _cut(line: str, room: float, size: float) -> str:
    if width(line, size) <= room:
        return line
    return _broken(line, room - width(CUT_MARK, size), size).rstrip() + CUT_MARK


def _broken(line: str, room: float, size: float) -> str:
    """The longest beginning of `line` that fits; one character at least."""
    kept = 1
    while kept < len(line) and width(line[: kept + 1], size) <= room:
        kept += 1
    return line[:kept]


@lru_cache(maxsize=4096)
def _advance(char: str) -> float:
    glyph = _bold().load_char(ord(char))
    return float(glyph.linearHoriAdvance) / 65536  # 16.16 fixed point


def _simplified(text: str) -> str:
    """Letters that the font lacks in their plain form, where there is one."""
    return "".join(
        char if ord(char) in _known() else unicodedata.normalize("NFKC", char) for char in text
    )


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    plain_font = FT2Font(FONTS / "DejaVuSans.ttf")
    return frozenset(plain_font.get_charmap()) & frozenset(_bold().get_charmap())


@lru_cache(maxsize=1)
def _bold() -> FT2Font:
    font = FT2Font(FONTS / "DejaVuSans-Bold.ttf")
    font.set_size(MEASURE, 72)
    return font
