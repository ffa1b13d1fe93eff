"""Who reads: the language and the zone in which words are made for somebody."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from core.domain.units import UserId
from telegram_bot.words import Reader

ReaderOf: TypeAlias = Callable[[UserId], Awaitable[Reader]]
"""Never raises: whoever cannot be looked up right now reads as before, or by default."""


async def default_reader(_: UserId) -> Reader:
    """English and UTC, for everybody who has chosen nothing else."""
    return Reader()
