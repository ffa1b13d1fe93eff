"""A tapped button: answered at once, then acted upon."""

from core.domain.errors import PolycoolError, Rejected
from core.domain.offer import ButtonClaim
from telegram_bot.actions import (
    Action,
    CancelTicket,
    Confirm,
    ConfirmAgain,
    Submitting,
)
from telegram_bot.callbacks import Tapped
from telegram_bot.context import BotContext
from telegram_bot.handlers import quick, ticket
from telegram_bot.handlers.earlier import answer_earlier
from telegram_bot.handlers.families import ACTS, way_back
from telegram_bot.picture_actions import (
    PictureAction,
)
from telegram_bot.quick_actions import QuickBuy, QuickSell
from telegram_bot.screens.notices import OLD_SCREEN, failure_screen
from telegram_bot.screens.ways_on import ways_on
from telegram_bot.tickets import ShownTicket, TicketState
from telegram_bot.words import say


async def answer_tap(
    context: BotContext,
    message_id: int,
    query_id: str,
    tapped: Tapped | None,
    earlier: Action | None = None,
    *,
    is_left_over: bool = False,
) -> None:
    """`context` answers below; what belongs on the tapped card goes there.

    None stands for a button that this run of the program did not draw; `earlier` is what it stood
    for when another one did, and `is_left_over` says that it was tapped in time for that one.
    """
    messenger, card = context.desk.messenger, context.on(message_id)
    match tapped:
        case None:
            await messenger.answer(query_id, "" if is_left_over else say(OLD_SCREEN))
            async with context.held():
                await answer_earlier(context, earlier, message_id, is_left_over=is_left_over)
                await messenger.strip(context.chat_id, message_id)
        case Tapped(Submitting()):
            await messenger.answer(query_id, say("Your order is on its way."))
        case Tapped(Confirm(button_id)):
            await _confirm(card, _claim(card, button_id, message_id), query_id)
        case Tapped(ConfirmAgain(button_id)):
            claim = _claim(card, button_id, message_id)
            await _confirm(card, claim, query_id, knows_of_unclear=True)
        case Tapped(CancelTicket(button_id)):
            await _cancel(card, _claim(card, button_id, message_id), query_id)
        case Tapped(QuickBuy() | QuickSell() as action) if is_left_over:
            await messenger.answer(query_id)
            async with context.held():
                await answer_earlier(context, action, message_id, is_left_over=True)
        case Tapped(QuickBuy(button_id) | QuickSell(button_id) as action, keeps_message):
            claim = _claim(card, button_id, message_id)
            place = context if keeps_message else card
            await quick.order_at_once(place, claim, action, query_id)
        case Tapped(action, keeps_message):
            await messenger.answer(query_id)
            is_below = keeps_message and not isinstance(action, PictureAction)
            async with context.held():
                await act(context if is_below else card, action)


async def act(context: BotContext, action: Action) -> None:
    """Do what `action` asks for, or say why not and what that means."""
    try:
        await ACTS[type(action)](context, action)
    except PolycoolError as error:
        ways = ways_on(error, action, is_live=context.is_live)
        await context.show(failure_screen(error, way_back(action), ways))


async def _confirm(
    card: BotContext, claim: ButtonClaim, query_id: str, *, knows_of_unclear: bool = False
) -> None:
    """`knows_of_unclear`: of an order in that market whose answer was lost, and goes on."""
    desk = card.desk
    found, shown = desk.tickets.look(claim, desk.now())
    if found is TicketState.OPEN and shown is not None:
        if await _is_for_other_account(card, shown, query_id):
            return
        found, shown = desk.tickets.take(claim, TicketState.USED, desk.now())
    if found is TicketState.OPEN and shown is not None:
        await ticket.confirm(card, claim, shown, query_id, knows_of_unclear=knows_of_unclear)
        return
    desk.tickets.refused[found.name.lower()] += 1
    await desk.messenger.answer(query_id, say(ticket.EXPLANATIONS[found]), alert=True)
    if found is TicketState.EXPIRED and shown is not None:
        async with card.held():
            await ticket.show_expired(card, shown)


async def _is_for_other_account(card: BotContext, shown: ShownTicket, query_id: str) -> bool:
    """Whether the tap places no order for that reason."""
    try:
        card.check_account(shown.quote.account)
    except Rejected as refusal:
        await card.desk.messenger.answer(query_id, say("Nothing was done."))
        async with card.held():
            await card.show(failure_screen(refusal))
        return True
    return False


async def _cancel(card: BotContext, claim: ButtonClaim, query_id: str) -> None:
    desk = card.desk
    found, shown = desk.tickets.take(claim, TicketState.CANCELLED, desk.now())
    if shown is None or found not in {TicketState.OPEN, TicketState.EXPIRED}:
        await desk.messenger.answer(query_id, say(ticket.EXPLANATIONS[found]), alert=True)
        return
    await desk.messenger.answer(query_id, ticket.cancelled_words(shown.quote))
    await card.orders.withdraw_offer(claim)
    async with card.held():
        await act(card, shown.back)


def _claim(card: BotContext, button_id: str, message_id: int) -> ButtonClaim:
    return ButtonClaim(button_id, card.user.id, card.chat_id, message_id)
