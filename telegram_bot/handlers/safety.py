"""Stopping, resuming, halting, lifting; breakers; one's own limits."""

from decimal import Decimal, InvalidOperation

from core.domain.breaker import EVERYBODY, WHY
from core.domain.errors import InvalidQuantity, Rejected
from core.domain.risk import LimitKind, Stop, Switches
from core.domain.units import UserId
from core.services.risk.breakers import Breakers
from core.services.risk.kill_switch import KillSwitch
from core.services.risk.own_limits import OwnLimits
from telegram_bot.account_actions import ChangeLimit
from telegram_bot.context import BotContext
from telegram_bot.screens.safety import (
    halted_screen,
    lifted_screen,
    limit_question,
    limits_screen,
    reset_screen,
    resumed_screen,
    stopped_screen,
)
from telegram_bot.words import mark, say

OWNER_ONLY = mark("Only the owner of this bot can do that. /stop stops your own trading.")
NOT_HERE = mark("This part is not running here.")


async def stop(context: BotContext, *, everything: bool) -> None:
    """Binds once this returns, over restarts too."""
    kind = Stop.EVERYTHING if everything else Stop.ENTRIES
    swept = await _switch(context).stop(context.user.id, kind)
    await context.show(stopped_screen(kind, swept))


async def resume(context: BotContext) -> None:
    await _switch(context).resume(context.user.id)
    await context.show(resumed_screen(await switches_of(context)))


async def halt(context: BotContext, *, everything: bool) -> None:
    """Raises: Rejected for anybody but the owner."""
    _refuse_others(context)
    swept = await _switch(context).halt(context.user.id, everything=everything)
    await context.show(halted_screen(swept, everything=everything))


async def lift(context: BotContext) -> None:
    """Raises: Rejected for anybody but the owner."""
    _refuse_others(context)
    await _switch(context).lift(context.user.id)
    await context.show(lifted_screen(await switches_of(context), context.user.id))


async def reset_breaker(context: BotContext, user_id: UserId) -> None:
    """Raises: Rejected for anybody but the owner."""
    _refuse_others(context)
    whose = None if user_id == EVERYBODY else user_id
    trip = await _breakers(context).reset(context.user.id, whose)
    await context.show(reset_screen(None if trip is None else WHY[trip]))


async def open_limits(context: BotContext) -> None:
    limits = await _limits(context).of(context.user.id)
    factor = context.services.second_factor
    guarded = factor is not None and await factor.is_set_up(context.user.id)
    await context.show(limits_screen(limits, has_factor=guarded))


async def ask_limit(context: BotContext, kind: LimitKind) -> None:
    state = (await _limits(context).of(context.user.id))[kind]
    context.desk.pending.ask(context.user.id, ChangeLimit(kind))
    await context.show(limit_question(kind, state))


async def is_raise(context: BotContext, kind: LimitKind, value: Decimal) -> bool:
    return value > (await _limits(context).of(context.user.id))[kind].value


async def set_limit(context: BotContext, kind: LimitKind, value: Decimal) -> None:
    """Raises: OverLimit."""
    await _limits(context).set(context.user.id, kind, value)
    await open_limits(context)


async def switches_of(context: BotContext) -> Switches:
    """All that is off for the user; nothing where no such part is running."""
    breakers = context.services.breakers
    return Switches() if breakers is None else await breakers.switches(context.user.id)


def typed_limit(text: str) -> Decimal:
    """`0` is one too: it allows nothing. Raises: InvalidQuantity."""
    words = text.strip().removeprefix("$").strip()
    try:
        value = Decimal(words) if words.replace(".", "", 1).isdecimal() else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not words.isascii():
        raise InvalidQuantity(say("That is no number. Please write for example 20"))
    return value


def _refuse_others(context: BotContext) -> None:
    if not context.is_owner:
        raise Rejected(say(OWNER_ONLY))


def _switch(context: BotContext) -> KillSwitch:
    if context.services.kill_switch is None:
        raise Rejected(say(NOT_HERE))
    return context.services.kill_switch


def _breakers(context: BotContext) -> Breakers:
    if context.services.breakers is None:
        raise Rejected(say(NOT_HERE))
    return context.services.breakers


def _limits(context: BotContext) -> OwnLimits:
    if context.services.own_limits is None:
        raise Rejected(say(NOT_HERE))
    return context.services.own_limits
