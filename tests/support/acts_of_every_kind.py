"""One action of each kind that a button can ask for, made by the readers of its own code."""

from collections.abc import Iterator
from enum import EnumType
from typing import Final

from telegram_bot.actions import Action
from telegram_bot.callback_readers import Reader
from telegram_bot.callbacks import FORMS

CANDIDATES: Final = (
    "501",
    "1",
    "bitcoin",
    "aB3dE6gH9kLm",
    "en",
    "Europe/Paris",
    "0x" + "ab" * 20,
    "",
)


def every_kind() -> Iterator[Action]:
    """By its code's readers, so that a new button has an example, too."""
    for make, readers in FORMS.values():
        yield make(*(_argument(reader) for reader in readers))


def _argument(reader: Reader) -> object:
    if isinstance(reader, EnumType):
        return next(iter(reader))
    read: Reader = reader
    for candidate in CANDIDATES:
        try:
            return read(candidate)
        except ValueError:
            continue
    raise AssertionError(f"nothing that {reader} reads")
