"""Alerts in chat: listed, set by a tap or by a typed price, muted, removed."""

import re
from decimal import Decimal
from typing import Final

from core.domain.alert import AlertKind, from_typed
from core.domain.alert import NewAlert as Wish
from core.domain.amounts import typed_percent, typed_price
from core.domain.errors import InvalidQuantity, NotFound, Rejected
from core.domain.units import ONE, ZERO, Price
from core.domain.views import MarketView
from core.services.alerts.alerts import Alerts
from telegram_bot.alert_actions import (
    AlertAction,
    MuteAlert,
    NewAlert,
    RemoveAlert,
    SetAlert,
    ShowAlerts,
    TypeAlert,
)
from telegram_bot.context import BotContext
from telegram_bot.screens.alerts import (
    PAGE,
    UNITS,
    alert_question,
    alerts_screen,
    new_alert_screen,
)
from telegram_bot.words import say

LONGEST_MUTE: Final = 24  # hours
STEP: Final = Decimal("0.0001")  # of a level
_DISTANCE: Final = re.compile(r"([+-])(.+)", re.DOTALL)


async def act_on_alerts(context: BotContext, action: AlertAction) -> None:
    """Raises: Rejected with the sentence that says why not."""
    match action:
        case ShowAlerts(page):
            await open_alerts(context, page)
        case NewAlert(_, _):
            await open_new_alert(context, action)
        case SetAlert():
            await _set(context, NewAlert(action.market_id, action.outcome), _wish(action))
        case TypeAlert():
            view = await _view(context, NewAlert(action.market_id, action.outcome))
            context.desk.pending.ask(context.user.id, action)
            await context.show(alert_question(view, action))
        case RemoveAlert(alert_id, page):
            await alerts_of(context).remove(context.user.id, alert_id)
            await open_alerts(context, page)
        case MuteAlert(alert_id, hours, page):
            await alerts_of(context).mute(context.user.id, alert_id, min(hours, LONGEST_MUTE))
            await open_alerts(context, page)


async def open_alerts(context: BotContext, page: int = 0) -> None:
    alerts = await alerts_of(context).of(context.user.id)
    page = min(page, max(0, len(alerts) - 1) // PAGE)
    shown = alerts[page * PAGE : (page + 1) * PAGE]
    markets = {
        one: await context.services.markets.market(one)
        for one in {alert.market_id for alert in shown}
    }
    await context.show(alerts_screen(alerts, markets, page, context.desk.now()))


async def open_new_alert(context: BotContext, asked: NewAlert) -> None:
    view = await _view(context, asked)
    own = await alerts_of(context).of(context.user.id)
    here = [one for one in own if one.market_id == asked.market_id]
    await context.show(new_alert_screen(view, asked.outcome, here, context.desk.now()))


async def take_alert_answer(context: BotContext, asked: TypeAlert, text: str) -> None:
    """A typed price, or a distance from the one of now. Raises: Rejected."""
    market = NewAlert(asked.market_id, asked.outcome)
    view = await _view(context, market)
    price = view.outcomes[asked.outcome].price
    await _set(context, market, from_typed(price, typed_level(text, price)))


def typed_level(text: str, price: Price | None) -> Price:
    """`45`, `+5` and `-5c` in cents, `+5%` of the price. Raises: InvalidQuantity."""
    words = text.strip()
    distance = _DISTANCE.fullmatch(words)
    if distance is None:
        return typed_price(words)
    if price is None:
        raise InvalidQuantity(say("There is no price to measure from right now."))
    sign, rest = distance.groups()
    step = price * typed_percent(rest) / 100 if rest.endswith("%") else typed_price(rest)
    level = (price + step if sign == "+" else price - step).quantize(STEP)
    if not ZERO < level < ONE:
        raise InvalidQuantity(say("That is beyond what a price can be: 0 to 100 cents."))
    return Price(level)


def alerts_of(context: BotContext) -> Alerts:
    """Raises: Rejected."""
    if context.services.alerts is None:
        raise Rejected(say("This Polycool has no alerts."))
    return context.services.alerts


def _wish(action: SetAlert) -> Wish:
    units = UNITS / 100 if action.kind is AlertKind.SWING else UNITS
    return Wish(action.kind, Decimal(action.level) / units, action.minutes)


async def _set(context: BotContext, market: NewAlert, wish: Wish) -> None:
    user = context.user.id
    await alerts_of(context).set(user, market.market_id, market.outcome, wish)
    await open_new_alert(context, market)


async def _view(context: BotContext, asked: NewAlert) -> MarketView:
    view = await context.services.markets.view(asked.market_id, context.user.id, refresh=True)
    if asked.outcome >= len(view.outcomes):
        raise NotFound(say("There is no such outcome."))
    return view
