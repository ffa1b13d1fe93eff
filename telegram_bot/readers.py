"""Who reads: the language and the zone in which words are made for somebody."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from core.domain.preferences import UserPreferences
from core.domain.units import UserId
from telegram_bot.words import Reader

ReaderOf: TypeAlias = Callable[[UserId], Awaitable[Reader]]
"""Never raises: whoever cannot be looked up right now reads as before, or by default."""

logger = logging.getLogger(__name__)


async def default_reader(_: UserId) -> Reader:
    """English and UTC, for everybody who has chosen nothing else."""
    return Reader()


def preferred_reader(preferences_of: Callable[[UserId], Awaitable[UserPreferences]]) -> ReaderOf:
    """By what each of them has chosen."""

    async def reader_of(user: UserId) -> Reader:
        try:
            chosen = await preferences_of(user)
        except (SQLAlchemyError, OSError) as fault:
            logger.debug("the preferences of user %d cannot be read: %r", user, fault)
            return Reader()
        return Reader(chosen.spoken, ZoneInfo(chosen.zone))

    return reader_of
