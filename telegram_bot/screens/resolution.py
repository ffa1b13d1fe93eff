"""A market that its reader held has been resolved: who won, and what that means in money."""

from core.domain.notice import MarketEnded, Paid
from core.domain.units import ONE, ZERO, usdc
from telegram_bot.actions import ShowPositions
from telegram_bot.screens.numbers import cents, money, shares, signed
from telegram_bot.screens.screen import HOME, Button, Screen, blocks, lines
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
        ((Button("Positions", ShowPositions()), HOME),),
        keeps_message=True,
    )


def result(winner: str | None) -> str:
    """How a market ended; without a winner its shares are worth something in between."""
    return "Resolved without a winner" if winner is None else f"Resolved: {safe(winner, LABEL)}"


def _paid(paid: Paid) -> str:
    held = f"{shares(paid.shares)} {safe(paid.outcome, LABEL)}"
    if paid.payout == ZERO:
        story = f"Your {held} are worth nothing now."
    elif paid.payout == ONE:
        story = f"Your {held} paid <b>{money(paid.value)}</b>."
    else:
        story = f"Your {held} paid {cents(paid.payout)} each: <b>{money(paid.value)}</b>."
    return lines(story, f"P&amp;L {bold(signed(paid.profit))} after all fees")


def _meaning(news: MarketEnded) -> str:
    total = usdc(sum((paid.value for paid in news.paid), ZERO))
    closed = "positions are closed" if news.paid[1:] else "position is closed"
    if total == ZERO:
        return f"The {closed}; your cash is as before."
    return f"{money(total)} went to your cash; the {closed}."


def _accounts(news: MarketEnded) -> list[str]:
    return sorted({paid.account.value for paid in news.paid})
