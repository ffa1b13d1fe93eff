"""Selling all there is by one confirmed card, and changing over to the other outcome."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Final

from core.domain.errors import PolycoolError, Rejected
from core.domain.holdings import HoldingOrder, sorted_by
from core.domain.market import Outcome
from core.domain.offer import ButtonClaim
from core.domain.position import PositionStatus
from core.domain.units import PositionId, Usdc
from core.domain.views import PositionView
from telegram_bot.actions import ShowPositions
from telegram_bot.context import BotContext
from telegram_bot.handlers.positions import portfolio_of
from telegram_bot.handlers.ticket import show_ticket
from telegram_bot.portfolio_actions import BuyOtherSide
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.selling import (
    Sale,
    sweep_over_screen,
    sweep_screen,
    sweeping_screen,
    swept_screen,
    switch_screen,
)
from telegram_bot.sweeps import Leg, Sweep
from telegram_bot.words import mark, say

LEGS: Final = 12  # sales on one card: as many as are read before their quotes expire
CENT: Final = Decimal("0.01")
NOTHING_HELD: Final = mark("Nothing is open, so there is nothing to sell.")
ONE_SIDED: Final = mark("This market has no single other side.")
SELL_FIRST: Final = mark("First sell what you hold; then the other side is bought for it.")


async def sell_everything(context: BotContext) -> None:
    """Whatever can be sold, quoted one by one, each with a one-shot button of its own.

    What cannot be sold takes nobody's place; more than a card holds comes with the next one.
    Raises: Rejected where nothing is held.
    """
    held = sorted_by(HoldingOrder.VALUE, (await portfolio_of(context)).positions)
    if not held:
        raise Rejected(say(NOTHING_HELD))
    legs = await _legs(context, held)
    sweep = Sweep(context.user.id, context.chat_id, 0, legs, len(held) - len(legs))
    shown = await context.show(sweep_screen(sweep, context.desk.now()))
    if shown is None:
        return
    for leg in legs:
        if leg.offer is not None:
            await context.orders.bind_offer(leg.offer.button_id, shown)
    context.desk.sweeps.remember(replace(sweep, message_id=shown))


async def sell_all(context: BotContext, button_id: str) -> None:
    """One tap, and one order for each sale that was quoted; one that fails stops no other."""
    card = context.message_id or 0
    claim = ButtonClaim(button_id, context.user.id, context.chat_id, card)
    sweep = context.desk.sweeps.take(claim)
    if sweep is None:
        await _tell(context, sweep_over_screen())
        return
    for leg in sweep.legs:
        if leg.quote is not None:
            context.check_account(leg.quote.account)
    submitting = context.marked(sweeping_screen(sweep))
    await context.desk.messenger.hint(context.chat_id, card, submitting)
    await context.orders.get_ready(context.user.id)
    sales = [await _sold(context, claim, leg) for leg in sweep.legs]
    await context.show(swept_screen(sales, sweep.left))


async def switch_side(context: BotContext, position_id: PositionId) -> None:
    """The two steps, on a card that stays while each has its ticket below.

    Raises: NotFound, Rejected.
    """
    view = await context.positions.view(position_id, context.user.id)
    context.check_account(view.position.account)
    await _tell(context, switch_screen(view, _other(view).name))


async def buy_other_side(context: BotContext, position_id: PositionId) -> None:
    """For no more than what the last sale of the position brought, its fee included.

    Raises: NotFound, Rejected while shares are left.
    """
    user = context.user.id
    view = await context.positions.view(position_id, user)
    context.check_account(view.position.account)
    other = _other(view)
    if view.position.status is PositionStatus.ACTIVE:
        raise Rejected(say(SELL_FIRST))
    brought = await context.services.histories.last_sale(user, position_id)
    spend = Usdc((brought / (1 + view.market.fees.rate)).quantize(CENT, rounding=ROUND_DOWN))
    quote = await context.orders.quote_buy(user, view.market.id, other.token, spend)
    await show_ticket(context, quote, again=BuyOtherSide(position_id), back=ShowPositions())


async def _legs(context: BotContext, held: Sequence[PositionView]) -> tuple[Leg, ...]:
    """The sales of one card, and behind them what was found on the way that cannot be sold."""
    selling, waiting = list[Leg](), list[Leg]()
    for view in held:
        leg = await _leg(context, view)
        (waiting if leg.offer is None else selling).append(leg)
        if len(selling) == LEGS:
            break
    return (*selling, *waiting)


async def _leg(context: BotContext, view: PositionView) -> Leg:
    position, orders, user = view.position, context.orders, context.user.id
    leg = Leg(view.market.question, position.outcome)
    try:
        quote = await orders.quote_sell(user, position.id, position.holding.amount)
        offer = await orders.offer(quote, user, context.chat_id)
    except PolycoolError as error:
        return replace(leg, reason=str(error))
    return replace(leg, quote=quote, offer=offer)


async def _sold(context: BotContext, claim: ButtonClaim, leg: Leg) -> Sale:
    if leg.offer is None:
        return Sale(leg)
    try:
        order = await context.orders.place_offer(replace(claim, id=leg.offer.button_id))
    except PolycoolError as error:
        return Sale(leg, error=error)
    return Sale(leg, order)


def _other(view: PositionView) -> Outcome:
    """Raises: Rejected, NotFound."""
    market = view.market
    token = market.complement(view.position.token_id)
    if token is None or view.position.token_id not in market.tokens:
        raise Rejected(say(ONE_SIDED))
    return market.outcome_of(token)


async def _tell(context: BotContext, screen: Screen) -> None:
    """Below, as a record that keeps its buttons."""
    screen = replace(context.marked(screen), keeps_message=True)
    await context.desk.messenger.send(context.chat_id, screen)
