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
from telegram_bot.screens.numbers import money
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, home_button, lines, rows
from telegram_bot.screens.text import plain, safe
from telegram_bot.screens.times import clock_time, date, date_clock, span

SHOWN: Final = 5
STATES: Final = {
    WithdrawalState.WAITING: "waits; you can cancel it",
    WithdrawalState.SENDING: "on its way",
    WithdrawalState.SENT: "sent",
    WithdrawalState.UNKNOWN: "not clear whether it left: being looked for, never sent again",
    WithdrawalState.FAILED: "did not leave; the money is as before",
    WithdrawalState.CANCELLED: "cancelled; nothing left",
}
CANNOT: Final = (
    "A session key cannot take money out: that is its point. Withdraw with your own wallet, in "
    "Polymarket's own app."
)


def cannot_withdraw_screen() -> Screen:
    return Screen(
        blocks("<b>Withdraw</b>", CANNOT), ((Button("Wallet", ShowWallet()), home_button()),)
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
            "<b>Withdraw</b>",
            f"Only to addresses on your list, each {_cooling()} after it was added. Every withdrawal "
            f"needs a code of your authenticator, waits {_delay()}, and can be cancelled until then.",
            None if has_factor else _NO_FACTOR,
            lines("<b>Addresses</b>", *(_address(each, now) for each in addresses))
            if addresses
            else "No address is on your list yet.",
            lines(*(_withdrawal(each, now) for each in recent[:SHOWN])),
        ),
        rows(
            *((_cancel(each),) for each in waiting[:SHOWN]),
            *(_address_row(each, now) for each in addresses[:SHOWN]),
            (Button("Add an address", NewAddress()),) if has_factor else (),
            (Button("Wallet", ShowWallet()), Button("Refresh", ShowWithdrawals()), home_button()),
        ),
    )


def address_question() -> Screen:
    return Screen(
        blocks(
            "<b>Which address may be paid?</b>",
            "Type it with a name after it: <code>0x… my ledger</code>. Polygon addresses only. "
            f"It can be paid {_cooling()} from now, and you are told of every new one.",
        ),
        (_STOP,),
    )


def withdrawal_question(address: AllowedAddress, cash: Usdc | None) -> Screen:
    have = f"There is {money(cash)}." if cash is not None else None
    return Screen(
        blocks(
            f"<b>How much to {safe(address.label, 40)}?</b>",
            f"<code>{safe(address.address, 60)}</code>",
            lines(have, "Type dollars, for example <code>25</code>."),
        ),
        (_STOP,),
    )


def code_question(what: str) -> Screen:
    """`what` the code is for, as a sentence of our own that is safe already."""
    return Screen(
        blocks(
            "<b>Type the code of your authenticator.</b>",
            what,
            "Six digits. I delete your message at once, and no code works twice.",
        ),
        (_STOP,),
    )


def requested_screen(withdrawal: Withdrawal) -> Screen:
    """A record that stays in the chat, with the button that stops it."""
    due = withdrawal.due_at
    return Screen(
        blocks(
            f"<b>{money(withdrawal.amount)} leaves at {clock_time(due)}</b>",
            lines(
                f"To <code>{safe(withdrawal.address, 60)}</code>, on {date(due)}.",
                "Until then anybody who can read this chat can cancel it. If it was not you: "
                "cancel it, then revoke the key under Wallet.",
            ),
        ),
        (
            (_cancel(withdrawal), Button("Withdrawals", ShowWithdrawals())),
            (home_button(),),
        ),
        keeps_message=True,
    )


def cancelled_withdrawal_screen(withdrawal: Withdrawal) -> Screen:
    return Screen(
        f"<b>Cancelled.</b> {money(withdrawal.amount)} stays in your wallet.",
        (
            (
                Button("Withdrawals", ShowWithdrawals()),
                Button("Wallet", ShowWallet()),
                home_button(),
            ),
        ),
    )


def address_added_screen(address: AllowedAddress) -> Screen:
    at = address.usable_at
    return Screen(
        blocks(
            f"<b>{safe(address.label, 40)} is on your list.</b>",
            f"<code>{safe(address.address, 60)}</code>",
            f"It can be paid from {date_clock(at)} on.",
        ),
        ((Button("Withdrawals", ShowWithdrawals()), home_button()),),
    )


def can_withdraw(tier: Tier | None) -> bool:
    return tier is not None and tier.can_withdraw


def _address(each: AllowedAddress, now: datetime) -> str:
    state = "" if each.usable_at <= now else f" · usable in {_left(each.usable_at, now)}"
    return f"{safe(each.label, 40)} <code>{safe(each.address, 60)}</code>{state}"


def _withdrawal(each: Withdrawal, now: datetime) -> str:
    due = f" in {_left(each.due_at, now)}" if each.state is WithdrawalState.WAITING else ""
    reason = f" ({safe(each.reason, 120)})" if each.reason and each.state in _EXPLAINED else ""
    return f"{money(each.amount)} to {_short(each.address)}: {STATES[each.state]}{due}{reason}"


def _address_row(each: AllowedAddress, now: datetime) -> Row:
    remove = Button(f"Remove {plain(each.label, 20)}", RemoveAddress(each.id))
    if each.usable_at > now:
        return (remove,)
    return (Button(f"To {plain(each.label, 20)}", WithdrawTo(each.id)), remove)


def _cancel(each: Withdrawal) -> Button:
    return Button(f"Cancel {money(each.amount)}", CancelWithdrawal(each.id), Style.DANGER)


def _delay() -> str:
    return span(WITHDRAWAL_DELAY.total_seconds())


def _cooling() -> str:
    return span(ADDRESS_COOLING.total_seconds())


def _short(address: str) -> str:
    return f"{safe(address[:8], 8)}…{safe(address[-4:], 4)}"


def _left(moment: datetime, now: datetime) -> str:
    return span((moment - now).total_seconds())


_EXPLAINED: Final = frozenset({WithdrawalState.FAILED, WithdrawalState.UNKNOWN})
_STOP: Final = (Button("Cancel", ShowWithdrawals()),)
_NO_FACTOR: Final = (
    "<b>No authenticator is set up</b>, so nothing can be withdrawn. Whoever runs this bot does "
    "that on its console: <code>python -m scripts.keys totp</code>."
)
