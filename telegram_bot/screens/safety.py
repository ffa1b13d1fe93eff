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
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import day_clock

LABELS: Final = {
    LimitKind.PER_ORDER: "One order",
    LimitKind.PER_MARKET: "One market",
    LimitKind.PER_DAY: "A day (UTC)",
    LimitKind.OPEN_ORDERS: "Open orders",
}


def stopped_screen(stop: Stop, swept: Swept) -> Screen:
    """What is refused from now on, and what goes on working."""
    if stop is Stop.EVERYTHING:
        what = (
            "<b>Everything is stopped.</b>",
            (
                "No order of yours is accepted, neither buys nor sells, by hand or automatic. "
                "Cancelling works. Nobody sells your positions for you, not even a stop-loss."
            ),
        )
        buttons: Row = (Button("Resume", ResumeTrading(), Style.SUCCESS),)
    else:
        what = (
            "<b>New buys and automation are stopped.</b>",
            (
                "Still working: selling by hand, protective sells (stop-loss, take-profit), and "
                "cancelling. Resting orders of automation are taken off the book; your own rest on."
            ),
        )
        buttons = (
            Button("Stop everything", StopTrading(everything=True), Style.DANGER),
            Button("Resume", ResumeTrading(), Style.SUCCESS),
        )
    return Screen(
        blocks(*what, swept_words(swept), "It stays so, over restarts too, until you resume."),
        (buttons, (Button("Orders", ShowOrders()), home_button())),
    )


def resumed_screen(switches: Switches) -> Screen:
    """`switches` are what is still off after it."""
    still = switch_words(switches)
    return Screen(
        blocks(
            "<b>You have resumed trading.</b>",
            lines(*still)
            if still
            else "Buys, sells and automation work again. What was cancelled does not come back.",
        ),
        ((Button("Orders", ShowOrders()), home_button()),),
    )


def halted_screen(swept: Swept, *, everything: bool) -> Screen:
    more: Row = (
        ()
        if everything
        else (Button("Cancel everything too", HaltTrading(everything=True), Style.DANGER),)
    )
    return Screen(
        blocks(
            "<b>Trading is halted for everybody.</b>",
            "Every order of every user is refused; cancelling works. Withdrawals that are due "
            "wait. "
            + (
                "All resting orders are taken off the book, also those placed by hand."
                if everything
                else "Resting orders of automation are taken off the book; those placed by hand "
                "rest on."
            ),
            swept_words(swept),
            "It stays so, over restarts too, until you lift it.",
        ),
        rows(more, (Button("Lift the halt", LiftHalt(), Style.SUCCESS), home_button())),
    )


def lifted_screen(switches: Switches, user: UserId) -> Screen:
    """After the halt, what else is off; the owner can close breakers here."""
    still = switch_words(switches)
    return Screen(
        blocks(
            "<b>The halt is lifted.</b>",
            lines(*still) if still else "What users stopped themselves stays stopped.",
        ),
        rows(_breaker_buttons(switches, user), (home_button(),)),
    )


def reset_screen(was: str | None) -> Screen:
    why = f"It had opened because: {safe(was, 200)}" if was else "It was closed already."
    return Screen(
        blocks("<b>The breaker is closed: trading is allowed again.</b>", why), ((home_button(),),)
    )


def limits_screen(
    limits: Mapping[LimitKind, LimitState], *, has_factor: bool, used: str | None = None
) -> Screen:
    """What bounds the reader's buys with real money."""
    return Screen(
        blocks(
            "<b>Your limits for real money</b>",
            lines(*(_limit(kind, state) for kind, state in limits.items()), used),
            lines(
                "Lowering counts at once. A raise counts after 24 hours"
                + (", and needs a code of your authenticator." if has_factor else "."),
                "Nobody can go beyond what the operator allows. Selling is not limited.",
            ),
        ),
        (
            tuple(Button(LABELS[kind], ChangeLimit(kind)) for kind in list(limits)[:2]),
            tuple(Button(LABELS[kind], ChangeLimit(kind)) for kind in list(limits)[2:]),
            (Button("Refresh", ShowLimits()), home_button()),
        ),
    )


def limit_question(kind: LimitKind, state: LimitState) -> Screen:
    unit = "how many orders" if kind is LimitKind.OPEN_ORDERS else "how many dollars"
    return Screen(
        blocks(
            f"<b>{LABELS[kind]}: {unit} at most?</b>",
            lines(_limit(kind, state), "Type the new number, for example <code>20</code>."),
        ),
        ((Button("Cancel", ShowLimits()),),),
    )


def switch_words(switches: Switches) -> list[str]:
    """What is off, one sentence each; empty where everything is on."""
    found = []
    if switches.is_halted:
        found.append("<b>Halted by the owner:</b> only cancelling works.")
    if switches.trip_of_all is not None:
        found.append(
            f"<b>Cancel only, for everybody:</b> {WHY[switches.trip_of_all]} The owner looks into "
            "it."
        )
    if switches.trip is not None:
        found.append(f"<b>Cancel only, for you:</b> {WHY[switches.trip]} The owner looks into it.")
    if switches.refusal:
        found.append(f"<b>The venue lets you buy nothing:</b> {safe(switches.refusal, 300)}")
    if switches.stop is Stop.EVERYTHING:
        found.append("<b>You stopped everything:</b> /resume ends it.")
    if switches.stop is Stop.ENTRIES:
        found.append("<b>You stopped buys and automation:</b> /resume ends it.")
    return found


def swept_words(swept: Swept) -> str | None:
    """What was taken off the book, and what not yet."""
    if not swept.gone and not swept.left:
        return "No resting order had to be cancelled."
    gone = f"{_orders(len(swept.gone))} taken off the book."
    if not swept.left:
        return gone
    return (
        f"{gone} <b>{_orders(len(swept.left))} not yet:</b> the venue has not said that they are "
        "gone, and is asked again until it does."
    )


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def _breaker_buttons(switches: Switches, user: UserId) -> Row:
    found = []
    if switches.trip_of_all is not None:
        found.append(Button("Allow trading again", ResetBreaker(EVERYBODY), Style.DANGER))
    if switches.trip is not None:
        found.append(Button("Allow me again", ResetBreaker(user), Style.DANGER))
    return tuple(found)


def _limit(kind: LimitKind, state: LimitState) -> str:
    value = _value(kind, state.value)
    raised = ""
    if state.next_value is not None and state.next_at is not None:
        raised = f", {_value(kind, state.next_value)} from {day_clock(state.next_at)}"
    return f"{LABELS[kind]}: <b>{value}</b>{raised}"


def _value(kind: LimitKind, value: Decimal) -> str:
    return f"{value.normalize():f}" if kind is LimitKind.OPEN_ORDERS else money(value)
