"""From an outcome to a ticket: amounts, quotes, typed amounts."""

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Final

from core.domain.amounts import typed_percent, typed_shares, typed_usdc
from core.domain.errors import NotFound
from core.domain.market import Market, Outcome
from core.domain.offer import TradeQuote
from core.domain.order_amounts import HUNDREDTHS, OrderKind
from core.domain.position import Position, shares_of
from core.domain.units import MICROS, PositionId, Size, Usdc
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
from telegram_bot.context import BotContext
from telegram_bot.handlers.quick import order_typed
from telegram_bot.handlers.ticket import show_ticket, still_view
from telegram_bot.handlers.tokens import asking_quick_of, bind_question, quick_sale_of
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.market import amount_screen
from telegram_bot.screens.notices import amount_question, shares_question
from telegram_bot.screens.quick import Quick
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.whole import not_whole_screen
from telegram_bot.whole_actions import BuyWhole, SellWhole
from telegram_bot.words import say

CENTS: Final = 100  # in a USDC


async def choose_amount(context: BotContext, action: Buy) -> None:
    market = await context.services.markets.market(action.market_id)
    outcome_at(market, action.outcome)
    view = await context.services.markets.view(market.id, context.user.id, refresh=True)
    quick = await asking_quick_of(context, view)
    context.desk.pending.ask(context.user.id, action)
    draw = partial(_draw_amounts, context, action, quick)
    shown = await context.show(
        await draw(), LiveView(draw, frozenset({market.id}), frozenset(market.tokens))
    )
    await bind_question(context, quick.button_id, shown)


async def quote_buy(context: BotContext, action: Spend | BuyWhole) -> None:
    market = await context.services.markets.market(action.market_id)
    spend = Usdc(Decimal(action.amount) / CENTS)
    token = outcome_at(market, action.outcome).token
    slippage = context.preferences.slippage
    quote = await context.orders.quote_buy(context.user.id, market.id, token, spend, slippage)
    await _show(context, quote, again=action, back=ShowMarket(market.id))


async def quote_percent(context: BotContext, action: SellPercent) -> None:
    position = await _position(context, action.position_id)
    size = shares_of(position.holding, Decimal(action.percent))
    await _quote_sell(context, position.id, size, again=action)


async def quote_shares(context: BotContext, action: SellShares) -> None:
    size = Size(Decimal(action.amount) / MICROS)
    await _quote_sell(context, action.position_id, size, again=action)


async def quote_whole_shares(context: BotContext, action: SellWhole) -> None:
    """In whole hundredths, as the venue takes them: what is quoted is all that is sold then."""
    hundredths = action.amount * HUNDREDTHS // MICROS
    size = Size(Decimal(hundredths) / HUNDREDTHS)
    await _quote_sell(context, action.position_id, size, again=action)


async def ask_dollars(context: BotContext, action: SpendOther) -> None:
    market = await context.services.markets.market(action.market_id)
    outcome_at(market, action.outcome)
    view = await context.services.markets.view(market.id, context.user.id, refresh=True)
    quick = await asking_quick_of(context, view)
    context.desk.pending.ask(context.user.id, action)
    screen = amount_question(view, action, is_at_once=quick.button_id is not None)
    shown = await context.show(screen, still_view(screen, market.id))
    await bind_question(context, quick.button_id, shown)


async def ask_shares(context: BotContext, action: SellOther) -> None:
    view = await context.positions.view(action.position_id, context.user.id)
    position = view.position
    context.check_account(position.account)
    token = await quick_sale_of(context, view, is_typed=True)
    context.desk.pending.ask(context.user.id, action)
    screen = shares_question(view, action, is_at_once=token is not None)
    shown = await context.show(screen, still_view(screen, view.market.id))
    await bind_question(context, token, shown)


async def take_dollars(context: BotContext, question: SpendOther, text: str) -> None:
    """A typed amount. Raises: Rejected for one that cannot be used."""
    spend = Spend(question.market_id, question.outcome, int(typed_usdc(text) * CENTS))
    if not await order_typed(context, spend):
        await quote_buy(context, spend)


async def take_shares(context: BotContext, question: SellOther, text: str) -> None:
    """Typed shares, or a part of them. Raises: Rejected for what cannot be used."""
    size = await _typed_size(context, question.position_id, text)
    sale = SellShares(question.position_id, int(size * MICROS))
    if not await order_typed(context, sale):
        await quote_shares(context, sale)


async def _typed_size(context: BotContext, position_id: PositionId, text: str) -> Size:
    if not text.strip().endswith("%"):
        return typed_shares(text)
    percent = typed_percent(text)
    return shares_of((await _position(context, position_id)).holding, percent)


async def _position(context: BotContext, position_id: PositionId) -> Position:
    position = await context.positions.get_position(position_id, context.user.id)
    context.check_account(position.account)
    return position


async def _quote_sell(
    context: BotContext, position_id: PositionId, size: Size, *, again: Action
) -> None:
    slippage = context.preferences.slippage
    quote = await context.orders.quote_sell(context.user.id, position_id, size, slippage)
    await _show(context, quote, again=again, back=ShowPosition(position_id))


async def _show(context: BotContext, quote: TradeQuote, *, again: Action, back: Action) -> None:
    """All or nothing is a ticket only while the book has all of it."""
    if isinstance(again, BuyWhole | SellWhole):
        quote = replace(quote, kind=OrderKind.FOK)
        if not quote.complete:
            screen = not_whole_screen(quote, back)
            await context.show(screen, still_view(screen, quote.market.id))
            return
    await show_ticket(context, quote, again=again, back=back)


async def _draw_amounts(context: BotContext, action: Buy, quick: Quick) -> Screen:
    user, services = context.user.id, context.services
    view = await services.markets.view(action.market_id, user)
    cash = await services.users.cash(user, context.account)
    return amount_screen(view, action.outcome, cash, context.desk.now(), quick)


def outcome_at(market: Market, place: int) -> Outcome:
    if place >= len(market.outcomes):
        raise NotFound(say("This market has no such outcome."))
    return market.outcomes[place]
