"""The first screen: where we are, and how much there is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.domain.equity import DayChange, Glance
from core.domain.views import Portfolio
from telegram_bot.account_actions import ShowOrders, ShowWallet
from telegram_bot.actions import Help, Home, ShowPositions, Status, Trending
from telegram_bot.alert_actions import ShowAlerts
from telegram_bot.portfolio_actions import AskWords, ShowClaims, ShowHistory
from telegram_bot.screens.freshness import held_prices
from telegram_bot.screens.numbers import gain, money, signed
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    rows,
    stamped,
)
from telegram_bot.screens.text import bold
from telegram_bot.screens.times import clock_time, minutes_of_day
from telegram_bot.settings_actions import ShowSettings
from telegram_bot.words import plural, say

MORNING: Final = 10  # minutes; a day that was first looked at later says since when it counts
NO_GLANCE: Final = Glance()


def home_screen(
    mode: str,
    portfolio: Portfolio,
    now: datetime,
    remarks: Sequence[str] = (),
    glance: Glance = NO_GLANCE,
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
                day_line(glance.today),
                say(
                    "Positions {value} · {count}",
                    value=money(portfolio.value),
                    count=_count(len(portfolio.positions)),
                ),
                _cash(portfolio, glance),
                claim_line(portfolio),
                _current(portfolio, now),
            ),
            lines(
                say("Open P&amp;L {gain}", gain=open_gain(portfolio)),
                say("Booked P&amp;L {profit}", profit=signed(portfolio.realized)),
            ),
            say("Send a word to search, or paste a polymarket.com link."),
        ),
        _menu(portfolio, glance),
        stamp=stamped(now),
        whose=None,
    )


def _menu(portfolio: Portfolio, glance: Glance) -> tuple[Row, ...]:
    return rows(
        (
            Button(say("Markets"), Trending(), Style.PRIMARY),
            Button(say("Search"), AskWords()),
        ),
        (
            Button(_counted(say("Positions"), len(portfolio.positions)), ShowPositions()),
            Button(_counted(say("Orders"), glance.open_orders), ShowOrders()),
        ),
        claim_row(portfolio),
        (Button(say("Wallet"), ShowWallet()), Button(say("Alerts"), ShowAlerts())),
        (Button(say("History"), ShowHistory()), Button(say("Settings"), ShowSettings())),
        (
            Button(say("Refresh"), Home()),
            Button(say("Status"), Status()),
            Button(say("Help"), Help()),
        ),
    )


def search_question() -> Screen:
    return Screen(
        blocks(
            say("<b>What are you looking for?</b>"),
            say("Send a word to search, or paste a polymarket.com link."),
            say("A whole order does as well, for example <code>bitcoin buy yes 50</code>."),
        ),
        ((Button(say("Markets"), Trending()), home_button()),),
    )


def day_line(today: DayChange | None) -> str:
    """What is not known is called so: nothing is not the same."""
    if today is None:
        return say("Today: not known yet")
    change = gain(today.amount, today.percent)
    if minutes_of_day(today.since) < MORNING:
        return say("Today {gain}", gain=change)
    return say("Today {gain} since {time}", gain=change, time=clock_time(today.since))


def claim_line(portfolio: Portfolio) -> str | None:
    """What the totals count that is neither cash yet nor a position any more."""
    if not portfolio.claimable:
        return None
    return say("To claim {amount}", amount=money(portfolio.claimable))


def claim_row(portfolio: Portfolio) -> Row:
    if not portfolio.claimable:
        return ()
    label = say("Claim {amount}", amount=money(portfolio.claimable))
    return (Button(label, ShowClaims(), Style.SUCCESS),)


def open_gain(portfolio: Portfolio) -> str:
    """P&L of the open positions at the prices shown, in percent of what they cost."""
    cost = portfolio.value - portfolio.unrealized
    percent = 100 * portfolio.unrealized / cost if cost > 0 else None
    return gain(portfolio.unrealized, percent)


def _current(portfolio: Portfolio, now: datetime) -> str | None:
    """A home card stands still, so it says when its prices were what it says they were."""
    words = held_prices(portfolio.positions)
    return words and say(
        "At {time}: {words}", time=clock_time(now), words=words[0].lower() + words[1:]
    )


def _cash(portfolio: Portfolio, glance: Glance) -> str:
    cash = money(portfolio.cash)
    if not glance.in_orders:
        return say("Cash {cash}", cash=cash)
    return say("Cash {cash}, of it in orders {held}", cash=cash, held=money(glance.in_orders))


def _counted(label: str, count: int) -> str:
    return f"{label} {count}" if count else label


def _count(positions: int) -> str:
    return plural("{n} open", "{n} open", positions) if positions else say("none open")
