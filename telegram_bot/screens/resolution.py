"""A market that its reader held has been resolved: who won, and what that means in money."""

from collections.abc import Sequence

from core.domain.account import Account
from core.domain.notice import MarketEnded, Paid
from core.domain.units import ONE, ZERO, Usdc, usdc
from telegram_bot.account_actions import ShowWallet
from telegram_bot.actions import ShowPositions
from telegram_bot.screens.numbers import cents, money, shares, signed
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, home_button, lines
from telegram_bot.screens.text import LABEL, bold, safe
from telegram_bot.words import plural, say

SHOWN = 6  # positions in one market; the money of all is counted


def resolution_screen(news: MarketEnded) -> Screen:
    """A record that stays in the chat."""
    return Screen(
        blocks(
            f"<b>{result(news.winner)}</b>",
            safe(news.question),
            *(_paid(paid) for paid in news.paid[:SHOWN]),
            _meaning(news),
            _whose(news),
        ),
        (_buttons(news),),
        keeps_message=True,
    )


def result(winner: str | None) -> str:
    """How a market ended; without a winner its shares are worth something in between."""
    return (
        say("Resolved without a winner")
        if winner is None
        else say("Resolved: {winner}", winner=safe(winner, LABEL))
    )


def _paid(paid: Paid) -> str:
    """The venue pays real money only when it is claimed."""
    held = f"{shares(paid.shares)} {safe(paid.outcome, LABEL)}"
    told = {"held": held, "price": cents(paid.payout), "value": money(paid.value)}
    is_live = paid.account is Account.LIVE
    if paid.payout == ZERO:
        story = say("Your {held} are worth nothing now.", **told)
    elif paid.payout == ONE and is_live:
        story = say("Your {held} are worth <b>{value}</b>.", **told)
    elif paid.payout == ONE:
        story = say("Your {held} paid <b>{value}</b>.", **told)
    elif is_live:
        story = say("Your {held} are worth {price} each: <b>{value}</b>.", **told)
    else:
        story = say("Your {held} paid {price} each: <b>{value}</b>.", **told)
    return lines(story, say("P&amp;L {profit} after all fees", profit=bold(signed(paid.profit))))


def _meaning(news: MarketEnded) -> str:
    waits, total = _waiting(news), _total(news.paid)
    count = len(news.paid)
    if total == ZERO:
        return plural(
            "The position is closed; your cash is as before.",
            "The positions are closed; your cash is as before.",
            count,
        )
    if waits == ZERO:
        return plural(
            "{total} went to your cash; the position is closed.",
            "{total} went to your cash; the positions are closed.",
            count,
            total=money(total),
        )
    return lines(
        say("{total} went to your cash.", total=money(total - waits)) if total > waits else None,
        plural(
            "<b>{amount} waits to be claimed</b> and is not in your cash yet; the position is "
            "closed. Wallet says how to claim it.",
            "<b>{amount} waits to be claimed</b> and is not in your cash yet; the positions are "
            "closed. Wallet says how to claim it.",
            count,
            amount=money(waits),
        ),
    )


def _waiting(news: MarketEnded) -> Usdc:
    return _total([paid for paid in news.paid if paid.account is Account.LIVE])


def _total(paid: Sequence[Paid]) -> Usdc:
    return usdc(sum((each.value for each in paid), ZERO))


def _buttons(news: MarketEnded) -> Row:
    positions = Button(say("Positions"), ShowPositions())
    if _waiting(news) == ZERO:
        return (positions, home_button())
    return (Button(say("Wallet"), ShowWallet(), Style.PRIMARY), positions)


def _whose(news: MarketEnded) -> str:
    accounts = {paid.account for paid in news.paid}
    if len(accounts) > 1:
        return say("<i>live, paper money</i>")
    return say("<i>live money</i>") if Account.LIVE in accounts else say("<i>paper money</i>")
