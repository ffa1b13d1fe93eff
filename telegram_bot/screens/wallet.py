"""The wallet card: which money, which key, what it may do, and the next step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.account import Account
from core.domain.account_views import AccountStanding, AccountState
from core.domain.custody import Choices, LiveWallet, Tier
from core.domain.drift import OF_SHARES
from core.domain.wallet_money import Approvals, WalletMoneyState
from telegram_bot.account_actions import (
    Approve,
    ChooseTier,
    GoLive,
    GoPaper,
    RevokeWallet,
    ShowDepositCode,
    ShowLimits,
    ShowOrders,
    ShowRisk,
    ShowWallet,
    ShowWithdrawals,
    TakeOver,
)
from telegram_bot.screens.agreement import agreement_words
from telegram_bot.screens.claims import claim_rows, claim_words
from telegram_bot.screens.numbers import money
from telegram_bot.screens.reconciliation import found_text
from telegram_bot.screens.screen import (
    Button,
    CopyButton,
    Row,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    rows,
    stamped,
)
from telegram_bot.screens.text import bold, safe, told
from telegram_bot.screens.times import date_time, span
from telegram_bot.words import mark, say

SHOWN: Final = 5  # differences; the others are counted
TIERS: Final = {
    Tier.PAPER: mark("Paper: no key"),
    Tier.SESSION: mark("Session key: trades, cannot withdraw, runs out"),
    Tier.DEPOSIT: mark("Owner key of a deposit wallet: can move all of its money"),
    Tier.EOA: mark("Key of an ordinary account: can move everything in it"),
}
APPROVALS: Final = {
    Approvals.COMPLETE: mark("Approvals: complete"),
    Approvals.MISSING: mark("<b>Approvals: missing.</b> Orders are refused until they are given"),
    Approvals.PENDING: mark("Approvals: on their way to the chain"),
    Approvals.UNKNOWN: mark("Approvals: not known right now"),
}
DRY_RUN: Final = mark(
    "DRY_RUN_MODE is on: it is the ceiling of this whole program, so everything here "
    "is paper money, no key is made, and no setting in this chat changes that. "
    "Whoever runs it can set DRY_RUN_MODE=false."
)


@dataclass(frozen=True, slots=True)
class WalletView:
    """What is known of a user's wallet. `trouble`: why its money could not be looked at."""

    mode: str
    state: AccountState
    choices: Choices
    ready: LiveWallet | None = None
    waiting: LiveWallet | None = None
    money: WalletMoneyState | None = None
    trouble: str = ""
    standing: AccountStanding | None = None  # of a live account with the venue
    paper_cash: str = ""


def paper_only_screen(mode: str, cash: str) -> Screen:
    """Where the program was started for paper money only."""
    return Screen(
        blocks(
            bold(mode),
            lines(say("<b>Wallet</b>"), say("Paper cash {cash}", cash=cash)),
            say(DRY_RUN),
        ),
        ((Button(say("Orders"), ShowOrders()), home_button()),),
        whose=None,
    )


def wallet_screen(view: WalletView, now: datetime) -> Screen:
    return Screen(
        blocks(
            bold(view.mode),
            lines(say("<b>Wallet</b>"), _in_use(view)),
            _key(view.ready, now),
            _waiting(view.waiting),
            *_money(view),
            *_differences(view.standing, now),
            _next(view),
        ),
        rows(
            _deposit(view),
            _key_copy(view),
            _steps(view),
            *claim_rows(view.money),
            _taking_over(view.standing),
            _powers(view),
            (
                Button(say("Limits"), ShowLimits()),
                Button(say("Refresh"), ShowWallet()),
                home_button(),
            ),
        ),
        stamp=stamped(now),
        whose=None,
    )


def until_words(wallet: LiveWallet, now: datetime) -> str | None:
    """How long a session key lives; None for keys without an end."""
    until = wallet.authorised_until
    if until is None:
        return None
    day = date_time(until)
    if wallet.is_expired(now):
        return say(
            "<b>Session key ended {moment}.</b> Nothing is signed with it; cancelling works",
            moment=day,
        )
    soon = wallet.warn_at is not None and wallet.warn_at <= now
    words = say(
        "Session key until {moment}, {span} left",
        moment=day,
        span=span((until - now).total_seconds()),
    )
    return say("<b>{words}: set up a new one soon</b>", words=words) if soon else words


def _in_use(view: WalletView) -> str:
    if view.state.account is Account.LIVE:
        return say("In use: <b>real money</b>")
    words = say("In use: paper money, cash {cash}", cash=view.paper_cash)
    if view.state.hindrance:
        return lines(
            words,
            say(
                "<b>You chose real money, but:</b> {reason}",
                reason=told(view.state.hindrance, 300),
            ),
        )
    return words


def _key(wallet: LiveWallet | None, now: datetime) -> str | None:
    if wallet is None:
        return None
    return lines(
        say(TIERS[wallet.tier]),
        until_words(wallet, now),
        say("Key address <code>{address}</code>", address=safe(wallet.key_address, 60)),
        say("Wallet <code>{address}</code>", address=safe(wallet.funder, 60))
        if wallet.funder
        else None,
    )


def _waiting(wallet: LiveWallet | None) -> str | None:
    if wallet is None:
        return None
    return lines(
        say("<b>Being set up:</b> {tier}", tier=say(TIERS[wallet.tier])),
        say("Key address <code>{address}</code>", address=safe(wallet.key_address, 60)),
    )


def _money(view: WalletView) -> tuple[str, ...]:
    if view.trouble:
        return (say("Balances are not known right now: {reason}", reason=told(view.trouble, 300)),)
    state = view.money
    if state is None:
        return ()
    return (
        lines(
            say("Cash at the venue <b>{cash}</b>", cash=money(state.cash)),
            say("The venue may take {amount}", amount=_allowance(state)),
            say(APPROVALS[state.approvals]),
        ),
        lines(
            say("Deposit address, for pUSD or USDC.e on Polygon only:"),
            f"<code>{safe(state.deposit_address, 60)}</code>",
            say(
                "Another token or another chain is lost. USDC.e counts once it is wrapped to "
                "pUSD at the venue."
            ),
        )
        if state.deposit_address
        else "",
        claim_words(state),
    )


def _differences(standing: AccountStanding | None, now: datetime) -> tuple[str, ...]:
    if standing is None:
        return ()
    found = standing.found
    more = _more(len(found) - SHOWN)
    return (
        lines(*agreement_words(standing, now)),
        *(found_text(each) for each in found[:SHOWN]),
        more,
    )


def _more(count: int) -> str:
    return say("and {count} more", count=count) if count > 0 else ""


def _taking_over(standing: AccountStanding | None) -> Row:
    """The venue's shares become ours; what nothing explains can only be ended so."""
    if standing is None or not any(each.kind in OF_SHARES for each in standing.found):
        return ()
    return (Button(say("Book what the venue counts"), TakeOver()),)


def _allowance(state: WalletMoneyState) -> str:
    is_boundless = state.allowance > 10**9
    return (
        say("any amount") if is_boundless else say("up to {amount}", amount=money(state.allowance))
    )


def _next(view: WalletView) -> str | None:
    if view.waiting is not None:
        return say("Finish the set-up: the steps are behind Continue set-up.")
    if view.ready is None:
        return say(
            "To trade real money, set up a key. The recommended one only trades, cannot "
            "withdraw, and runs out by itself."
        )
    if not view.choices.is_informed:
        return say(
            "Before the first real order: read one page about risks, and type a daily limit."
        )
    if view.state.chosen is not Account.LIVE:
        return say("All is ready: you can change over to real money.")
    return None


def _deposit(view: WalletView) -> Row:
    if view.money is None or not view.money.deposit_address:
        return ()
    copy = CopyButton(say("Copy deposit address"), view.money.deposit_address)
    return (copy, Button(say("QR"), ShowDepositCode()))


def _key_copy(view: WalletView) -> Row:
    key = view.waiting or view.ready
    return () if key is None else (CopyButton(say("Copy key address"), key.key_address),)


def _steps(view: WalletView) -> Row:
    if view.waiting is not None:
        return (Button(say("Continue set-up"), ChooseTier(), Style.PRIMARY),)
    if view.ready is None:
        return (Button(say("Set up real money"), ChooseTier(), Style.PRIMARY),)
    if not view.choices.is_informed:
        return (Button(say("Read the risks"), ShowRisk(), Style.PRIMARY),)
    if view.state.chosen is Account.LIVE:
        return (Button(say("Back to paper"), GoPaper()), Button(say("New key"), ChooseTier()))
    return (
        Button(say("Trade real money"), GoLive(), Style.DANGER),
        Button(say("New key"), ChooseTier()),
    )


def _powers(view: WalletView) -> Row:
    if view.ready is None and view.waiting is None:
        return ()
    found = []
    state = view.money
    if state is not None and state.can_act and state.approvals is Approvals.MISSING:
        found.append(Button(say("Give approvals"), Approve()))
    if view.ready is not None:
        found.append(Button(say("Withdraw"), ShowWithdrawals()))
    return (*found, Button(say("Revoke"), RevokeWallet(), Style.DANGER))
