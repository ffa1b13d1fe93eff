"""Orders of one tap on a card: placed at once, or asked about where there is a reason to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.confirming import Facts, reasons_to_ask
from core.domain.errors import ButtonSpent, PolycoolError
from core.domain.market import Market
from core.domain.offer import ButtonClaim, CardOffer, Offer, TradeQuote
from core.domain.position import Position, shares_of
from core.domain.units import MICROS, Price, Size, Usdc
from core.services.clob.money_buttons import EXPIRED, UNKNOWN, USED
from telegram_bot.actions import (
    Action,
    SellPercent,
    SellShares,
    ShowMarket,
    ShowPosition,
    Spend,
)
from telegram_bot.context import BotContext
from telegram_bot.handlers import ticket
from telegram_bot.quick_actions import QuickAction, QuickBuy, QuickSell
from telegram_bot.screens.notices import failure_screen
from telegram_bot.screens.quick import CENTS
from telegram_bot.screens.ways_on import ways_on
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


async def order_at_once(
    card: BotContext, claim: ButtonClaim, action: QuickAction, query_id: str
) -> None:
    """The first tap on a card: an order, or a ticket that says why it asks."""
    messenger, again = card.desk.messenger, None
    try:
        found, is_old = await _look(card, claim)
        again = _again(found, action)
        wanted = await _wanted(card, found, again)
        why = reasons_to_ask(card.preferences, wanted.quote, await _facts(card, wanted))
        if why and not is_old:
            await card.orders.quick.retire(claim)
    except ButtonSpent as spent:
        words = say(EXPLANATIONS.get(str(spent), FOREIGN))
        await messenger.answer(query_id, words, alert=True)
        return
    except PolycoolError as error:
        await messenger.answer(query_id, say(NOTHING_DONE))
        ways = ways_on(error, again, is_live=card.is_live)
        async with card.held():
            await card.show(failure_screen(error, _back(again), ways))
        return
    if why or is_old:
        await messenger.answer(query_id)
        async with card.held():
            await ticket.show_ticket(
                card, wanted.quote, again=wanted.again, back=wanted.back, why=why
            )
        return
    await _place(card, claim, wanted, query_id)


async def _look(card: BotContext, claim: ButtonClaim) -> tuple[CardOffer, bool]:
    """What the token allows, and whether it is too old to order with.

    A record cannot be refreshed, so its old token still leads to a ticket. Raises: ButtonSpent.
    """
    quick, is_record = card.orders.quick, card.message_id is None
    try:
        return await quick.look(claim), False
    except ButtonSpent as spent:
        if str(spent) != EXPIRED or not is_record:
            raise
    return await quick.look(claim, even_old=True), True


async def order_typed(context: BotContext, again: Spend | SellShares) -> bool:
    """An order of what was typed, or a ticket that says why it asks; once a question.

    False where the question has no token, or none that can be used: then a ticket is due as ever.
    Raises: what a quote raises; the token is unused then.
    """
    token = context.desk.pending.token(context.user.id)
    if token is None:
        return False
    claim = ButtonClaim(token.button_id, context.user.id, context.chat_id, token.message_id)
    try:
        wanted = await _wanted(context, await context.orders.quick.look(claim), again)
        why = reasons_to_ask(context.preferences, wanted.quote, await _facts(context, wanted))
        if why:
            await context.orders.quick.retire(claim)
    except ButtonSpent:
        return False
    if why:
        await ticket.show_ticket(context, wanted.quote, again=again, back=wanted.back, why=why)
    else:
        await ticket.order_below(context, claim, _used(context, claim, wanted))
    return True


async def _place(card: BotContext, claim: ButtonClaim, wanted: _Wanted, query_id: str) -> None:
    shown = _used(card, claim, wanted)
    card.desk.tickets.remember(shown)
    await ticket.confirm(card, claim, shown, query_id)


def _used(card: BotContext, claim: ButtonClaim, wanted: _Wanted) -> ShownTicket:
    """What stands for the ticket that nobody was shown."""
    return ShownTicket(
        wanted.quote,
        Offer(claim.id, card.desk.now()),
        claim.user_id,
        claim.chat_id,
        claim.message_id,
        again=wanted.again,
        back=wanted.back,
        state=TicketState.USED,
        amount=wanted.amount,
    )


def _again(found: CardOffer, action: QuickAction) -> Spend | SellPercent:
    """The same with a ticket. Raises: ButtonSpent for what the card does not offer."""
    if isinstance(action, QuickSell):
        if found.side is Side.SELL and action.percent in found.amounts:
            return SellPercent(action.position_id, action.percent)
    elif _is_offered(found, action):
        return Spend(found.market_id, action.outcome, action.amount)
    raise ButtonSpent(UNKNOWN)


def _is_offered(found: CardOffer, action: QuickBuy) -> bool:
    is_amount = Decimal(action.amount) / CENTS in found.amounts
    return found.side is Side.BUY and is_amount and action.outcome < len(found.drawn)


async def _wanted(
    card: BotContext, found: CardOffer, again: Spend | SellPercent | SellShares
) -> _Wanted:
    """Raises: ButtonSpent, and what a quote raises."""
    card.check_account(found.account)
    market = await card.services.markets.market(found.market_id)
    if isinstance(again, Spend):
        return await _purchase(card, found, market, again)
    return await _sale(card, found, market, again)


async def _purchase(card: BotContext, found: CardOffer, market: Market, again: Spend) -> _Wanted:
    spend, token = Usdc(Decimal(again.amount) / CENTS), market.tokens[again.outcome]
    slippage = card.preferences.slippage
    quote = await card.orders.quote_buy(card.user.id, market.id, token, spend, slippage)
    return _Wanted(quote, found.drawn[again.outcome], spend, again, ShowMarket(market.id))


async def _sale(
    card: BotContext, found: CardOffer, market: Market, again: SellPercent | SellShares
) -> _Wanted:
    user = card.user.id
    position = await card.positions.get_position(again.position_id, user)
    if position.market_id != market.id or position.token_id not in market.tokens:
        raise ButtonSpent(UNKNOWN)
    size, amount = _size(position, again)
    quote = await card.orders.quote_sell(user, position.id, size, card.preferences.slippage)
    drawn = found.drawn[market.tokens.index(position.token_id)]
    return _Wanted(quote, drawn, amount, again, ShowPosition(position.id))


def _size(position: Position, again: SellPercent | SellShares) -> tuple[Size, Decimal]:
    """The shares, and the same as it was asked for."""
    if isinstance(again, SellShares):
        size = Size(Decimal(again.amount) / MICROS)
        return size, size
    percent = Decimal(again.percent)
    return shares_of(position.holding, percent), percent


async def _facts(card: BotContext, wanted: _Wanted) -> Facts:
    history, user = card.services.history, card.user.id
    market = wanted.quote.market.id
    unclear = await history.unknown_in(user, Account.LIVE, market) if card.is_live else ()
    return Facts(card.desk.now(), wanted.drawn, await history.traded(user), bool(unclear))


def _back(again: Spend | SellPercent | None) -> Action | None:
    match again:
        case Spend(market_id):
            return ShowMarket(market_id)
        case SellPercent(position_id):
            return ShowPosition(position_id)
        case None:
            return None
