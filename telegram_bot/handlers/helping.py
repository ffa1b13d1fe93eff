"""/help: about what the reader looked at last, or about the word behind it."""

from telegram_bot.context import BotContext
from telegram_bot.screens.help import help_on_screen, help_screen
from telegram_bot.screens.topics import topic_named


async def open_help(context: BotContext) -> None:
    topic = context.desk.newest_topics.get(context.chat_id)
    await context.show(help_screen(context.mode, topic, is_owner=context.is_owner))


async def open_help_on(context: BotContext, word: str) -> None:
    """All of it where nothing is known of the word."""
    topic = topic_named(word)
    if topic is None:
        await open_help(context)
    else:
        await context.show(help_on_screen(context.mode, topic))
