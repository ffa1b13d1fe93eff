"""What people write: commands, answers to questions, links, words to search for, and secrets."""

import logging

from telegram import Message

from core.domain.errors import PolycoolError
from core.domain.secrets import SecretKind, pasted_secret
from telegram_bot.actions import Help, Search
from telegram_bot.callback_readers import search_words
from telegram_bot.commands import ACTIONS
from telegram_bot.context import BotContext
from telegram_bot.handlers import home
from telegram_bot.handlers.answers import take_answer
from telegram_bot.handlers.helping import open_help_on
from telegram_bot.handlers.markets import LONGEST_SEARCH
from telegram_bot.handlers.oddities import COPIED, EDITED, is_own_copy, payload_on
from telegram_bot.handlers.started import open_payload
from telegram_bot.handlers.taps import act
from telegram_bot.handlers.wishes import open_text
from telegram_bot.screens.notices import TEXT_ONLY, failure_screen, notice, secret_refused
from telegram_bot.screens.text import plain
from telegram_bot.words import say

logger = logging.getLogger(__name__)


async def answer_message(
    context: BotContext, message: Message, *, is_edited: bool = False, is_rest: bool = False
) -> None:
    """`is_rest`: of an album that was answered; only a secret in it is not let pass."""
    kind = pasted_secret(message.text or message.caption or "")
    if kind is None and is_rest:
        return
    async with context.held():
        if kind is not None:
            was_deleted = await delete_secret(context, message.message_id, kind)
            await context.show(secret_refused(kind, was_deleted=was_deleted))
        elif is_edited:
            await context.show(notice(say(EDITED)))
        elif is_own_copy(message, context.desk.messenger.bot_id):
            await _open_copy(context, message)
        else:
            await _answer(context, message.message_id, message.text)


async def delete_secret(context: BotContext, message_id: int, kind: SecretKind) -> bool:
    """Whether we could remove the message."""
    logger.warning("a message that looked like a secret was refused", extra={"kind": kind})
    return await context.desk.messenger.delete(context.chat_id, message_id)


async def _answer(context: BotContext, message_id: int, text: str | None) -> None:
    """`text` is None for pictures, stickers and the like."""
    if text is None:
        await context.show(notice(say(TEXT_ONLY)))
    elif text.startswith("/"):
        await _obey(context, text)
    else:
        await _read(context, message_id, text)


async def _open_copy(context: BotContext, message: Message) -> None:
    """A card that was sent by way of us leads where its link does; others lead nowhere."""
    payload = payload_on(message, context.desk.messenger.bot_name)
    if payload is None:
        await context.show(notice(say(COPIED)))
    else:
        await open_payload(context, payload)


async def _obey(context: BotContext, text: str) -> None:
    """A command ends whatever question was waiting."""
    was_asked = context.desk.pending.forget(context.user.id)
    command, *words = text.split(maxsplit=1)
    name = command.removeprefix("/").partition("@")[0].lower()
    if name == "cancel":
        await home.cancel(context, was_asked=was_asked)
    elif name == "start" and words:
        await open_payload(context, words[0])
    elif name == "search" and words:
        await act(context, Search(0, search_words(plain(words[0], LONGEST_SEARCH))))
    elif name == "market" and words:
        await _read(context, 0, words[0])
    elif name == "help" and words:
        await open_help_on(context, words[0])
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
