"""Whether our books and the venue's agree, in words."""

from datetime import datetime

from core.domain.account_views import AccountStanding
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import ago


def agreement_words(standing: AccountStanding, now: datetime) -> list[str]:
    """Whether our books and the venue's agree."""
    if standing.found:
        count = len(standing.found)
        what = "1 difference" if count == 1 else f"{count} differences"
        waits = "" if standing.is_clear else " Automation waits until it is clear."
        return [f"<b>Ledger and venue differ:</b> {what}.{waits}"]
    if standing.fault:
        return [f"<b>The account cannot be checked:</b> {safe(standing.fault, 200)}"]
    if standing.checked_at is None:
        return ["The account was not checked against the venue yet."]
    return [f"Agrees with the venue, checked {ago((now - standing.checked_at).total_seconds())}"]
