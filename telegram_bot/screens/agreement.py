"""Whether our books and the venue's agree, in words."""

from datetime import datetime

from core.domain.account_views import AccountStanding
from telegram_bot.screens.text import told
from telegram_bot.screens.times import ago
from telegram_bot.words import plural, say


def agreement_words(standing: AccountStanding, now: datetime) -> list[str]:
    """Whether our books and the venue's agree."""
    if standing.found:
        differ = plural(
            "<b>Ledger and venue differ:</b> {n} difference.",
            "<b>Ledger and venue differ:</b> {n} differences.",
            len(standing.found),
        )
        if standing.is_clear:
            return [differ]
        return [f"{differ} " + say("Automation waits until it is clear.")]
    if standing.fault:
        return [
            say("<b>The account cannot be checked:</b> {fault}", fault=told(standing.fault, 200))
        ]
    if standing.checked_at is None:
        return [say("The account was not checked against the venue yet.")]
    return [
        say(
            "Agrees with the venue, checked {ago}",
            ago=ago((now - standing.checked_at).total_seconds()),
        )
    ]
