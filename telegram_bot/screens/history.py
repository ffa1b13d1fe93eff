"""What was traded: page by page, and the words beside its files."""

from datetime import datetime

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Settlement
from core.domain.statement import Entry, HistoryPage, Statement
from telegram_bot.actions import ShowPositions, Trending
from telegram_bot.picture_actions import ShowRecord
from telegram_bot.portfolio_actions import SaveHistory, ShowHistory
from telegram_bot.screens.numbers import cents, money, shares, signed
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
from telegram_bot.screens.text import SHORT_TITLE, safe
from telegram_bot.screens.times import date_clock
from telegram_bot.words import plural, say


def history_screen(found: HistoryPage, now: datetime) -> Screen:
    """Newest first; paper and real money never on one page."""
    page = found.page
    return Screen(
        blocks(
            say("<b>History</b>") + (" · " + say("page {page}", page=page + 1) if page else ""),
            *([_entry(entry) for entry in found.entries] or [_nothing(page)]),
        ),
        rows(
            pager(
                ShowHistory(page - 1) if page else None,
                ShowHistory(page + 1) if found.has_more else None,
            ),
            _files(found),
            (
                Button(say("Positions"), ShowPositions()),
                Button(say("P&L"), ShowRecord()),
                home_button(),
            ),
        ),
        stamp=stamped(now),
    )


def files_screen(told: Statement, account: Account, place: int) -> Screen:
    """Beside one of the files, which count from 0."""
    count = len(told.files)
    return Screen(
        lines(
            say("Your trades, real money.")
            if account is Account.LIVE
            else say("Your trades, paper money."),
            plural("{n} trade", "{n} trades", told.trades),
            say("Booked P&amp;L {profit} after all fees", profit=signed(told.profit)),
            say("Times are UTC."),
            say("File {place} of {count}", place=place + 1, count=count) if count > 1 else None,
        ),
        keeps_message=True,
        whose=None,
    )


def _files(found: HistoryPage) -> Row:
    if not found.entries:
        return (Button(say("Markets"), Trending()),)
    return (Button(say("Save as CSV"), SaveHistory()),)


def _nothing(page: int) -> str:
    if page:
        return say("Nothing is this far back.")
    return say("Nothing was traded yet.")


def _entry(entry: Entry) -> str:
    fill = entry.fill
    return lines(
        _deed(entry),
        safe(entry.question, SHORT_TITLE),
        _money(entry),
        f"{date_clock(fill.at)}{_settlement(fill.settlement)}",
    )


def _deed(entry: Entry) -> str:
    fill = entry.fill
    named = {
        "shares": shares(fill.size),
        "outcome": safe(fill.outcome, 30),
        "price": cents(fill.price),
    }
    if entry.is_result:
        return say("<b>Result</b> {shares} {outcome} paid {price}", **named)
    if fill.side is Side.BUY:
        return say("<b>Bought</b> {shares} {outcome} at {price}", **named)
    return say("<b>Sold</b> {shares} {outcome} at {price}", **named)


def _money(entry: Entry) -> str:
    fill = entry.fill
    named = {"value": money(fill.value), "fee": money(fill.fee)}
    if entry.profit is None:
        return say("{value} · fee {fee}", **named)
    return say("{value} · fee {fee} · P&amp;L {profit}", **named, profit=signed(entry.profit))


def _settlement(settlement: Settlement) -> str:
    match settlement:
        case Settlement.CONFIRMED:
            return ""
        case Settlement.PROVISIONAL:
            return " · " + say("not confirmed yet")
        case Settlement.FAILED:
            return " · " + say("failed, and taken back")
