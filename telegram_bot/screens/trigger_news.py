"""A trigger sold, or should have: told while nobody was looking."""

from core.domain.account import Account
from core.domain.notice import TriggerFired
from core.domain.trigger import TriggerState
from core.domain.units import usdc
from telegram_bot.actions import ShowPosition
from telegram_bot.screens.numbers import cents, counted, money, shares
from telegram_bot.screens.screen import Button, Screen, blocks, lines
from telegram_bot.screens.text import safe, told
from telegram_bot.screens.trigger_words import NAMES
from telegram_bot.trigger_actions import ShowPositionTriggers
from telegram_bot.words import plural, say


def trigger_notice(news: TriggerFired) -> Screen:
    """A record that stays in the chat."""
    name = say(NAMES[news.kind])
    return Screen(
        blocks(
            say("<b>{trigger} sold</b>", trigger=name)
            if news.sold
            else say("<b>{trigger} could not sell</b>", trigger=name),
            lines(
                safe(news.question),
                say(
                    "{outcome} · {trigger} at {price}",
                    outcome=safe(news.outcome, 40),
                    trigger=name.lower(),
                    price=cents(news.level),
                ),
            ),
            lines(_sold(news), _left(news)),
            say("Reason: {reason}", reason=told(news.trouble, 300)) if news.trouble else None,
            say("<i>live money</i>") if news.account is Account.LIVE else say("<i>paper money</i>"),
        ),
        (
            (
                Button(say("Position"), ShowPosition(news.position_id)),
                Button(say("TP / SL"), ShowPositionTriggers(news.position_id)),
            ),
        ),
        keeps_message=True,
    )


def _sold(news: TriggerFired) -> str | None:
    if not news.sold:
        return None
    return say(
        "Sold <b>{shares}</b> at {price} on average, got <b>{total}</b> with a fee of {fee}.",
        shares=shares(news.sold),
        price=cents(news.average),
        total=money(usdc(news.value - news.fee)),
        fee=money(news.fee),
    )


def _left(news: TriggerFired) -> str | None:
    if news.state is not TriggerState.ARMED:
        return say("It is done, and not armed any more.") if news.sold else None
    if not news.sold:
        return say("Nothing was sold. It stays armed and keeps trying.")
    return plural(
        "{shares} share is left to sell; it stays armed for it.",
        "{shares} shares are left to sell; it stays armed for them.",
        counted(news.left),
        shares=shares(news.left),
    )
