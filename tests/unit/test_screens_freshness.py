"""Prices in words: where they come from, how old they are, and never live without proof."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.health import Doubt, PriceState
from core.domain.market import Source
from core.domain.units import Price
from telegram_bot.screens.freshness import held_prices, outcome_price, price_line, priced
from telegram_bot.screens.home import home_screen
from telegram_bot.screens.market import amount_screen, market_screen
from telegram_bot.screens.positions import position_screen
from telegram_bot.screens.screen import Screen
from tests.support import examples

CENTS = Price(Decimal("0.62"))
LIVE, POLLED, SUSPECT, RESYNCING, DOWN = PriceState
ages = st.none() | st.floats(min_value=0, max_value=1e7)
not_live = st.sampled_from([POLLED, SUSPECT, RESYNCING, DOWN])


@pytest.mark.parametrize(
    ("state", "age", "why", "text"),
    [
        (LIVE, 3.0, None, "62¢ · live"),
        (LIVE, 35.0, None, "62¢ · live, unchanged for 30 s"),
        (POLLED, 4.2, Doubt.DISCONNECTED, "62¢ · polled 4 s ago"),
        (POLLED, 0.2, None, "62¢ · polled just now"),
        (SUSPECT, 3.0, Doubt.MISSED, "62¢ · checking, last news 3 s ago"),
        (RESYNCING, 12.0, Doubt.HASH, "62¢ · asking the venue, last news 10 s ago"),
        (
            DOWN,
            130.0,
            Doubt.DISCONNECTED,
            "no price for 2 min, last 62¢: the venue does not answer",
        ),
        (DOWN, 190.0, Doubt.UNHEARD, "no live price: last 62¢, 3 min ago"),
        (DOWN, 7300.0, None, "no live price: last 62¢, 2 h ago"),
        (DOWN, None, None, "no live price: last 62¢, age unknown"),
    ],
)
def test_a_price_says_where_it_comes_from_and_how_old_it_is(
    state: PriceState, age: float | None, why: Doubt | None, text: str
) -> None:
    assert priced(CENTS, state, age, why) == text


def test_a_line_begins_with_now_only_where_there_is_a_price_of_now() -> None:
    assert price_line(CENTS, LIVE, 1.0) == "Now 62¢ · live"
    assert price_line(CENTS, DOWN, 190.0) == "No live price: last 62¢, 3 min ago"


def test_without_a_price_nothing_is_claimed() -> None:
    assert priced(None, LIVE, 1.0) == "no price yet"
    assert priced(None, DOWN, None, Doubt.SILENT) == "no price: the venue does not answer"


def test_a_price_of_the_catalogue_is_called_one() -> None:
    view = replace(examples.outcome_view(0, "0.62", None, None, DOWN), source=Source.API)
    assert outcome_price(view) == "62¢ · from the catalogue, 3 min ago"
    polled = replace(view, state=POLLED)
    assert outcome_price(polled) == "62¢ · polled 3 min ago"


def test_a_sum_says_how_current_the_prices_behind_it_are() -> None:
    live = examples.position_view()
    old = replace(live, state=POLLED, price_age=31.0)
    assert held_prices([]) is None
    assert held_prices([live, live]) == "All prices live"
    assert held_prices([live, old]) == "1 of 2 prices live, the rest up to 30 s old"
    assert held_prices([old]) == "No price is live: up to 30 s old"
    unknown = replace(old, price_age=None)
    assert held_prices([old, unknown]) == "No price is live: of unknown age"


@given(not_live, ages, st.none() | st.sampled_from(Doubt))
def test_no_screen_calls_a_price_live_that_is_not(
    state: PriceState, age: float | None, why: Doubt | None
) -> None:
    for screen in _screens(state, age, why):
        words = screen.text.lower().replace("no live price", "").replace("no price is live", "")
        assert "live" not in words


def _screens(state: PriceState, age: float | None, why: Doubt | None) -> list[Screen]:
    """Every screen that shows prices, each of them in that state."""
    held = replace(examples.position_view(), state=state, price_age=age, why=why)
    outcomes = tuple(
        replace(view, state=state, age=age, why=why) for view in examples.market_view().outcomes
    )
    market = replace(examples.market_view(held), outcomes=outcomes)
    portfolio = examples.portfolio(held, held)
    return [
        market_screen(market, examples.NOW),
        amount_screen(market, 0, portfolio.cash, examples.NOW),
        position_screen(held, examples.NOW),
        examples.holdings_screen(portfolio),
        home_screen("paper", portfolio, examples.NOW),
    ]
