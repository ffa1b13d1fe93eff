"""Home, help, status."""

from core.domain.equity import Glance
from telegram_bot.context import BotContext
from telegram_bot.handlers.positions import portfolio_of
from telegram_bot.handlers.safety import switches_of
from telegram_bot.screens.agreement import agreement_words
from telegram_bot.screens.home import home_screen, search_question
from telegram_bot.screens.notices import notice
from telegram_bot.screens.standing import DRY_RUN, hindrances, key_words
from telegram_bot.screens.status import status_screen
from telegram_bot.words import say


async def open_home(context: BotContext) -> None:
    portfolio = await portfolio_of(context)
    remarks = await _remarks(context)
    glance = await _glance(context)
    await context.show(home_screen(context.mode, portfolio, context.desk.now(), remarks, glance))


async def ask_words(context: BotContext) -> None:
    """Nothing waits for the answer: whatever is written is searched for."""
    await context.show(search_question())


async def open_status(context: BotContext) -> None:
    desk, services = context.desk, context.services
    await context.show(
        status_screen(context.mode, services.parts(), services.newest_price(), desk.now())
    )


async def cancel(context: BotContext, *, was_asked: bool) -> None:
    """`was_asked`: a question was waiting, and is forgotten by now."""
    text = (
        say("Forgotten. Nothing was bought or sold.") if was_asked else say("Nothing was waiting.")
    )
    await context.show(notice(text))


async def _glance(context: BotContext) -> Glance:
    services, user, account = context.services, context.user.id, context.account
    today = await services.days.day_change(user, account)
    orders, held = await services.history.glance(user, account)
    return Glance(today, orders, held)


async def _remarks(context: BotContext) -> list[str]:
    """What stands in the way of trading, or will."""
    services, user, now = context.services, context.user.id, context.desk.now()
    if context.desk.is_dry_run:
        return [say(DRY_RUN), *hindrances(None, await switches_of(context))]
    state = None if services.accounts is None else await services.accounts.state(user)
    remarks = hindrances(state, await switches_of(context))
    if context.is_live and services.wallets is not None:
        remarks += key_words(await services.wallets.ready(user), now)
    if context.is_live and services.drift is not None:
        remarks += agreement_words(await services.drift.of(user), now)
    return remarks
