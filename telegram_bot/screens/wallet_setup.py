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
    HOME,
    Button,
    CopyButton,
    Screen,
    Style,
    blocks,
    lines,
    rows,
)
from telegram_bot.screens.text import safe
from telegram_bot.screens.wallet import TIERS, until_words

NEVER_HERE: Final = (
    "No private key and no seed phrase ever goes through this chat, in either direction."
)
REPLACES: Final = (
    "If another key is in use, it is replaced then, and its open orders are cancelled first."
)


def tiers_screen() -> Screen:
    """The choice of a key, the harmless one first."""
    return Screen(
        blocks(
            "<b>Which key may this bot hold?</b>",
            lines(
                "<b>Session key</b> · recommended",
                "Made here; you authorise it with your own wallet, elsewhere, for trading alone. "
                "Whoever steals it can trade badly until you revoke it or it runs out. "
                "They cannot take the money out.",
            ),
            lines(
                "<b>Owner key of a deposit wallet</b> · only if you know why",
                "Made here as well. Whoever steals it can take <b>everything</b> in that wallet. "
                "It is encrypted, and withdrawals need an authenticator, an address on your list, "
                "and two hours.",
            ),
            lines(
                "<b>Key of an ordinary account</b> · discouraged",
                "Whoever steals it can take everything that account ever holds, anywhere. "
                "It is never made here and never typed here: whoever runs this bot brings it on "
                "the console, by <code>python -m scripts.keys import</code>. "
                "Seed phrases are refused.",
            ),
            NEVER_HERE,
        ),
        (
            (Button("Session key", BeginWallet(Tier.SESSION), Style.SUCCESS),),
            (Button("Owner key, I know the risk", BeginWallet(Tier.DEPOSIT)),),
            (Button("Back", ShowWallet()), HOME),
        ),
    )


def setup_screen(wallet: LiveWallet, trouble: str = "") -> Screen:
    """What the owner does elsewhere, and the button that checks it; `trouble`: what is missing."""
    steps = _session_steps() if wallet.tier is Tier.SESSION else _owner_steps(wallet)
    return Screen(
        blocks(
            f"<b>{TIERS[wallet.tier].partition(':')[0]}: what you do now</b>",
            f"Its address: <code>{safe(wallet.key_address, 60)}</code>",
            lines(*(f"{number}. {step}" for number, step in enumerate(steps, 1))),
            f"<b>Not yet:</b> {safe(trouble, 400)}" if trouble else None,
            REPLACES,
            NEVER_HERE,
        ),
        (
            (CopyButton("Copy key address", wallet.key_address),),
            (
                Button("Check", CheckWallet(), Style.PRIMARY),
                Button("Give up", RevokeWallet()),
            ),
            (Button("Back", ShowWallet()), HOME),
        ),
    )


def ready_screen(
    wallet: LiveWallet, choices: Choices, now: datetime, *, is_live: bool = False
) -> Screen:
    """The venue knows the key. `is_live`: it takes the place of one that trades real money."""
    if is_live:
        meaning = "It signs your orders from now on: you trade real money with it."
    else:
        meaning = "You still trade paper money until you change over yourself."
    step = _go() if choices.is_informed else Button("Read the risks", ShowRisk(), Style.PRIMARY)
    return Screen(
        blocks(
            "<b>The key is ready.</b>",
            lines(TIERS[wallet.tier], until_words(wallet, now)),
            meaning,
        ),
        rows(() if is_live else (step,), (Button("Wallet", ShowWallet()), HOME)),
    )


def risk_screen(tier: Tier | None, choices: Choices, most: Usdc | None) -> Screen:
    """One page to read before the first real order; `most` is what the operator allows a day."""
    is_known = choices.is_informed and choices.daily_limit is not None
    return Screen(
        blocks(
            "<b>Before real money</b>",
            lines(
                "<b>Risk.</b> A share pays $1.00 or nothing. You can lose all that you put in. "
                "Prices move while an order is on its way; a thin book fills in part.",
            ),
            lines(
                "<b>Custody.</b> " + (TIERS[tier] if tier else "No key is set up yet") + ".",
                "The bot cannot undo a trade, and nobody pays back what a thief traded away.",
            ),
            lines(
                "<b>Fees.</b> Taking a price at once costs the market's fee, shown on every "
                "ticket. An order that waits in the book costs none. This bot adds nothing.",
            ),
            lines(
                "<b>When something breaks.</b> An order whose answer is lost is looked for, never "
                "sent twice. /stop ends new orders at once; /orders cancels.",
            ),
            _daily(choices, most, is_known=is_known),
        ),
        rows(
            (_go(), Button("Limits", ShowLimits())) if is_known else (),
            (Button("Wallet", ShowWallet()), HOME),
        ),
    )


def revoke_screen(wallet: LiveWallet) -> Screen:
    """Asks first: it is for good."""
    return Screen(
        blocks(
            f"<b>Give up this key for good?</b> {TIERS[wallet.tier]}",
            lines(
                "Our copy is deleted and you are back on paper money.",
                "Your positions and your money stay where they are, in your wallet at the venue.",
                "Your open orders are cancelled first; you are told if one cannot be.",
            ),
            _last_copy(wallet),
        ),
        (
            (
                Button("Give it up", RevokeWallet(is_sure=True), Style.DANGER),
                Button("Keep it", ShowWallet()),
            ),
        ),
    )


def given_up_words(in_use: LiveWallet | None) -> str:
    """After a set-up that was broken off."""
    if in_use is None:
        return "The new key is deleted. No money was touched."
    return "The new key is deleted. The key in use stays as it is, and so do your orders."


def orders_left_words(left: int) -> str | None:
    """Of orders whose cancellation nobody could make sure of; None without any."""
    if not left:
        return None
    some = "1 order" if left == 1 else f"{left} orders"
    return (
        f"<b>{some} could not be cancelled</b> and may still trade, with the money they hold "
        "back. Cancel at Polymarket, with your own wallet."
    )


def _session_steps() -> tuple[str, ...]:
    return (
        (
            "On a machine of your own, with your own wallet, authorise this address at Polymarket "
            "as a session key of your deposit wallet."
        ),
        (
            "Give it the scope <code>CLOB</code> and no other, and choose how long it lives: an "
            "hour at least. With the venue's Python client: "
            '<code>authorize_session_key(address=…, scopes=["CLOB"])</code>'
        ),
        (
            "Come back and tap Check. I ask the venue which scope, wallet and end it has, and "
            "refuse any other scope."
        ),
    )


def _owner_steps(wallet: LiveWallet) -> tuple[str, ...]:
    known = f"<code>{safe(wallet.funder, 60)}</code>" if wallet.funder else "Check makes it"
    return (
        f"The deposit wallet of this key: {known}.",
        (
            "Tap Check. Then the wallet's card shows the address: send pUSD or USDC.e on Polygon "
            "there, and only what you can lose: this key can move all of it."
        ),
        "Whoever runs this bot sets up an authenticator on its console before you withdraw.",
    )


def _daily(choices: Choices, most: Usdc | None, *, is_known: bool) -> str:
    if is_known and choices.daily_limit is not None:
        return (
            f"You have read this and typed {money(choices.daily_limit)} a day. "
            "Limits changes it; a raise takes 24 hours."
        )
    bound = f" At most {money(most)}." if most is not None else ""
    return (
        "<b>Now type how many dollars you may buy for in a day</b>, for example "
        f"<code>50</code>.{bound} Typing it says that you have read this page."
    )


def _last_copy(wallet: LiveWallet) -> str | None:
    if wallet.tier is not Tier.DEPOSIT:
        return None
    return (
        "<b>It may be the only copy of the key to this wallet.</b> Withdraw everything first: "
        "without the key, nobody can."
    )


def _go() -> Button:
    return Button("Trade real money", GoLive(), Style.DANGER)
