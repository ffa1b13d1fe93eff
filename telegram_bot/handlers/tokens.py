"""One-shot tokens for cards whose buttons may order with one tap."""

from decimal import Decimal

from core.domain.book import Side
from core.domain.offer import CardOffer
from core.domain.position import PositionStatus
from core.domain.preferences import ConfirmMode
from core.domain.views import MarketView, PositionView
from telegram_bot.context import BotContext
from telegram_bot.pending import Token
from telegram_bot.screens.market import market_state
from telegram_bot.screens.positions import PERCENTS
from telegram_bot.screens.quick import Quick


async def quick_of(context: BotContext, view: MarketView) -> Quick:
    """The amounts of a market card, with a token if a tap on one may be enough."""
    return await _quick(context, view, is_typed=False)


async def asking_quick_of(context: BotContext, view: MarketView) -> Quick:
    """The same of a card that takes typed amounts, too."""
    return await _quick(context, view, is_typed=True)


async def quick_sale_of(
    context: BotContext, view: PositionView, *, is_typed: bool = False
) -> str | None:
    """The token of a position card; None where every sale leads to a ticket.

    `is_typed`: of the question how much.
    """
    is_held = view.position.status is PositionStatus.ACTIVE
    if not is_held or _always_asks(context) or market_state(view.market) is not None:
        return None
    drawn = tuple(
        view.bid if token == view.position.token_id else None for token in view.market.tokens
    )
    percents = tuple(Decimal(percent) for percent in PERCENTS)
    allowed = () if is_typed else percents
    card = CardOffer(context.account, view.market.id, Side.SELL, allowed, drawn, is_typed)
    return await _token(context, card)


async def bind(context: BotContext, button_id: str | None, message_id: int | None) -> None:
    """From now on the token works in that message, and only there."""
    if button_id is not None and message_id is not None:
        await context.orders.bind_offer(button_id, message_id)


async def bind_question(context: BotContext, button_id: str | None, message_id: int | None) -> None:
    """That message asks for an amount, and what is typed in answer may use the token."""
    await bind(context, button_id, message_id)
    if button_id is not None and message_id is not None:
        context.desk.pending.arm(context.user.id, Token(button_id, message_id))


async def _quick(context: BotContext, view: MarketView, *, is_typed: bool) -> Quick:
    amounts = context.preferences.quick_amounts
    if _always_asks(context) or market_state(view.market) is not None:
        return Quick(amounts)
    drawn = tuple(each.ask for each in view.outcomes)
    card = CardOffer(context.account, view.market.id, Side.BUY, amounts, drawn, is_typed)
    return Quick(amounts, await _token(context, card))


async def _token(context: BotContext, card: CardOffer) -> str:
    offer = await context.orders.quick.offer(card, context.user.id, context.chat_id)
    return offer.button_id


def _always_asks(context: BotContext) -> bool:
    return context.preferences.confirm_mode is ConfirmMode.CAREFUL
