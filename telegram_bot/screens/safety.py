"""The switches: stop and resume, halt and lift, breakers, and one's own limits."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.domain.account_views import LimitState, Swept
from core.domain.breaker import EVERYBODY, WHY
from core.domain.risk import LimitKind, Stop, Switches
from core.domain.units import UserId
from telegram_bot.account_actions import (
    ChangeLimit,
    HaltTrading,
    LiftHalt,
    ResetBreaker,
    ResumeTrading,
    ShowLimits,
    ShowOrders,
    StopTrading,
)
from telegram_bot.screens.numbers import money
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, home_button, lines, rows
from telegram_bot.screens.text import told
from telegram_bot.screens.times import day_clock
from telegram_bot.words import mark, plural, say

LABELS: Final = {
    LimitKind.PER_ORDER: mark("One order"),
    LimitKind.PER_MARKET: mark("One market"),
    LimitKind.PER_DAY: mark("A day (UTC)"),
    LimitKind.OPEN_ORDERS: mark("Open orders"),
}


def stopped_screen(stop: Stop, swept: Swept) -> Screen:
    """What is refused from now on, and what goes on working."""
    if stop is Stop.EVERYTHING:
        what = (
            say("<b>Everything is stopped.</b>"),
            say(
                "No order of yours is accepted, neither buys nor sells, by hand or automatic. "
                "Cancelling works. Nobody sells your positions for you, not even a stop-loss."
            ),
        )
        buttons: Row = (Button(say("Resume"), ResumeTrading(), Style.SUCCESS),)
    else:
        what = (
            say("<b>New buys and automation are stopped.</b>"),
            say(
                "Still working: selling by hand, protective sells (stop-loss, take-profit), and "
                "cancelling. Resting orders of automation are taken off the book; your own rest "
                "on."
            ),
        )
        buttons = (
            Button(say("Stop everything"), StopTrading(everything=True), Style.DANGER),
            Button(say("Resume"), ResumeTrading(), Style.SUCCESS),
        )
    return Screen(
        blocks(*what, swept_words(swept), say("It stays so, over restarts too, until you resume.")),
        (buttons, (Button(say("Orders"), ShowOrders()), home_button())),
    )


def resumed_screen(switches: Switches) -> Screen:
    """`switches` are what is still off after it."""
    still = switch_words(switches)
    return Screen(
        blocks(
            say("<b>You have resumed trading.</b>"),
            lines(*still)
            if still
            else say(
                "Buys, sells and automation work again. What was cancelled does not come back."
            ),
        ),
        ((Button(say("Orders"), ShowOrders()), home_button()),),
    )


def halted_screen(swept: Swept, *, everything: bool) -> Screen:
    more: Row = (
        ()
        if everything
        else (Button(say("Cancel everything too"), HaltTrading(everything=True), Style.DANGER),)
    )
    return Screen(
        blocks(
            say("<b>Trading is halted for everybody.</b>"),
            _halted(everything=everything),
            swept_words(swept),
            say("It stays so, over restarts too, until you lift it."),
        ),
        rows(more, (Button(say("Lift the halt"), LiftHalt(), Style.SUCCESS), home_button())),
    )


def _halted(*, everything: bool) -> str:
    if everything:
        return say(
            "Every order of every user is refused; cancelling works. Withdrawals that are "
            "due wait. All resting orders are taken off the book, also those placed by hand."
        )
    return say(
        "Every order of every user is refused; cancelling works. Withdrawals that are "
        "due wait. Resting orders of automation are taken off the book; those placed by "
        "hand rest on."
    )


def lifted_screen(switches: Switches, user: UserId) -> Screen:
    """After the halt, what else is off; the owner can close breakers here."""
    still = switch_words(switches)
    return Screen(
        blocks(
            say("<b>The halt is lifted.</b>"),
            lines(*still) if still else say("What users stopped themselves stays stopped."),
        ),
        rows(_breaker_buttons(switches, user), (home_button(),)),
    )


def reset_screen(was: str | None) -> Screen:
    why = (
        say("It had opened because: {reason}", reason=told(was, 200))
        if was
        else say("It was closed already.")
    )
    return Screen(
        blocks(say("<b>The breaker is closed: trading is allowed again.</b>"), why),
        ((home_button(),),),
    )


def limits_screen(
    limits: Mapping[LimitKind, LimitState], *, has_factor: bool, used: str | None = None
) -> Screen:
    """What bounds the reader's buys with real money."""
    return Screen(
        blocks(
            say("<b>Your limits for real money</b>"),
            lines(*(_limit(kind, state) for kind, state in limits.items()), used),
            lines(
                say(
                    "Lowering counts at once. A raise counts after 24 hours, and needs a code of "
                    "your authenticator."
                )
                if has_factor
                else say("Lowering counts at once. A raise counts after 24 hours."),
                say("Nobody can go beyond what the operator allows. Selling is not limited."),
            ),
        ),
        (
            tuple(Button(say(LABELS[kind]), ChangeLimit(kind)) for kind in list(limits)[:2]),
            tuple(Button(say(LABELS[kind]), ChangeLimit(kind)) for kind in list(limits)[2:]),
            (Button(say("Refresh"), ShowLimits()), home_button()),
        ),
    )


def limit_question(kind: LimitKind, state: LimitState) -> Screen:
    name = say(LABELS[kind])
    return Screen(
        blocks(
            say("<b>{name}: how many orders at most?</b>", name=name)
            if kind is LimitKind.OPEN_ORDERS
            else say("<b>{name}: how many dollars at most?</b>", name=name),
            lines(_limit(kind, state), say("Type the new number, for example <code>20</code>.")),
        ),
        ((Button(say("Cancel"), ShowLimits()),),),
    )


def switch_words(switches: Switches) -> list[str]:
    """What is off, one sentence each; empty where everything is on."""
    found = []
    if switches.is_halted:
        found.append(say("<b>Halted by the owner:</b> only cancelling works."))
    if switches.trip_of_all is not None:
        found.append(
            say(
                "<b>Cancel only, for everybody:</b> {reason} The owner looks into it.",
                reason=told(WHY[switches.trip_of_all]),
            )
        )
    if switches.trip is not None:
        found.append(
            say(
                "<b>Cancel only, for you:</b> {reason} The owner looks into it.",
                reason=told(WHY[switches.trip]),
            )
        )
    if switches.refusal:
        found.append(
            say(
                "<b>The venue lets you buy nothing:</b> {reason}",
                reason=told(switches.refusal, 300),
            )
        )
    if switches.stop is Stop.EVERYTHING:
        found.append(say("<b>You stopped everything:</b> /resume ends it."))
    if switches.stop is Stop.ENTRIES:
        found.append(say("<b>You stopped buys and automation:</b> /resume ends it."))
    return found


def swept_words(swept: Swept) -> str | None:
    """What was taken off the book, and what not yet."""
    if not swept.gone and not swept.left:
        return say("No resting order had to be cancelled.")
    gone = say("{orders} taken off the book.", orders=_orders(len(swept.gone)))
    if not swept.left:
        return gone
    return say(
        "{gone} <b>{orders} not yet:</b> the venue has not said that they are gone, and "
        "is asked again until it does.",
        gone=gone,
        orders=_orders(len(swept.left)),
    )


def _orders(count: int) -> str:
    return plural("{n} order", "{n} orders", count)


def _breaker_buttons(switches: Switches, user: UserId) -> Row:
    found = []
    if switches.trip_of_all is not None:
        found.append(Button(say("Allow trading again"), ResetBreaker(EVERYBODY), Style.DANGER))
    if switches.trip is not None:
        found.append(Button(say("Allow me again"), ResetBreaker(user), Style.DANGER))
    return tuple(found)


def _limit(kind: LimitKind, state: LimitState) -> str:
    line = f"{say(LABELS[kind])}: <b>{_value(kind, state.value)}</b>"
    if state.next_value is None or state.next_at is None:
        return line
    return say(
        "{limit}, {raised} from {moment}",
        limit=line,
        raised=_value(kind, state.next_value),
        moment=day_clock(state.next_at),
    )


def _value(kind: LimitKind, value: Decimal) -> str:
    return f"{value.normalize():f}" if kind is LimitKind.OPEN_ORDERS else money(value)
