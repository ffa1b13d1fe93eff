"""Taking money out: the list of addresses, what waits, and the code that is typed for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.domain.custody import Tier
from core.domain.units import Usdc
from core.domain.withdrawal import (
    ADDRESS_COOLING,
    WITHDRAWAL_DELAY,
    AllowedAddress,
    Withdrawal,
    WithdrawalState,
)
from telegram_bot.account_actions import (
    CancelWithdrawal,
    NewAddress,
    RemoveAddress,
    ShowWallet,
    ShowWithdrawals,
    WithdrawTo,
)
from telegram_bot.actions import Action
from telegram_bot.screens.numbers import money
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, home_button, lines, rows
from telegram_bot.screens.text import plain, safe, told
from telegram_bot.screens.times import clock_time, date, date_clock, span
from telegram_bot.words import mark, say

SHOWN: Final = 5
STATES: Final = {
    WithdrawalState.SENDING: mark("on its way"),
    WithdrawalState.SENT: mark("sent"),
    WithdrawalState.UNKNOWN: mark("not clear whether it left: being looked for, never sent again"),
    WithdrawalState.FAILED: mark("did not leave; the money is as before"),
    WithdrawalState.CANCELLED: mark("cancelled; nothing left"),
}
CANNOT: Final = mark(
    "A session key cannot take money out: that is its point. Withdraw with your own "
    "wallet, in Polymarket's own app."
)


def cannot_withdraw_screen() -> Screen:
    return Screen(
        blocks(say("<b>Withdraw</b>"), say(CANNOT)),
        ((Button(say("Wallet"), ShowWallet()), home_button()),),
    )


def withdrawals_screen(
    addresses: Sequence[AllowedAddress],
    recent: Sequence[Withdrawal],
    now: datetime,
    *,
    has_factor: bool,
) -> Screen:
    waiting = [each for each in recent if each.state is WithdrawalState.WAITING]
    return Screen(
        blocks(
            say("<b>Withdraw</b>"),
            say(
                "Only to addresses on your list, each {cooling} after it was added. Every "
                "withdrawal needs a code of your authenticator, waits {delay}, and can be "
                "cancelled until then.",
                cooling=_cooling(),
                delay=_delay(),
            ),
            None if has_factor else say(_NO_FACTOR),
            lines(say("<b>Addresses</b>"), *(_address(each, now) for each in addresses))
            if addresses
            else say("No address is on your list yet."),
            lines(*(_withdrawal(each, now) for each in recent[:SHOWN])),
        ),
        rows(
            *((_cancel(each),) for each in waiting[:SHOWN]),
            *(_address_row(each, now) for each in addresses[:SHOWN]),
            (Button(say("Add an address"), NewAddress()),) if has_factor else (),
            (
                Button(say("Wallet"), ShowWallet()),
                Button(say("Refresh"), ShowWithdrawals()),
                home_button(),
            ),
        ),
    )


def address_question() -> Screen:
    return Screen(
        blocks(
            say("<b>Which address may be paid?</b>"),
            say(
                "Type it with a name after it: <code>0x… my ledger</code>. Polygon addresses "
                "only. It can be paid {cooling} from now, and you are told of every new one.",
                cooling=_cooling(),
            ),
        ),
        (_stop(),),
    )


def withdrawal_question(address: AllowedAddress, cash: Usdc | None) -> Screen:
    have = say("There is {amount}.", amount=money(cash)) if cash is not None else None
    return Screen(
        blocks(
            say("<b>How much to {label}?</b>", label=safe(address.label, 40)),
            f"<code>{safe(address.address, 60)}</code>",
            lines(have, say("Type dollars, for example <code>25</code>.")),
        ),
        (_stop(),),
    )


def code_question(what: str, back: Action) -> Screen:
    """`what` the code is for, as a sentence of our own that is safe already."""
    return Screen(
        blocks(
            say("<b>Type the code of your authenticator.</b>"),
            what,
            say("Six digits. I delete your message at once, and no code works twice."),
        ),
        ((Button(say("Cancel"), back),),),
    )


def requested_screen(withdrawal: Withdrawal) -> Screen:
    """A record that stays in the chat, with the button that stops it."""
    due = withdrawal.due_at
    return Screen(
        blocks(
            say(
                "<b>{amount} leaves at {time}</b>",
                amount=money(withdrawal.amount),
                time=clock_time(due),
            ),
            lines(
                say(
                    "To <code>{address}</code>, on {date}.",
                    address=safe(withdrawal.address, 60),
                    date=date(due),
                ),
                say(
                    "Until then anybody who can read this chat can cancel it. If it was not you: "
                    "cancel it, then revoke the key under Wallet."
                ),
            ),
        ),
        (
            (_cancel(withdrawal), Button(say("Withdrawals"), ShowWithdrawals())),
            (home_button(),),
        ),
        keeps_message=True,
    )


def cancelled_withdrawal_screen(withdrawal: Withdrawal) -> Screen:
    return Screen(
        say("<b>Cancelled.</b> {amount} stays in your wallet.", amount=money(withdrawal.amount)),
        (
            (
                Button(say("Withdrawals"), ShowWithdrawals()),
                Button(say("Wallet"), ShowWallet()),
                home_button(),
            ),
        ),
    )


def address_added_screen(address: AllowedAddress) -> Screen:
    at = address.usable_at
    return Screen(
        blocks(
            say("<b>{label} is on your list.</b>", label=safe(address.label, 40)),
            f"<code>{safe(address.address, 60)}</code>",
            say("It can be paid from {moment} on.", moment=date_clock(at)),
        ),
        ((Button(say("Withdrawals"), ShowWithdrawals()), home_button()),),
    )


def can_withdraw(tier: Tier | None) -> bool:
    return tier is not None and tier.can_withdraw


def _address(each: AllowedAddress, now: datetime) -> str:
    state = (
        ""
        if each.usable_at <= now
        else " · " + say("usable in {span}", span=_left(each.usable_at, now))
    )
    return f"{safe(each.label, 40)} <code>{safe(each.address, 60)}</code>{state}"


def _withdrawal(each: Withdrawal, now: datetime) -> str:
    if each.state is WithdrawalState.WAITING:
        return say(
            "{amount} to {address}: leaves in {span}; you can cancel it until then",
            amount=money(each.amount),
            address=_short(each.address),
            span=_left(each.due_at, now),
        )
    reason = f" ({told(each.reason, 120)})" if each.reason and each.state in _EXPLAINED else ""
    return say(
        "{amount} to {address}: {state}{reason}",
        amount=money(each.amount),
        address=_short(each.address),
        state=say(STATES[each.state]),
        reason=reason,
    )


def _address_row(each: AllowedAddress, now: datetime) -> Row:
    remove = Button(say("Remove {label}", label=plain(each.label, 20)), RemoveAddress(each.id))
    if each.usable_at > now:
        return (remove,)
    return (Button(say("To {label}", label=plain(each.label, 20)), WithdrawTo(each.id)), remove)


def _cancel(each: Withdrawal) -> Button:
    return Button(
        say("Cancel {amount}", amount=money(each.amount)), CancelWithdrawal(each.id), Style.DANGER
    )


def _delay() -> str:
    return span(WITHDRAWAL_DELAY.total_seconds())


def _cooling() -> str:
    return span(ADDRESS_COOLING.total_seconds())


def _stop() -> Row:
    return (Button(say("Cancel"), ShowWithdrawals()),)


def _short(address: str) -> str:
    return f"{safe(address[:8], 8)}…{safe(address[-4:], 4)}"


def _left(moment: datetime, now: datetime) -> str:
    return span((moment - now).total_seconds())


_EXPLAINED: Final = frozenset({WithdrawalState.FAILED, WithdrawalState.UNKNOWN})
_NO_FACTOR: Final = mark(
    "<b>No authenticator is set up</b>, so nothing can be withdrawn. Whoever runs "
    "this bot does that on its console: <code>python -m scripts.keys totp</code>."
)
