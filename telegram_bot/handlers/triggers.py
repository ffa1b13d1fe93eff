"""Triggers in chat: shown, armed by a tap or by a typed price, removed."""

from collections.abc import Sequence
from decimal import Decimal

from core.domain.amounts import typed_price
from core.domain.errors import Rejected
from core.domain.trigger import Trigger, typed_distance
from core.domain.units import PositionId
from core.domain.views import PositionView
from core.services.triggers.triggers import Triggers, Wish, from_percent, from_price
from telegram_bot.context import BotContext
from telegram_bot.screens.triggers import (
    PAGE,
    position_triggers_screen,
    presets_screen,
    trigger_question,
    triggers_screen,
)
from telegram_bot.trigger_actions import (
    ArmTrigger,
    RemoveTrigger,
    SetPreset,
    ShowPositionTriggers,
    ShowPresets,
    ShowTriggers,
    TriggerAction,
    TypeTrigger,
)
from telegram_bot.words import say


async def act_on_triggers(context: BotContext, action: TriggerAction) -> None:
    """Raises: Rejected with the sentence that says why not."""
    match action:
        case ShowTriggers(page):
            await open_triggers(context, page)
        case ShowPositionTriggers(position_id, percent):
            await open_position_triggers(context, position_id, percent)
        case ArmTrigger(position_id, kind, change, percent):
            await _arm(context, position_id, from_percent(kind, Decimal(change), percent), percent)
        case TypeTrigger():
            await _ask(context, action)
        case RemoveTrigger(trigger_id):
            removed = await triggers_of(context).remove(context.user.id, trigger_id)
            await open_position_triggers(context, removed.position_id)
        case ShowPresets():
            await open_presets(context)
        case SetPreset(kind, change):
            wanted = Decimal(change) if change else None
            await triggers_of(context).set_preset(context.user.id, context.account, kind, wanted)
            await open_presets(context)


async def open_triggers(context: BotContext, page: int = 0) -> None:
    armed = await armed_of(context)
    page = min(page, max(0, len(armed) - 1) // PAGE)
    shown = armed[page * PAGE : (page + 1) * PAGE]
    markets = {
        one: await context.services.markets.market(one)
        for one in {trigger.market_id for trigger in shown}
    }
    await context.show(triggers_screen(armed, markets, page, context.desk.now()))


async def open_position_triggers(
    context: BotContext, position_id: PositionId, percent: int = 100
) -> None:
    view = await _view(context, position_id)
    armed = await armed_of(context, position_id)
    await context.show(position_triggers_screen(view, armed, percent, context.desk.now()))


async def open_presets(context: BotContext) -> None:
    presets = await triggers_of(context).presets(context.user.id, context.account)
    await context.show(presets_screen(presets, context.desk.now()))


async def take_trigger_answer(context: BotContext, asked: TypeTrigger, text: str) -> None:
    """A typed price, or a distance in percent. Raises: Rejected."""
    words = text.strip()
    wish = (
        from_percent(asked.kind, typed_distance(asked.kind, words), asked.percent)
        if words.endswith("%")
        else from_price(asked.kind, typed_price(words), asked.percent)
    )
    await _arm(context, asked.position_id, wish, asked.percent)


async def armed_of(context: BotContext, position_id: PositionId | None = None) -> Sequence[Trigger]:
    """Nothing where this program has no triggers."""
    triggers = context.services.triggers
    if triggers is None:
        return ()
    return await triggers.armed(context.user.id, context.account, position_id)


def triggers_of(context: BotContext) -> Triggers:
    """Raises: Rejected."""
    if context.services.triggers is None:
        raise Rejected(say("This Polycool has no triggers."))
    return context.services.triggers


async def _arm(context: BotContext, position_id: PositionId, wish: Wish, percent: int) -> None:
    await _view(context, position_id)
    await triggers_of(context).arm(context.user.id, position_id, wish)
    await open_position_triggers(context, position_id, percent)


async def _ask(context: BotContext, asked: TypeTrigger) -> None:
    view = await _view(context, asked.position_id)
    context.desk.pending.ask(context.user.id, asked)
    await context.show(trigger_question(view, asked.kind, asked.percent))


async def _view(context: BotContext, position_id: PositionId) -> PositionView:
    view = await context.positions.view(position_id, context.user.id)
    context.check_account(view.position.account)
    return view
