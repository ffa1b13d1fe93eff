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
from core.domain.units import PositionId, Price, Usdc
from core.services.clob.money_buttons import EXPIRED, UNKNOWN, USED
from telegram_bot.actions import Action, SellPercent, ShowMarket, ShowPosition, Spend
from telegram_bot.context import BotContext
from telegram_bot.handlers import ticket
from telegram_bot.quick_actions import QuickAction, QuickBuy
from telegram_bot.screens.notices import failure_screen
from telegram_bot.screens.quick import CENTS
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
    if position.market_id != market.id or position.token_id not in market.tokens:
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


def _back(action: QuickAction) -> Action | None:
    return None if isinstance(action, QuickBuy) else ShowPosition(action.position_id)
