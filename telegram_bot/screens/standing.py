"""What stands in the way of trading, or will, in one line each: for the home card."""

from datetime import datetime
from typing import Final

from core.domain.account_views import AccountState
from core.domain.custody import LiveWallet
from core.domain.risk import Switches
from telegram_bot.screens.safety import switch_words
from telegram_bot.screens.text import told
from telegram_bot.screens.wallet import until_words
from telegram_bot.words import mark, say

DRY_RUN: Final = mark(
    "DRY_RUN_MODE is on: everything here is paper money, whatever anybody chooses."
)


def hindrances(state: AccountState | None, switches: Switches) -> list[str]:
    """Why orders would be refused, or go to paper money."""
    held = state.hindrance if state is not None else ""
    words = [say("<b>Not on real money:</b> {reason}", reason=told(held, 300))] if held else []
    return [*words, *switch_words(switches)]


def key_words(wallet: LiveWallet | None, now: datetime) -> list[str]:
    """How long the session key lives."""
    words = None if wallet is None else until_words(wallet, now)
    return [words] if words else []
