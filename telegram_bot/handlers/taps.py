"""A tapped button: answered at once, then acted upon."""

from dataclasses import replace

from core.domain.errors import PolycoolError, Rejected
from core.domain.offer import ButtonClaim
from telegram_bot.actions import (
    Action,
    Buy,
    CancelTicket,
    Categories,
    Confirm,
    ConfirmAgain,
    Help,
    Home,
    Limit,
    Search,
    SellOther,
    SellPercent,
    SellShares,
    ShowEvent,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Spend,
    SpendOther,
    Status,
    Submitting,
    Trending,
)
from telegram_bot.callbacks import Tapped
from telegram_bot.context import BotContext
from telegram_bot.finding_actions import Browse, SearchVenue, Watch
from telegram_bot.handlers import home, limit, markets, pictures, positions, ticket, trading
from telegram_bot.handlers.account import act_on_account
from telegram_bot.handlers.earlier import answer_earlier
from telegram_bot.handlers.triggers import act_on_triggers
from telegram_bot.picture_actions import (
    PictureAction,
    ShowChart,
    ShowDepth,
    ShowPnlCard,
    ShowRecord,
)
from telegram_bot.screens.notices import OLD_SCREEN, failure_screen
from telegram_bot.tickets import ShownTicket, TicketState
from telegram_bot.trigger_actions import (
    ArmTrigger,
    RemoveTrigger,
    SetPreset,
    ShowPositionTriggers,
    ShowPresets,
    ShowTriggers,
    TypeTrigger,
)


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
            await messenger.answer(query_id, "" if is_left_over else OLD_SCREEN)
            async with context.held():
                await answer_earlier(context, earlier, message_id, is_left_over=is_left_over)
                await messenger.strip(context.chat_id, message_id)
        case Tapped(Submitting()):
            await messenger.answer(query_id, "Your order is on its way.")
        case Tapped(Confirm(button_id)):
            await _confirm(card, _claim(card, button_id, message_id), query_id)
        case Tapped(ConfirmAgain(button_id)):
            claim = _claim(card, button_id, message_id)
            await _confirm(card, claim, query_id, knows_of_unclear=True)
        case Tapped(CancelTicket(button_id)):
            await _cancel(card, _claim(card, button_id, message_id), query_id)
        case Tapped(action, keeps_message):
            await messenger.answer(query_id)
            is_below = keeps_message and not isinstance(action, PictureAction)
            async with context.held():
                await act(context if is_below else card, action)


async def act(context: BotContext, action: Action) -> None:
    """Do what `action` asks for, or say why not and what that means."""
    try:
        await _act(context, action)
    except PolycoolError as error:
        await context.show(failure_screen(error, _way_back(action)))


async def _act(context: BotContext, action: Action) -> None:  # noqa: C901, PLR0912 - one line each
    match action:
        case Home():
            await home.open_home(context)
        case Help():
            await home.open_help(context)
        case Status():
            await home.open_status(context)
        case Trending():
            await markets.open_trending(context, action)
        case Categories():
            await markets.open_categories(context)
        case Search():
            await markets.search(context, action)
        case Browse() | SearchVenue() | Watch():
            await markets.find(context, action)
        case ShowEvent(event_id, page):
            await markets.open_event(context, event_id, page)
        case ShowMarket(market_id):
            await markets.open_market(context, market_id)
        case Buy():
            await trading.choose_amount(context, action)
        case Spend():
            await trading.quote_buy(context, action)
        case SpendOther():
            await trading.ask_dollars(context, action)
        case ShowPositions(page):
            await positions.open_positions(context, page)
        case ShowPosition(position_id):
            await positions.open_position(context, position_id)
        case SellPercent():
            await trading.quote_percent(context, action)
        case SellShares():
            await trading.quote_shares(context, action)
        case SellOther():
            await trading.ask_shares(context, action)
        case Limit():
            await limit.open_limit(context, action)
        case ShowTriggers() | ShowPositionTriggers() | ArmTrigger() | TypeTrigger():
            await act_on_triggers(context, action)
        case RemoveTrigger() | ShowPresets() | SetPreset():
            await act_on_triggers(context, action)
        case ShowChart() | ShowDepth() | ShowPnlCard() | ShowRecord():
            await pictures.show_picture(context, action)
        case Confirm() | ConfirmAgain() | CancelTicket() | Submitting():
            raise ValueError(f"{action} is answered by its ticket")
        case _:
            await act_on_account(context, action)


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
    await desk.messenger.answer(query_id, ticket.EXPLANATIONS[found], alert=True)
    if found is TicketState.EXPIRED and shown is not None:
        async with card.held():
            await ticket.show_expired(card, shown)


async def _is_for_other_account(card: BotContext, shown: ShownTicket, query_id: str) -> bool:
    """Whether the tap places no order for that reason."""
    try:
        card.check_account(shown.quote.account)
    except Rejected as refusal:
        await card.desk.messenger.answer(query_id, "Nothing was done.")
        async with card.held():
            await card.show(failure_screen(refusal))
        return True
    return False


async def _cancel(card: BotContext, claim: ButtonClaim, query_id: str) -> None:
    desk = card.desk
    found, shown = desk.tickets.take(claim, TicketState.CANCELLED, desk.now())
    if shown is None or found not in {TicketState.OPEN, TicketState.EXPIRED}:
        await desk.messenger.answer(query_id, ticket.EXPLANATIONS[found], alert=True)
        return
    await desk.messenger.answer(query_id, ticket.cancelled_words(shown.quote))
    await card.orders.withdraw_offer(claim)
    async with card.held():
        await act(card, shown.back)


def _claim(card: BotContext, button_id: str, message_id: int) -> ButtonClaim:
    return ButtonClaim(button_id, card.user.id, card.chat_id, message_id)


def _way_back(action: Action) -> Action | None:  # noqa: PLR0911 - one line each
    """Where a failure leads; None for the list of markets."""
    match action:
        case Buy(market_id) | Spend(market_id) | SpendOther(market_id) | Watch(market_id):
            return ShowMarket(market_id)
        case Limit(market_id):
            return replace(action, amount=0) if action.amount else ShowMarket(market_id)
        case SellPercent(position_id) | SellShares(position_id) | SellOther(position_id):
            return ShowPosition(position_id)
        case ArmTrigger(position_id, _, _, percent) | TypeTrigger(position_id, _, percent):
            return ShowPositionTriggers(position_id, percent)
        case RemoveTrigger():
            return ShowTriggers()
        case Trending() | Search() | ShowEvent() | Categories() | Browse() | SearchVenue():
            return action
        case _:
            return None
