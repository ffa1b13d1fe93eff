"""Words for people: every sentence of the chat in its reader's language; English is the msgid.

A text that is made at once is said at once: `say("You pay {value}", value=money(cost))`. A text
that stands in a table of a module is only marked there, because nobody reads it yet, and said where
it is used: `say(TABLE[key])`. What the core and the adapters say arrives as English, in an error or
a row, and is told again: `retell(str(error))`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, tzinfo
from gettext import NullTranslations
from typing import Final

from telegram_bot.languages.recognition import Templates

ENGLISH: Final = "en"

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class _Language:
    translations: NullTranslations
    told: Templates  # what others than the chat say


_UNTRANSLATED: Final = _Language(NullTranslations(), Templates(()))
_languages: dict[str, _Language] = {}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom words are made. `language` as in `fr` or `fr-CA`."""

    language: str = ENGLISH
    zone: tzinfo = UTC


_reader: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - it is frozen


def install(
    language: str, translations: NullTranslations, told: Iterable[str] = ()
) -> Callable[[], None]:
    """From now on, for every reader of that language; what is returned takes it away again.

    `told`: those of its messages that `retell` recognises.
    """
    name = language.lower()
    before = _languages.get(name)
    _languages[name] = _Language(translations, Templates(told))

    def remove() -> None:
        if before is None:
            _languages.pop(name, None)
        else:
            _languages[name] = before

    return remove


def languages() -> tuple[str, ...]:
    """English, and those that have a catalogue; of regions only their language."""
    return (ENGLISH, *sorted({re.split("[-_]", name)[0] for name in _languages} - {ENGLISH}))


def speaks(language: str) -> bool:
    """Whether there are words in it."""
    return language in languages()


def reader() -> Reader:
    return _reader.get()


@contextmanager
def reading_as(someone: Reader) -> Iterator[None]:
    """Words made in this block, and in tasks that begin in it, are for `someone`."""
    token = _reader.set(someone)
    try:
        yield
    finally:
        _reader.reset(token)


def say(message: str, /, **values: object) -> str:
    """The message in the reader's language, with each `{name}` replaced by that value.

    Values are never looked into, so they may contain anything; braces around anything but the name
    of a value stay as they are.
    """
    return _filled(_language().translations.gettext(message), values) if message else ""


def plural(one: str, many: str, n: int, /, **values: object) -> str:
    """The form that the reader's language uses for `n`, which is `{n}` in the message."""
    return _filled(_language().translations.ngettext(one, many, n), {"n": n, **values})


def retell(text: str) -> str:
    """What the core or an adapter said, in the reader's language, with the same values.

    A value that is such a sentence itself is told again as well. English stays what nothing in the
    catalogue fits: the venue's own words, or a sentence of an earlier release.
    """
    found = _language().told.recognise(text)
    if found is None:
        return text
    return say(found.template, **{name: retell(each) for name, each in found.values.items()})


def mark(message: str, /) -> str:
    """The message as it is: to be translated, and to be said where it is used."""
    return message


def _language() -> _Language:
    """The reader's, else the same without its region, else none."""
    language = _reader.get().language.lower()
    found = _languages.get(language) or _languages.get(re.split("[-_]", language)[0])
    return found or _UNTRANSLATED


def _filled(text: str, values: dict[str, object]) -> str:
    """In one pass, so that what a value brings along is never a placeholder."""

    def value(place: re.Match[str]) -> str:
        return str(values.get(place[1], place[0]))

    return _PLACE.sub(value, text) if values else text
