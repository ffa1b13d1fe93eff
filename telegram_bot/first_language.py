"""In which language somebody new is spoken to: that of their Telegram, if it is spoken here."""

from dataclasses import replace

from core.domain.preferences import LANGUAGES
from core.domain.user import User
from telegram_bot.context import Desk
from telegram_bot.screens.settings import language_line
from telegram_bot.words import ENGLISH, Reader, reading_as, speaks


async def pick_language(desk: Desk, user: User, code: str | None) -> None:
    """Kept and said once, with a way back; who has chosen one keeps it, English needs no choice.

    `code` is Telegram's, like `fr` or `fr-CA`.
    """
    language = (code or ENGLISH).lower().partition("-")[0]
    if language == ENGLISH or language not in LANGUAGES or not speaks(language):
        return
    preferences = desk.services.preferences
    if (await preferences.of(user.id)).language is not None:
        return
    chosen = await preferences.change(
        user.id, lambda now: replace(now, language=now.language or language)
    )
    with reading_as(Reader(language)):
        await desk.messenger.send(user.telegram_id, language_line(chosen))
