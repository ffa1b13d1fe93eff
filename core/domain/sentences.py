"""Sentences that people get to read: English here, and such that a chat can say them otherwise.

A sentence travels as plain text: into an error, a log, a row, a notice. What shows it to a person
knows every template, recognises the text by them, and says it in its reader's language with the
values that it found in it.
"""

import re
from collections.abc import Sequence
from typing import Final

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def mark(sentence: str, /) -> str:
    """The sentence as it is: to be translated. What an error is made with needs no mark."""
    return sentence


def worded(template: str, /, **values: object) -> str:
    """English, with each `{name}` replaced by that value, which may be a sentence itself.

    >>> worded("The smallest order here is {least} shares.", least=5)
    'The smallest order here is 5 shares.'
    """
    return _PLACE.sub(lambda place: str(values[place[1]]), template)


def excerpt(text: str, most: int = 80) -> str:
    """What somebody else wrote, as a value of a sentence: printable, cut after `most` characters.

    >>> excerpt("22 degrees, as ever", 10)
    '22 degrees…'
    """
    shown = "".join(letter if letter.isprintable() else " " for letter in text[:most])
    return shown if len(text) <= most else f"{shown}…"


_LISTED: Final = (
    mark("{one} Moreover: {two}"),
    mark("{one} Moreover: {two} And: {three}"),
    mark("{one} Moreover: {two} And: {three} Then: {four}"),
)


def listed(sentences: Sequence[str]) -> str:
    """Up to four sentences as one text that can be told again in parts; empty without any."""
    if len(sentences) < 2:  # noqa: PLR2004 - one is no list
        return "".join(sentences)
    names = ("one", "two", "three", "four")
    kept = sentences[: len(names)]
    return worded(_LISTED[len(kept) - 2], **dict(zip(names, kept, strict=False)))
