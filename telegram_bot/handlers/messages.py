"""What people write: commands, answers to questions, links, words to search for, and secrets."""

import logging

from core.domain.errors import PolycoolError
from core.domain.secrets import SecretKind, pasted_secret
from telegram_bot.actions import Help, Search
from telegram_bot.callback_readers import search_words
from telegram_bot.commands import ACTIONS
from telegram_bot.context import BotContext
from telegram_bot.handlers import home
from telegram_bot.handlers.answers import take_answer
from telegram_bot.handlers.markets import LONGEST_SEARCH
from telegram_bot.handlers.taps import act
from telegram_bot.handlers.wishes import open_text
from telegram_bot.screens.notices import TEXT_ONLY, failure_screen, notice, secret_refused
from telegram_bot.screens.text import plain
from telegram_bot.words import say

logger = logging.getLogger(__name__)


async def answer_message(
    context: BotContext, message_id: int, text: str | None, caption: str | None
) -> None:
    """`text` is None for pictures, stickers and the like; `message_id` is the user's message."""
    async with context.held():
        kind = pasted_secret(text or caption or "")
        if kind is not None:
            await _refuse_secret(context, message_id, kind)
        else:
            await _answer(context, message_id, text)


async def _answer(context: BotContext, message_id: int, text: str | None) -> None:
    if text is None:
        await context.show(notice(say(TEXT_ONLY)))
    elif text.startswith("/"):
        await _obey(context, text)
    else:
        await _read(context, message_id, text)


async def _refuse_secret(context: BotContext, message_id: int, kind: SecretKind) -> None:
    was_deleted = await context.desk.messenger.delete(context.chat_id, message_id)
    logger.warning("a message that looked like a secret was refused", extra={"kind": kind})
    await context.show(secret_refused(kind, was_deleted=was_deleted))


async def _obey(context: BotContext, text: str) -> None:
    """A command ends whatever question was waiting."""
    was_asked = context.desk.pending.forget(context.user.id)
    command, *words = text.split(maxsplit=1)
    name = command.removeprefix("/").partition("@")[0].lower()
    if name == "cancel":
        await home.cancel(context, was_asked=was_asked)
    elif name == "search" and words:
        await act(context, Search(0, search_words(plain(words[0], LONGEST_SEARCH))))
    else:
        await act(context, ACTIONS.get(name, Help()))


async def _read(context: BotContext, message_id: int, text: str) -> None:
    question = context.desk.pending.question(context.user.id)
    try:
        if question is not None:
            await take_answer(context, question, message_id, text)
        else:
            await open_text(context, text)
    except PolycoolError as error:
        await context.show(failure_screen(error))
