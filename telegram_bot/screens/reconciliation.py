"""A live account and its ledger: where they differ, what money came or went, when all is well."""

from types import MappingProxyType
from typing import Final

from core.domain.drift import CashMove, CashMoveKind, DriftKind
from core.domain.notice import AccountCompared, Found
from core.domain.units import Size
from telegram_bot.actions import ShowPositions
from telegram_bot.screens.numbers import money, shares
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines
from telegram_bot.screens.text import LABEL, SHORT_TITLE, safe, told
from telegram_bot.words import mark, say

SHOWN: Final = 5  # differences; the others are counted
STOPPED: Final = mark("Automatic orders wait until this is clear. Your own orders work as before.")
STORIES: Final = MappingProxyType(
    {
        DriftKind.MISSING_ORDER: mark(
            "An order over {ours} shares is not in the exchange's book any more."
        ),
        DriftKind.GONE_ORDER: mark(
            "An order over {ours} shares, made elsewhere, has left the book."
        ),
        DriftKind.UNKNOWN_ORDER: mark(
            "An order over {theirs} shares, made elsewhere, is in a market we do not know."
        ),
        DriftKind.SHARES: mark("We count {ours} shares, the exchange {theirs}."),
        DriftKind.TRANSFER_IN: mark("{theirs} shares came into your account without a trade."),
        DriftKind.TRANSFER_OUT: mark("{ours} shares left your account without a trade."),
        DriftKind.REDEEMED: mark("{ours} shares were redeemed; the result is on its way to us."),
        DriftKind.SETTLING: mark("Trades are being settled."),
        DriftKind.BOOKED_SHARES: mark(
            "The position shows {ours} shares, its trades make {theirs}."
        ),
    }
)
IN_MONEY: Final = frozenset({DriftKind.CASH, DriftKind.BOOKED_COST, DriftKind.BOOKED_PROFIT})
MONEY_STORIES: Final = MappingProxyType(
    {
        DriftKind.CASH: mark("We count {ours}, the exchange {theirs}."),
        DriftKind.BOOKED_COST: mark(
            "The position shows a cost of {ours}, its trades make {theirs}."
        ),
        DriftKind.BOOKED_PROFIT: mark(
            "The position shows {ours} of booked profit, its trades make {theirs}."
        ),
    }
)
MOVES: Final = MappingProxyType(
    {
        CashMoveKind.OPENING: mark("<b>{amount}</b> was in your account when we first looked."),
        CashMoveKind.DEPOSIT: mark("<b>{amount}</b> came into your account."),
        CashMoveKind.WITHDRAWAL: mark(
            "<b>{amount}</b> left your account, and not through this bot."
        ),
        CashMoveKind.REDEEM: mark(
            "<b>{amount}</b> of results moved between the market and your cash."
        ),
        CashMoveKind.TAKEN_OVER: mark("<b>{amount}</b> balances shares that were taken over."),
    }
)


def reconciliation_screen(news: AccountCompared) -> Screen:
    """A record that stays in the chat."""
    return Screen(
        blocks(
            f"<b>{_headline(news)}</b>",
            *(found_text(found) for found in news.found[:SHOWN]),
            _others(len(news.found) - SHOWN),
            lines(*(move_text(move) for move in news.moves)),
            _fault(news.fault),
            _what_next(news),
            say("<i>live money</i>"),
        ),
        ((Button(say("Positions"), ShowPositions()), home_button()),),
        keeps_message=True,
    )


def found_text(found: Found) -> str:
    """One difference in plain words, with what it is about."""
    about = safe(found.question, SHORT_TITLE) if found.question else None
    return lines(about, _story(found))


def move_text(move: CashMove) -> str:
    """What money did without a trade."""
    amount = money(abs(move.amount))
    if move.kind is CashMoveKind.UNEXPLAINED:
        if move.amount > 0:
            return say("Your cash is <b>{amount}</b> more than your trades explain.", amount=amount)
        return say("Your cash is <b>{amount}</b> less than your trades explain.", amount=amount)
    return say(MOVES[move.kind], amount=amount)


def _headline(news: AccountCompared) -> str:
    if news.fault:
        return say("Your account cannot be checked")
    if news.found or any(move.kind is CashMoveKind.UNEXPLAINED for move in news.moves):
        return say("Your account differs from the exchange")
    return say("Your account is clear again") if news.has_cleared else say("Your cash has changed")


def _story(found: Found) -> str:
    if found.kind in IN_MONEY:
        ours, theirs = money(found.ours), money(found.theirs)
        return say(MONEY_STORIES[found.kind], ours=ours, theirs=theirs)
    name = f" {safe(found.outcome, LABEL)}" if found.outcome else ""
    ours, theirs = f"{shares(Size(found.ours))}{name}", f"{shares(Size(found.theirs))}{name}"
    return say(STORIES[found.kind], ours=ours, theirs=theirs)


def _others(count: int) -> str | None:
    return say("and {count} more", count=count) if count > 0 else None


def _fault(fault: str) -> str | None:
    return told(fault) if fault else None


def _what_next(news: AccountCompared) -> str | None:
    if news.fault:
        return lines(say("Nothing was changed; we keep trying."), say(STOPPED))
    if news.is_stopped:
        return say(STOPPED)
    return (
        say("Ledger and exchange agree; automatic orders may go on.") if news.has_cleared else None
    )
