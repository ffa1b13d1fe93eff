"""What an alert offers to do: sell what is held, or buy; at one tap where its reader wants that."""

import logging
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from core.domain.account import Account
from core.domain.errors import PolycoolError
from core.domain.notice import AlertFired, Notice
from core.domain.user import Role
from core.domain.views import MarketView, PositionView
from telegram_bot.actions import SellPercent
from telegram_bot.context import BotContext, Desk
from telegram_bot.handlers.tokens import bind, quick_of, quick_sale_of
from telegram_bot.quick_actions import QuickSell
from telegram_bot.screens.market import market_state
from telegram_bot.screens.quick import buy_action, dollars
from telegram_bot.screens.screen import Button
from telegram_bot.screens.text import plain
from telegram_bot.words import say

NAME = 24  # UTF-16 units of an outcome on a button
ALL = 100  # percent

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertAct:
    """The button, and the one-shot token that it may order with."""

    button: Button
    context: BotContext
    token: str | None = None

    async def stand_on(self, message_id: int) -> None:
        """That message shows the alert."""
        await bind(self.context, self.token, message_id)


async def act_of(desk: Desk, notice: Notice) -> AlertAct | None:
    """None where there is nothing to do about it, or nobody can say what; never raises for that."""
    if not isinstance(notice.news, AlertFired):
        return None
    try:
        context = await _context(desk, notice)
        return None if context is None else await _act(context, notice.news)
    except (PolycoolError, SQLAlchemyError, OSError) as fault:
        logger.debug("an alert offers nothing: %r", fault)
        return None


async def _context(desk: Desk, notice: Notice) -> BotContext | None:
    """As if its reader had tapped; None for who may not trade."""
    services = desk.services
    user = await services.users.known(notice.user_id)
    if user is None or user.role is Role.VIEWER:
        return None
    accounts = services.accounts
    account = Account.PAPER if accounts is None else await accounts.usable_account(user.id)
    preferences = await services.preferences.of(user.id)
    return BotContext(
        desk, user, notice.telegram_id, None, account=account, preferences=preferences
    )


async def _act(context: BotContext, news: AlertFired) -> AlertAct | None:
    view = await context.services.markets.view(news.market_id, context.user.id)
    if market_state(view.market) is not None:
        return None
    held = await context.positions.in_market(context.user.id, news.market_id)
    if held:
        return await _sale(context, _of(held, news.outcome))
    return await _purchase(context, view, news.outcome)


def _of(held: tuple[PositionView, ...], outcome: str) -> PositionView:
    """What is held of that outcome, else of another one."""
    return next((each for each in held if each.position.outcome == outcome), held[0])


async def _sale(context: BotContext, held: PositionView) -> AlertAct:
    token, position = await quick_sale_of(context, held), held.position
    percent = say("Sell {percent}%", percent=ALL)
    action = SellPercent(position.id, ALL) if token is None else QuickSell(token, position.id, ALL)
    return AlertAct(Button(f"{percent} {plain(position.outcome, NAME)}", action), context, token)


async def _purchase(context: BotContext, view: MarketView, outcome: str) -> AlertAct | None:
    names = [each.name for each in view.market.outcomes]
    if outcome not in names:
        return None
    quick, place = await quick_of(context, view), names.index(outcome)
    label = say(
        "Buy {amount} {outcome}", amount=dollars(quick.amounts[0]), outcome=plain(outcome, NAME)
    )
    action = buy_action(view.market, place, quick.amounts[0], quick)
    return AlertAct(Button(label, action), context, quick.button_id)
