"""The first screen: where we are, and how much there is."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.views import Portfolio
from telegram_bot.account_actions import ShowOrders, ShowWallet
from telegram_bot.actions import Help, Home, ShowPositions, Status, Trending
from telegram_bot.screens.freshness import held_prices
from telegram_bot.screens.numbers import gain, money, signed
from telegram_bot.screens.screen import Button, Screen, Style, blocks, lines, stamped
from telegram_bot.screens.text import bold
from telegram_bot.screens.times import clock_time
from telegram_bot.words import plural, say


def home_screen(
    mode: str, portfolio: Portfolio, now: datetime, remarks: Sequence[str] = ()
) -> Screen:
    """`mode` says venue and kind of money: first, so that nobody mistakes one for another.

    `remarks`: what stands in the way, or will; sentences that are safe already.
    """
    return Screen(
        blocks(
            bold(mode),
            lines(*remarks),
            lines(
                say("<b>{total}</b> in total", total=money(portfolio.total)),
                say("Cash {cash}", cash=money(portfolio.cash)),
                say(
                    "Positions {value} · {count}",
                    value=money(portfolio.value),
                    count=_count(len(portfolio.positions)),
                ),
                claim_line(portfolio),
                _current(portfolio, now),
            ),
            lines(
                say("Open P&amp;L {gain}", gain=open_gain(portfolio)),
                say("Booked P&amp;L {profit}", profit=signed(portfolio.realized)),
            ),
            say("Send a word to search, or paste a polymarket.com link."),
        ),
        (
            (
                Button(say("Markets"), Trending(), Style.PRIMARY),
                Button(say("Positions"), ShowPositions()),
            ),
            (Button(say("Orders"), ShowOrders()), Button(say("Wallet"), ShowWallet())),
            (
                Button(say("Refresh"), Home()),
                Button(say("Status"), Status()),
                Button(say("Help"), Help()),
            ),
        ),
        stamp=stamped(now),
        whose=None,
    )


def _current(portfolio: Portfolio, now: datetime) -> str | None:
    """A home card stands still, so it says when its prices were what it says they were."""
    words = held_prices(portfolio.positions)
    return words and say(
        "At {time}: {words}", time=clock_time(now), words=words[0].lower() + words[1:]
    )


def claim_line(portfolio: Portfolio) -> str | None:
    """What the totals count that is neither cash yet nor a position any more."""
    if not portfolio.claimable:
        return None
    return say("To claim {amount} · see Wallet", amount=money(portfolio.claimable))


def open_gain(portfolio: Portfolio) -> str:
    """P&L of the open positions at the prices shown, in percent of what they cost."""
    cost = portfolio.value - portfolio.unrealized
    percent = 100 * portfolio.unrealized / cost if cost > 0 else None
    return gain(portfolio.unrealized, percent)


def _count(positions: int) -> str:
    return plural("{n} open", "{n} open", positions) if positions else say("none open")
