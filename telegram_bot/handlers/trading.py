"""From an outcome to a ticket: amounts, quotes, typed amounts."""

from decimal import Decimal
from functools import partial
from typing import Final

from core.domain.amounts import typed_percent, typed_shares, typed_usdc
from core.domain.errors import NotFound, Rejected
from core.domain.market import Market, Outcome
from core.domain.position import Position, shares_of
from core.domain.units import MICROS, PositionId, Size, Usdc, UserId
from telegram_bot.actions import (
    Action,
    Buy,
    SellOther,
    SellPercent,
    SellShares,
    ShowMarket,
    ShowPosition,
    Spend,
    SpendOther,
)
from telegram_bot.context import BotContext, Desk
from telegram_bot.handlers.ticket import show_ticket, still_view
from telegram_bot.live_messages import LiveView
from telegram_bot.pending import Question
from telegram_bot.screens.market import amount_screen
from telegram_bot.screens.notices import amount_question, shares_question, try_again
from telegram_bot.screens.numbers import shares
from telegram_bot.screens.screen import Screen

CENTS: Final = 100  # in a USDC


async def choose_amount(context: BotContext, action: Buy) -> None:
    desk, user = context.desk, context.user.id
    market = await context.services.markets.market(action.market_id)
    _outcome(market, action.outcome)
    await context.services.markets.view(market.id, user, refresh=True)
    draw = partial(_draw_amounts, desk, user, action)
    await context.show(
        await draw(), LiveView(draw, frozenset({market.id}), frozenset(market.tokens))
    )


async def quote_buy(context: BotContext, action: Spend) -> None:
    market = await context.services.markets.market(action.market_id)
    spend = Usdc(Decimal(action.amount) / CENTS)
    token = _outcome(market, action.outcome).token
    quote = await context.services.orders.quote_buy(context.user.id, market.id, token, spend)
    await show_ticket(context, quote, again=action, back=ShowMarket(market.id))


async def quote_percent(context: BotContext, action: SellPercent) -> None:
    position = await _position(context, action.position_id)
    size = shares_of(position.holding, Decimal(action.percent))
    await _quote_sell(context, position.id, size, again=action)


async def quote_shares(context: BotContext, action: SellShares) -> None:
    size = Size(Decimal(action.amount) / MICROS)
    await _quote_sell(context, action.position_id, size, again=action)


async def ask_dollars(context: BotContext, action: SpendOther) -> None:
    market = await context.services.markets.market(action.market_id)
    outcome = _outcome(market, action.outcome)
    context.desk.pending.ask(context.user.id, action)
    screen = amount_question(market.question, outcome.name, action)
    await context.show(screen, still_view(screen, market.id))


async def ask_shares(context: BotContext, action: SellOther) -> None:
    view = await context.services.positions.view(action.position_id, context.user.id)
    position = view.position
    context.desk.pending.ask(context.user.id, action)
    held = shares(position.holding.amount)
    screen = shares_question(view.market.question, position.outcome, held, action)
    await context.show(screen, still_view(screen, view.market.id))


async def take_answer(context: BotContext, question: Question, text: str) -> None:
    """A typed amount. What cannot be used is explained, and the question stays."""
    try:
        match question:
            case SpendOther(market_id, outcome):
                amount = int(typed_usdc(text) * CENTS)
                await quote_buy(context, Spend(market_id, outcome, amount))
            case SellOther(position_id):
                size = await _typed_size(context, position_id, text)
                await quote_shares(context, SellShares(position_id, int(size * MICROS)))
    except Rejected as refusal:
        await context.show(try_again(refusal, question))
    else:
        context.desk.pending.forget(context.user.id)


async def _typed_size(context: BotContext, position_id: PositionId, text: str) -> Size:
    if not text.strip().endswith("%"):
        return typed_shares(text)
    percent = typed_percent(text)
    return shares_of((await _position(context, position_id)).holding, percent)


async def _position(context: BotContext, position_id: PositionId) -> Position:
    return await context.services.positions.get_position(position_id, context.user.id)


async def _quote_sell(
    context: BotContext, position_id: PositionId, size: Size, *, again: Action
) -> None:
    quote = await context.services.orders.quote_sell(context.user.id, position_id, size)
    await show_ticket(context, quote, again=again, back=ShowPosition(position_id))


async def _draw_amounts(desk: Desk, user: UserId, action: Buy) -> Screen:
    view = await desk.services.markets.view(action.market_id, user)
    cash = await desk.services.users.cash(user, desk.account)
    return amount_screen(view, action.outcome, cash, desk.now())


def _outcome(market: Market, place: int) -> Outcome:
    if place >= len(market.outcomes):
        raise NotFound("This market has no such outcome.")
    return market.outcomes[place]
