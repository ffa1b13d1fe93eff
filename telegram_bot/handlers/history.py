"""What the user traded: pages, and files to keep."""

from dataclasses import replace

from core.domain.statement import file_name
from telegram_bot.context import BotContext
from telegram_bot.screens.history import files_screen, history_screen
from telegram_bot.screens.notices import notice
from telegram_bot.screens.screen import Screen
from telegram_bot.words import say


async def open_history(context: BotContext, page: int) -> None:
    found = await context.services.histories.page(context.user.id, context.account, page)
    await context.show(history_screen(found, context.desk.now()))


async def save_history(context: BotContext) -> None:
    """The files come below; the card stays."""
    told = await context.services.histories.statement(context.user.id, context.account)
    messenger, chat, count = context.desk.messenger, context.chat_id, len(told.files)
    if not told.trades:
        await messenger.send(chat, _nothing(context))
        return
    now = context.desk.now()
    for place, content in enumerate(told.files):
        name = file_name(context.account, now, place, count)
        screen = files_screen(told, context.account, place)
        if await messenger.files.document(chat, name, content, screen) is None:
            return


def _nothing(context: BotContext) -> Screen:
    return replace(context.marked(notice(say("Nothing was traded yet."))), keeps_message=True)
