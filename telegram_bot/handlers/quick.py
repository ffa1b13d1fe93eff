"""Orders of one tap on a card: placed at once, or asked about where there is a reason to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.confirming import Facts, reasons_to_ask
from core.domain.errors import ButtonSpent, PolycoolError
from core.domain.offer import ButtonClaim, CardOffer, Offer, TradeQuote
from core.domain.position import shares_of
from core.domain.preferences import ConfirmMode
from core.domain.units import PositionId, Price, Usdc
from core.domain.views import MarketView, PositionView
from core.services.clob.money_buttons import EXPIRED, UNKNOWN, USED
from telegram_bot.actions import Action, SellPercent, ShowMarket, ShowPosition, Spend
from telegram_bot.context import BotContext
from telegram_bot.handlers import ticket
from telegram_bot.quick_actions import QuickAction, QuickBuy
from telegram_bot.screens.market import market_state
from telegram_bot.screens.notices import failure_screen
from telegram_bot.screens.positions import PERCENTS
from telegram_bot.screens.quick import CENTS, Quick
from telegram_bot.tickets import ShownTicket, TicketState
from telegram_bot.words import mark, say

FOREIGN: Final = ticket.EXPLANATIONS[TicketState.FOREIGN]
NOTHING_DONE: Final = mark("Nothing was done.")
EXPLANATIONS: Final = {
    USED: mark(
        "This card was used already: one card, one order. This tap did nothing. Tap Refresh for "
        "another."
    ),
    EXPIRED: mark("This card is too old to order from. Nothing was done. Tap Refresh first."),
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a tap on a card asks for. `again` asks for the same with a ticket."""

    quote: TradeQuote
    drawn: Price | None
    amount: Decimal
    again: Action
    back: Action


async def quick_of(context: BotContext, view: MarketView) -> Quick:
    """The amounts of a market card, with a token if a tap on one may be enough."""
    amounts = context.preferences.quick_amounts
    if _always_asks(context) or market_state(view.market) is not None:
        return Quick(amounts)
    drawn = tuple(each.ask for each in view.outcomes)
    card = CardOffer(context.account, view.market.id, Side.BUY, amounts, drawn)
    return Quick(amounts, await _token(context, card))


async def quick_sale_of(context: BotContext, view: PositionView) -> str | None:
    """The token of a position card; None where every sale leads to a ticket."""
    if _always_asks(context) or market_state(view.market) is not None:
        return None
    drawn = tuple(
        view.bid if token == view.position.token_id else None for token in view.market.tokens
    )
    percents = tuple(Decimal(percent) for percent in PERCENTS)
    card = CardOffer(context.account, view.market.id, Side.SELL, percents, drawn)
    return await _token(context, card)


async def bind(context: BotContext, button_id: str | None, message_id: int | None) -> None:
    """From now on the token works in that message, and only there."""
    if button_id is not None and message_id is not None:
        await context.orders.bind_offer(button_id, message_id)


async def order_at_once(
    card: BotContext, claim: ButtonClaim, action: QuickAction, query_id: str
) -> None:
    """The first tap on a card: an order, or a ticket that says why it asks."""
    messenger = card.desk.messenger
    try:
        wanted = await _wanted(card, claim, action)
        why = reasons_to_ask(card.preferences, wanted.quote, await _facts(card, wanted))
        if why:
            await card.orders.quick.retire(claim)
    except ButtonSpent as spent:
        words = say(EXPLANATIONS.get(str(spent), FOREIGN))
        await messenger.answer(query_id, words, alert=True)
        return
    except PolycoolError as error:
        await messenger.answer(query_id, say(NOTHING_DONE))
        async with card.held():
            await card.show(failure_screen(error, _back(action)))
        return
    if why:
        await messenger.answer(query_id)
        async with card.held():
            await ticket.show_ticket(
                card, wanted.quote, again=wanted.again, back=wanted.back, why=why
            )
        return
    await _place(card, claim, wanted, query_id)


async def _place(card: BotContext, claim: ButtonClaim, wanted: _Wanted, query_id: str) -> None:
    desk = card.desk
    shown = ShownTicket(
        wanted.quote,
        Offer(claim.id, desk.now()),
        claim.user_id,
        claim.chat_id,
        claim.message_id,
        again=wanted.again,
        back=wanted.back,
        state=TicketState.USED,
        amount=wanted.amount,
    )
    desk.tickets.remember(shown)
    await ticket.confirm(card, claim, shown, query_id)


async def _wanted(card: BotContext, claim: ButtonClaim, action: QuickAction) -> _Wanted:
    """Raises: ButtonSpent, and what a quote raises."""
    found = await card.orders.quick.look(claim)
    card.check_account(found.account)
    if isinstance(action, QuickBuy):
        return await _purchase(card, found, action)
    return await _sale(card, found, action.position_id, action.percent)


async def _purchase(card: BotContext, found: CardOffer, action: QuickBuy) -> _Wanted:
    spend = Usdc(Decimal(action.amount) / CENTS)
    if (
        found.side is not Side.BUY
        or spend not in found.amounts
        or action.outcome >= len(found.drawn)
    ):
        raise ButtonSpent(UNKNOWN)
    market = await card.services.markets.market(found.market_id)
    quote = await card.orders.quote_buy(
        card.user.id,
        market.id,
        market.tokens[action.outcome],
        spend,
        card.preferences.slippage,
    )
    again = Spend(market.id, action.outcome, action.amount)
    drawn = found.drawn[action.outcome]
    return _Wanted(quote, drawn, spend, again, ShowMarket(market.id))


async def _sale(
    card: BotContext, found: CardOffer, position_id: PositionId, percent: int
) -> _Wanted:
    if found.side is not Side.SELL or percent not in found.amounts:
        raise ButtonSpent(UNKNOWN)
    position = await card.positions.get_position(position_id, card.user.id)
    market = await card.services.markets.market(found.market_id)
    if position.market_id != market.id:
        raise ButtonSpent(UNKNOWN)
    size = shares_of(position.holding, Decimal(percent))
    quote = await card.orders.quote_sell(card.user.id, position_id, size, card.preferences.slippage)
    drawn = found.drawn[market.tokens.index(position.token_id)]
    again = SellPercent(position_id, percent)
    return _Wanted(quote, drawn, Decimal(percent), again, ShowPosition(position_id))


async def _facts(card: BotContext, wanted: _Wanted) -> Facts:
    history, user = card.services.history, card.user.id
    market = wanted.quote.market.id
    unclear = await history.unknown_in(user, Account.LIVE, market) if card.is_live else ()
    return Facts(card.desk.now(), wanted.drawn, await history.traded(user), bool(unclear))


async def _token(context: BotContext, card: CardOffer) -> str:
    offer = await context.orders.quick.offer(card, context.user.id, context.chat_id)
    return offer.button_id


def _always_asks(context: BotContext) -> bool:
    return context.preferences.confirm_mode is ConfirmMode.CAREFUL


def _back(action: QuickAction) -> Action | None:
    return None if isinstance(action, QuickBuy) else ShowPosition(action.position_id)
