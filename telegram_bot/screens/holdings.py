"""What the user holds: the list with its totals."""

from datetime import datetime
from types import MappingProxyType
from typing import Final

from core.domain.holdings import HoldingOrder, Holdings
from core.domain.views import PAGE, Portfolio, PositionView
from telegram_bot.actions import ShowPosition, ShowPositions, Trending
from telegram_bot.picture_actions import ShowRecord
from telegram_bot.portfolio_actions import SellEverything, ShowHistory, ShowSmall, SortPositions
from telegram_bot.screens.freshness import held_prices
from telegram_bot.screens.home import claim_line, claim_row, open_gain
from telegram_bot.screens.market import market_state
from telegram_bot.screens.numbers import cents, money, shares, signed
from telegram_bot.screens.positions import pnl_line, priced_line
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    blocks,
    home_button,
    lines,
    pager,
    rows,
    stamped,
)
from telegram_bot.screens.text import SHORT_TITLE, bold, plain, safe
from telegram_bot.words import mark, plural, say

ORDERS: Final = MappingProxyType(
    {
        HoldingOrder.VALUE: mark("By value"),
        HoldingOrder.PNL: mark("By P&L"),
        HoldingOrder.CLOSING: mark("By closing"),
    }
)


def positions_screen(
    portfolio: Portfolio,
    held: Holdings,
    page: int,
    now: datetime,
    *,
    order: HoldingOrder = HoldingOrder.VALUE,
) -> Screen:
    """What can be claimed comes first, then totals, then the page's positions in their order.

    `held` may leave out what is small; then it says how many.
    """
    first = page * PAGE
    shown = held.shown[first : first + PAGE]
    entries = [_entry(number, view) for number, view in enumerate(shown, first + 1)]
    return Screen(
        blocks(
            say("<b>Positions</b>") + (" · " + say("page {page}", page=page + 1) if page else ""),
            _claim(portfolio),
            lines(
                say(
                    "<b>{total}</b> in total · cash {cash}",
                    total=money(portfolio.total),
                    cash=money(portfolio.cash),
                ),
                say("Open P&amp;L {gain}", gain=open_gain(portfolio)),
                say("Booked P&amp;L {profit} after all fees", profit=signed(portfolio.realized)),
                held_prices(portfolio.positions),
            ),
            *(entries or [_nothing(held)]),
        ),
        rows(
            claim_row(portfolio),
            *((_open(number, view),) for number, view in enumerate(shown, first + 1)),
            _small(held),
            _pages(held, page),
            _sorting(held, order),
            *_foot(portfolio, held, page),
        ),
        stamp=stamped(now),
    )


def _claim(portfolio: Portfolio) -> str | None:
    line = claim_line(portfolio)
    return line and lines(
        f"<b>{line}</b>", say("Results that the venue pays out when they are claimed.")
    )


def _nothing(held: Holdings) -> str:
    if held.small:
        return say("Everything that is open is small.")
    return say("Nothing is open. Pick a market and buy your first position.")


def _entry(number: int, view: PositionView) -> str:
    position = view.position
    holding = position.holding
    return lines(
        f"{number}. {bold(view.market.question, SHORT_TITLE)}",
        say(
            "{shares} {outcome} at {price}",
            shares=shares(holding.amount),
            outcome=safe(position.outcome, 30),
            price=cents(holding.entry_price),
        ),
        priced_line(view),
        pnl_line(view),
        market_state(view.market),
    )


def _open(number: int, view: PositionView) -> Button:
    name = plain(view.position.outcome, 16)
    return Button(
        f"{number}. {name} · {plain(view.market.question, 30)}", ShowPosition(view.position.id)
    )


def _small(held: Holdings) -> Row:
    if not held.small:
        return ()
    label = plural("{n} small hidden · show", "{n} small hidden · show", held.small)
    return (Button(label, ShowSmall()),)


def _pages(held: Holdings, page: int) -> Row:
    has_more = len(held.shown) > (page + 1) * PAGE
    return pager(
        _page(held, page - 1) if page else None,
        _page(held, page + 1) if has_more else None,
    )


def _page(held: Holdings, page: int) -> ShowPositions | ShowSmall:
    """The list stays as it is: with what is small, or without."""
    return ShowSmall(page) if held.with_small else ShowPositions(page)


def _sorting(held: Holdings, order: HoldingOrder) -> Row:
    if len(held.shown) <= 1:
        return ()
    return tuple(
        Button(_chosen(say(ORDERS[each]), is_chosen=each is order), SortPositions(each))
        for each in HoldingOrder
    )


def _chosen(label: str, *, is_chosen: bool) -> str:
    return f"· {label} ·" if is_chosen else label


def _foot(portfolio: Portfolio, held: Holdings, page: int) -> tuple[Row, Row]:
    selling = (Button(say("Sell everything"), SellEverything()),) if portfolio.positions else ()
    return (
        (
            Button(say("Markets"), Trending()),
            Button(say("P&L"), ShowRecord()),
            Button(say("History"), ShowHistory()),
        ),
        (*selling, Button(say("Refresh"), _page(held, page)), home_button()),
    )
