"""A trigger sold, or should have: told while nobody was looking."""

from core.domain.account import Account
from core.domain.notice import TriggerFired
from core.domain.trigger import TriggerState
from core.domain.units import usdc
from telegram_bot.actions import ShowPosition
from telegram_bot.screens.numbers import cents, money, shares
from telegram_bot.screens.screen import Button, Screen, blocks, lines
from telegram_bot.screens.text import safe
from telegram_bot.screens.triggers import NAMES
from telegram_bot.trigger_actions import ShowPositionTriggers


def trigger_notice(news: TriggerFired) -> Screen:
    """A record that stays in the chat."""
    name = NAMES[news.kind]
    return Screen(
        blocks(
            f"<b>{name} {'sold' if news.sold else 'could not sell'}</b>",
            lines(
                safe(news.question),
                f"{safe(news.outcome, 40)} · {name.lower()} at {cents(news.level)}",
            ),
            lines(_sold(news), _left(news)),
            f"Reason: {safe(news.trouble, 300)}" if news.trouble else None,
            f"<i>{'live' if news.account is Account.LIVE else 'paper'} money</i>",
        ),
        (
            (
                Button("Position", ShowPosition(news.position_id)),
                Button("TP / SL", ShowPositionTriggers(news.position_id)),
            ),
        ),
        keeps_message=True,
    )


def _sold(news: TriggerFired) -> str | None:
    if not news.sold:
        return None
    return (
        f"Sold <b>{shares(news.sold)}</b> at {cents(news.average)} on average, got "
        f"<b>{money(usdc(news.value - news.fee))}</b> with a fee of {money(news.fee)}."
    )


def _left(news: TriggerFired) -> str | None:
    if news.state is not TriggerState.ARMED:
        return "It is done, and not armed any more." if news.sold else None
    if not news.sold:
        return "Nothing was sold. It stays armed and keeps trying."
    return f"{shares(news.left)} shares are left to sell; it stays armed for them."
