"""In which language people are spoken to who chose none: their Telegram's, if it is spoken here."""

from dataclasses import replace

from core.domain.preferences import LANGUAGES, UserPreferences
from core.domain.user import User
from telegram_bot.context import Desk
from telegram_bot.screens.settings import language_line
from telegram_bot.words import ENGLISH, Reader, reading_as, speaks


async def follow_language(desk: Desk, user: User, code: str | None) -> None:
    """Noted with every update, and said once when it is another, with a way back.

    `code` is Telegram's, like `fr` or `fr-CA`; None tells nothing. Kept, because notices have to
    know it as well.
    """
    language = (code or "").lower().partition("-")[0]
    if not language:
        return
    preferences = desk.services.preferences
    before = await preferences.of(user.id)
    told = language if language in spoken() else ENGLISH
    if before.language is not None or (before.telegram_language or ENGLISH) == told:
        return

    def follow(now: UserPreferences) -> UserPreferences:
        return replace(now, telegram_language=told)

    after = await preferences.change(user.id, follow)
    if after.spoken != before.spoken:
        with reading_as(Reader(after.spoken)):
            await desk.messenger.send(user.telegram_id, language_line(after, spoken()))


def spoken() -> tuple[str, ...]:
    """The languages that can be chosen."""
    return tuple(each for each in LANGUAGES if speaks(each))
