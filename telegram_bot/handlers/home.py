"""Home, help, status."""

from telegram_bot.context import BotContext
from telegram_bot.screens.help import help_screen
from telegram_bot.screens.home import home_screen
from telegram_bot.screens.notices import notice
from telegram_bot.screens.status import status_screen


async def open_home(context: BotContext) -> None:
    desk = context.desk
    portfolio = await context.services.positions.portfolio(context.user.id)
    await context.show(home_screen(desk.mode, portfolio, desk.now()))


async def open_help(context: BotContext) -> None:
    await context.show(help_screen(context.desk.mode))


async def open_status(context: BotContext) -> None:
    desk, services = context.desk, context.services
    await context.show(
        status_screen(desk.mode, services.parts(), services.newest_price(), desk.now())
    )


async def cancel(context: BotContext, *, was_asked: bool) -> None:
    """`was_asked`: a question was waiting, and is forgotten by now."""
    text = "Forgotten. Nothing was bought or sold." if was_asked else "Nothing was waiting."
    await context.show(notice(text))
