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

SHOWN = 6  # positions in one market; the money of all is counted


def resolution_screen(news: MarketEnded) -> Screen:
    """A record that stays in the chat."""
    return Screen(
        blocks(
            f"<b>{result(news.winner)}</b>",
            safe(news.question),
            *(_paid(paid) for paid in news.paid[:SHOWN]),
            _meaning(news),
            f"<i>{', '.join(_accounts(news))} money</i>",
        ),
        (_buttons(news),),
        keeps_message=True,
    )


def result(winner: str | None) -> str:
    """How a market ended; without a winner its shares are worth something in between."""
    return "Resolved without a winner" if winner is None else f"Resolved: {safe(winner, LABEL)}"


def _paid(paid: Paid) -> str:
    """The venue pays real money only when it is claimed."""
    held = f"{shares(paid.shares)} {safe(paid.outcome, LABEL)}"
    verb = "are worth" if paid.account is Account.LIVE else "paid"
    if paid.payout == ZERO:
        story = f"Your {held} are worth nothing now."
    elif paid.payout == ONE:
        story = f"Your {held} {verb} <b>{money(paid.value)}</b>."
    else:
        story = f"Your {held} {verb} {cents(paid.payout)} each: <b>{money(paid.value)}</b>."
    return lines(story, f"P&amp;L {bold(signed(paid.profit))} after all fees")


def _meaning(news: MarketEnded) -> str:
    waits, total = _waiting(news), _total(news.paid)
    closed = "positions are closed" if news.paid[1:] else "position is closed"
    if total == ZERO:
        return f"The {closed}; your cash is as before."
    if waits == ZERO:
        return f"{money(total)} went to your cash; the {closed}."
    return lines(
        f"{money(total - waits)} went to your cash." if total > waits else None,
        f"<b>{money(waits)} waits to be claimed</b> and is not in your cash yet; the {closed}. "
        "Wallet says how to claim it.",
    )


def _waiting(news: MarketEnded) -> Usdc:
    return _total([paid for paid in news.paid if paid.account is Account.LIVE])


def _total(paid: Sequence[Paid]) -> Usdc:
    return usdc(sum((each.value for each in paid), ZERO))


def _buttons(news: MarketEnded) -> Row:
    positions = Button("Positions", ShowPositions())
    if _waiting(news) == ZERO:
        return (positions, home_button())
    return (Button("Wallet", ShowWallet(), Style.PRIMARY), positions, home_button())


def _accounts(news: MarketEnded) -> list[str]:
    return sorted({paid.account.value for paid in news.paid})
