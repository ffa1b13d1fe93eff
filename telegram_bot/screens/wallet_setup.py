"""Setting up real money, step by step, in words that hide nothing; no key ever passes the chat."""

from datetime import datetime
from typing import Final

from core.domain.custody import Choices, LiveWallet, Tier
from core.domain.units import Usdc
from telegram_bot.account_actions import (
    BeginWallet,
    CheckWallet,
    GoLive,
    RevokeWallet,
    ShowLimits,
    ShowRisk,
    ShowWallet,
)
from telegram_bot.screens.numbers import money
from telegram_bot.screens.screen import (
    Button,
    CopyButton,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    rows,
)
from telegram_bot.screens.text import safe, told
from telegram_bot.screens.wallet import TIERS, until_words
from telegram_bot.words import mark, plural, say

NEVER_HERE: Final = mark(
    "No private key and no seed phrase ever goes through this chat, in either direction."
)
REPLACES: Final = mark(
    "If another key is in use, it is replaced then, and its open orders are cancelled first."
)


def tiers_screen() -> Screen:
    """The choice of a key, the harmless one first."""
    return Screen(
        blocks(
            say("<b>Which key may this bot hold?</b>"),
            lines(
                say("<b>Session key</b> · recommended"),
                say(
                    "Made here; you authorise it with your own wallet, elsewhere, for trading "
                    "alone. Whoever steals it can trade badly until you revoke it or it runs out. "
                    "They cannot take the money out."
                ),
            ),
            lines(
                say("<b>Owner key of a deposit wallet</b> · only if you know why"),
                say(
                    "Made here as well. Whoever steals it can take <b>everything</b> in that "
                    "wallet. It is encrypted, and withdrawals need an authenticator, an address on "
                    "your list, and two hours."
                ),
            ),
            lines(
                say("<b>Key of an ordinary account</b> · discouraged"),
                say(
                    "Whoever steals it can take everything that account ever holds, anywhere. It "
                    "is never made here and never typed here: whoever runs this bot brings it on "
                    "the console, by <code>python -m scripts.keys import</code>. Seed phrases are "
                    "refused."
                ),
            ),
            say(NEVER_HERE),
        ),
        (
            (Button(say("Session key"), BeginWallet(Tier.SESSION), Style.SUCCESS),),
            (Button(say("Owner key, I know the risk"), BeginWallet(Tier.DEPOSIT)),),
            (Button(say("Back"), ShowWallet()), home_button()),
        ),
    )


def setup_screen(wallet: LiveWallet, trouble: str = "") -> Screen:
    """What the owner does elsewhere, and the button that checks it; `trouble`: what is missing."""
    steps = _session_steps() if wallet.tier is Tier.SESSION else _owner_steps(wallet)
    return Screen(
        blocks(
            _steps_heading(wallet),
            say("Its address: <code>{address}</code>", address=safe(wallet.key_address, 60)),
            lines(*(f"{number}. {step}" for number, step in enumerate(steps, 1))),
            say("<b>Not yet:</b> {reason}", reason=told(trouble, 400)) if trouble else None,
            say(REPLACES),
            say(NEVER_HERE),
        ),
        (
            (CopyButton(say("Copy key address"), wallet.key_address),),
            (
                Button(say("Check"), CheckWallet(), Style.PRIMARY),
                Button(say("Give up"), RevokeWallet()),
            ),
            (Button(say("Back"), ShowWallet()), home_button()),
        ),
    )


def ready_screen(
    wallet: LiveWallet, choices: Choices, now: datetime, *, is_live: bool = False
) -> Screen:
    """The venue knows the key. `is_live`: it takes the place of one that trades real money."""
    if is_live:
        meaning = say("It signs your orders from now on: you trade real money with it.")
    else:
        meaning = say("You still trade paper money until you change over yourself.")
    step = (
        _go() if choices.is_informed else Button(say("Read the risks"), ShowRisk(), Style.PRIMARY)
    )
    return Screen(
        blocks(
            say("<b>The key is ready.</b>"),
            lines(say(TIERS[wallet.tier]), until_words(wallet, now)),
            meaning,
        ),
        rows(() if is_live else (step,), (Button(say("Wallet"), ShowWallet()), home_button())),
    )


def risk_screen(tier: Tier | None, choices: Choices, most: Usdc | None) -> Screen:
    """One page to read before the first real order; `most` is what the operator allows a day."""
    is_known = choices.is_informed and choices.daily_limit is not None
    return Screen(
        blocks(
            say("<b>Before real money</b>"),
            lines(
                say(
                    "<b>Risk.</b> A share pays $1.00 or nothing. You can lose all that you put in. "
                    "Prices move while an order is on its way; a thin book fills in part."
                ),
            ),
            lines(
                _custody(tier),
                say("The bot cannot undo a trade, and nobody pays back what a thief traded away."),
            ),
            lines(
                say(
                    "<b>Fees.</b> Taking a price at once costs the market's fee, shown on every "
                    "ticket. An order that waits in the book costs none. This bot adds nothing."
                ),
            ),
            lines(
                say(
                    "<b>When something breaks.</b> An order whose answer is lost is looked for, "
                    "never sent twice. /stop ends new orders at once; /orders cancels."
                ),
            ),
            _daily(choices, most, is_known=is_known),
        ),
        rows(
            (_go(), Button(say("Limits"), ShowLimits())) if is_known else (),
            (Button(say("Wallet"), ShowWallet()), home_button()),
        ),
    )


def revoke_screen(wallet: LiveWallet) -> Screen:
    """Asks first: it is for good."""
    return Screen(
        blocks(
            say("<b>Give up this key for good?</b> {tier}", tier=say(TIERS[wallet.tier])),
            lines(
                say("Our copy is deleted and you are back on paper money."),
                say(
                    "Your positions and your money stay where they are, in your wallet at the "
                    "venue."
                ),
                say("Your open orders are cancelled first; you are told if one cannot be."),
            ),
            _last_copy(wallet),
        ),
        (
            (
                Button(say("Give it up"), RevokeWallet(is_sure=True), Style.DANGER),
                Button(say("Keep it"), ShowWallet()),
            ),
        ),
    )


def given_up_words(in_use: LiveWallet | None) -> str:
    """After a set-up that was broken off."""
    if in_use is None:
        return say("The new key is deleted. No money was touched.")
    return say("The new key is deleted. The key in use stays as it is, and so do your orders.")


def orders_left_words(left: int) -> str | None:
    """Of orders whose cancellation nobody could make sure of; None without any."""
    if not left:
        return None
    return plural(
        "<b>{n} order could not be cancelled</b> and may still trade, with the money they hold "
        "back. Cancel at Polymarket, with your own wallet.",
        "<b>{n} orders could not be cancelled</b> and may still trade, with the money they hold "
        "back. Cancel at Polymarket, with your own wallet.",
        left,
    )


def _steps_heading(wallet: LiveWallet) -> str:
    if wallet.tier is Tier.SESSION:
        return say("<b>Session key: what you do now</b>")
    return say("<b>Owner key of a deposit wallet: what you do now</b>")


def _session_steps() -> tuple[str, ...]:
    return (
        say(
            "On a machine of your own, with your own wallet, authorise this address at "
            "Polymarket as a session key of your deposit wallet."
        ),
        say(
            "Give it the scope <code>CLOB</code> and no other, and choose how long it lives: "
            "an hour at least. With the venue's Python client: "
            '<code>authorize_session_key(address=…, scopes=["CLOB"])</code>'
        ),
        say(
            "Come back and tap Check. I ask the venue which scope, wallet and end it has, "
            "and refuse any other scope."
        ),
    )


def _owner_steps(wallet: LiveWallet) -> tuple[str, ...]:
    return (
        say(
            "The deposit wallet of this key: <code>{address}</code>.",
            address=safe(wallet.funder, 60),
        )
        if wallet.funder
        else say("The deposit wallet of this key: Check makes it."),
        say(
            "Tap Check. Then the wallet's card shows the address: send pUSD or USDC.e on "
            "Polygon there, and only what you can lose: this key can move all of it."
        ),
        say("Whoever runs this bot sets up an authenticator on its console before you withdraw."),
    )


def _custody(tier: Tier | None) -> str:
    if tier is None:
        return say("<b>Custody.</b> No key is set up yet.")
    return say("<b>Custody.</b> {tier}.", tier=say(TIERS[tier]))


def _daily(choices: Choices, most: Usdc | None, *, is_known: bool) -> str:
    if is_known and choices.daily_limit is not None:
        return say(
            "You have read this and typed {limit} a day. Limits changes it; a raise "
            "takes 24 hours.",
            limit=money(choices.daily_limit),
        )
    if most is None:
        return say(
            "<b>Now type how many dollars you may buy for in a day</b>, for example "
            "<code>50</code>. Typing it says that you have read this page."
        )
    return say(
        "<b>Now type how many dollars you may buy for in a day</b>, for example "
        "<code>50</code>. At most {limit}. Typing it says that you have read this page.",
        limit=money(most),
    )


def _last_copy(wallet: LiveWallet) -> str | None:
    if wallet.tier is not Tier.DEPOSIT:
        return None
    return say(
        "<b>It may be the only copy of the key to this wallet.</b> Withdraw everything "
        "first: without the key, nobody can."
    )


def _go() -> Button:
    return Button(say("Trade real money"), GoLive(), Style.DANGER)
