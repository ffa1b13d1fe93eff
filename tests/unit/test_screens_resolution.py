"""The end of a market in words: the notice, the cards, the list."""

import html
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.notice import MarketEnded, Paid
from core.domain.position import PositionStatus
from core.domain.price import PriceState
from core.domain.units import MarketId, Price, Size, Usdc
from telegram_bot.screens.market import market_screen
from telegram_bot.screens.positions import position_screen
from telegram_bot.screens.resolution import resolution_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.text import utf16_length
from tests.support import examples as given_views
from tests.support.examples import as_text

TAGS = re.compile(r"</?(?:b|i|code)>")
WAITING = "Trading has ended; waiting for the result."


def paid(payout: str, profit: str, outcome: str = "Yes") -> Paid:
    return Paid(
        account=Account.PAPER,
        outcome=outcome,
        shares=Size(Decimal("39.6825")),
        payout=Price(Decimal(payout)),
        value=Usdc((Decimal("39.6825") * Decimal(payout)).quantize(Decimal("0.000001"))),
        profit=Usdc(Decimal(profit)),
    )


def ended(*payments: Paid, winner: str | None = "Yes", question: str = "") -> MarketEnded:
    return MarketEnded(MarketId("501"), question or given_views.market().question, winner, payments)


def test_real_money_that_waits_to_be_claimed_is_not_called_cash() -> None:
    lived = replace(paid("1", "5"), account=Account.LIVE)
    only = as_text(resolution_screen(ended(lived)))
    assert "are worth <b>$39.68</b>" in only
    assert "<b>$39.68 waits to be claimed</b> and is not in your cash yet" in only
    assert "went to your cash" not in only
    assert "Wallet" in only
    both = as_text(resolution_screen(ended(lived, paid("0.5", "1"))))
    assert "$19.84 went to your cash." in both


WON = """<b>Resolved: Yes</b>

Will Bitcoin close above $100k on 31 December?

Your 39.6825 Yes paid <b>$39.68</b>.
P&amp;L <b>+$14.31</b> after all fees

$39.68 went to your cash; the position is closed.

<i>paper money</i>
---
[Positions][Home]
"""
LOST = """<b>Resolved: No</b>

Will Bitcoin close above $100k on 31 December?

Your 39.6825 Yes are worth nothing now.
P&amp;L <b>-$25.37</b> after all fees

The position is closed; your cash is as before.

<i>paper money</i>
---
[Positions][Home]
"""
SPLIT = """<b>Resolved without a winner</b>

Will Bitcoin close above $100k on 31 December?

Your 39.6825 Yes paid 50¢ each: <b>$19.84</b>.
P&amp;L <b>-$5.53</b> after all fees

$19.84 went to your cash; the position is closed.

<i>paper money</i>
---
[Positions][Home]
"""
BOTH = """<b>Resolved: Yes</b>

Will Bitcoin close above $100k on 31 December?

Your 39.6825 Yes paid <b>$39.68</b>.
P&amp;L <b>+$14.31</b> after all fees

Your 39.6825 No are worth nothing now.
P&amp;L <b>-$3.00</b> after all fees

$39.68 went to your cash; the positions are closed.

<i>paper money</i>
---
[Positions][Home]
"""


@pytest.mark.parametrize(
    ("news", "text"),
    [
        (ended(paid("1", "14.31")), WON),
        (ended(paid("0", "-25.37"), winner="No"), LOST),
        (ended(paid("0.5", "-5.53"), winner=None), SPLIT),
        (ended(paid("1", "14.31"), paid("0", "-3", "No")), BOTH),
    ],
)
def test_a_notice_says_what_happened_and_what_it_means_in_money(
    news: MarketEnded, text: str
) -> None:
    screen = resolution_screen(news)
    assert as_text(screen) == text
    assert screen.keeps_message


@given(st.text(max_size=600), st.text(max_size=80))
def test_no_name_breaks_a_notice(question: str, outcome: str) -> None:
    many = [paid("0.5", "1", outcome)] * 20
    screen = resolution_screen(ended(*many, winner=outcome, question=question))
    rest = TAGS.sub("", screen.full_text)
    assert "<" not in rest
    assert utf16_length(html.unescape(rest)) <= 4096


def closed_view() -> Screen:
    view = given_views.position_view()
    market = replace(view.market, is_closed=True, accepts_orders=False)
    aged = replace(view, market=market, liquidation=None, state=PriceState.DOWN, price_age=600.0)
    return position_screen(aged, given_views.NOW)


def test_a_position_in_a_closed_market_waits_with_its_last_price_and_age() -> None:
    screen = closed_view()
    assert WAITING in screen.text
    assert "No live price: last 64.5¢, 10 min ago" in screen.text
    assert "If sold now" not in screen.text
    assert [button.label for row in screen.rows for button in row] == [
        "Chart", "P&L card", "Market", "Refresh", "Home",
    ]  # fmt: skip


def test_the_list_says_that_a_market_waits_for_its_result() -> None:
    view = given_views.position_view()
    waiting = replace(view, market=replace(view.market, is_closed=True, accepts_orders=False))
    screen = given_views.holdings_screen(given_views.portfolio(waiting, view))
    assert screen.text.count(WAITING) == 1


def test_a_resolved_position_says_what_a_share_paid() -> None:
    view = given_views.position_view()
    position = replace(
        view.position, status=PositionStatus.RESOLVED, current_price=Price(Decimal("0.5"))
    )
    market = replace(
        view.market,
        is_closed=True,
        is_resolved=True,
        payouts=(Price(Decimal("0.5")), Price(Decimal("0.5"))),
    )
    text = position_screen(replace(view, position=position, market=market), given_views.NOW).text
    assert "resolved, no shares left\nPaid 50¢ a share" in text
    assert "Resolved without a winner" in text


def test_a_resolved_market_s_card_shows_payouts_instead_of_prices() -> None:
    view = given_views.market_view()
    market = replace(
        view.market,
        is_closed=True,
        is_resolved=True,
        resolved_outcome="No",
        payouts=(Price(Decimal(0)), Price(Decimal(1))),
    )
    screen = market_screen(replace(view, market=market), given_views.NOW)
    assert "<b>Yes</b> pays 0¢ a share\n<b>No</b> pays 100¢ a share" in screen.text
    assert "<b>Resolved: No</b>" in screen.text
    assert "live" not in screen.text
    assert [button.label for row in screen.rows for button in row] == [
        "All outcomes", "Watch", "Chart", "Share", "Refresh", "Home",
    ]  # fmt: skip


def test_a_market_called_resolved_whose_payouts_nobody_can_tell_waits() -> None:
    view = given_views.market_view()
    doubtful = replace(view.market, is_closed=True, is_resolved=True)
    assert WAITING in market_screen(replace(view, market=doubtful), given_views.NOW).text
