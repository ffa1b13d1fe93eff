"""Screens: exactly what people read, and harmless whatever the venue calls its markets."""

import html
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Rejected
from core.domain.market import Event, Market
from core.domain.order import OrderStatus
from core.domain.units import EventId, PositionId
from core.domain.views import EventView, MarketPage, MarketRow, MarketView
from telegram_bot.actions import SpendOther
from telegram_bot.callbacks import Codec
from telegram_bot.screens.event import event_screen
from telegram_bot.screens.market import amount_screen, market_screen
from telegram_bot.screens.markets import categories_screen, search_screen, trending_screen
from telegram_bot.screens.notices import amount_question, failure_screen
from telegram_bot.screens.positions import position_screen
from telegram_bot.screens.receipt import receipt_screen
from telegram_bot.screens.screen import Button, Screen
from telegram_bot.screens.status import PartState, status_screen
from telegram_bot.screens.text import cut, plain, safe, utf16_length
from telegram_bot.screens.ticket import ticket_screen
from tests.support import examples as given_views

TAGS = re.compile(r"</?(?:b|i|code)>")
LIMIT = 4096  # UTF-16 units, after the markup is read
HOSTILE = (
    "</b><a href='tg://user?id=1'>free money</a>",
    "<b><i>&amp;&lt;script&gt;",
    "\u202egnihtemos\u202c \u2066else\u2069\u200b",
    "\x00\x1b[31m\r\n\t",
    "A" * 10_000,
    "🏳️\u200d🌈\U0001d518\U0001d52b" * 400,
    "&" * 5_000,
    "tg://resolve?domain=evil",
    "\ud800 lone",
    "",
)
titles = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))
EXAMPLES = given_views.examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_screen_reads_as_its_golden_file(name: str) -> None:
    golden = (given_views.GOLDEN / f"{name}.txt").read_text()
    assert given_views.as_text(EXAMPLES[name]) == golden


def test_every_golden_file_belongs_to_a_screen() -> None:
    assert {path.stem for path in given_views.GOLDEN.glob("*.txt")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_button_fits_into_callback_data(name: str) -> None:
    codec = Codec("aB3_")
    for row in EXAMPLES[name].rows:
        for button in row:
            if isinstance(button, Button):
                assert codec.decode(codec.encode(button.action)) is not None


@given(titles)
def test_no_title_breaks_the_markup_or_the_limit_of_a_screen(title: str) -> None:
    for screen in _screens_about(title):
        rest = TAGS.sub("", screen.full_text)
        assert "<" not in rest
        assert ">" not in rest
        assert _is_balanced(screen.full_text)
        shown = html.unescape(rest)
        assert utf16_length(shown) <= LIMIT
        assert not any(unicodedata.category(char) in {"Cf", "Cs"} for char in shown)
        assert all(unicodedata.category(char) != "Cc" or char == "\n" for char in shown)


@given(titles)
def test_no_name_makes_a_button_empty_or_long(title: str) -> None:
    for screen in _screens_about(title):
        for row in screen.rows:
            assert all(0 < utf16_length(button.label.strip()) <= 64 for button in row)


@given(titles, st.integers(min_value=2, max_value=300))
def test_a_text_is_cut_before_it_is_escaped(title: str, limit: int) -> None:
    assert utf16_length(html.unescape(safe(title, limit))) <= max(limit, len("(no name)"))


def test_a_cut_never_goes_through_a_character() -> None:
    assert cut("😀😀😀", 4) == "😀…"
    assert cut("😀😀", 4) == "😀😀"
    assert plain("a\u202eb\n\n c") == "ab c"
    assert plain(" \x1b \ud7fc") == "(no name)"


def test_two_drawings_that_differ_in_their_time_only_are_equal() -> None:
    view = given_views.market_view()
    later = given_views.NOW.replace(minute=4)
    assert market_screen(view, given_views.NOW) == market_screen(view, later)
    assert market_screen(view, given_views.NOW).full_text != market_screen(view, later).full_text


def _screens_about(title: str) -> list[Screen]:
    """Every screen that shows text from outside, with as much of it as fits on one."""
    now, market = given_views.NOW, _named(title)
    event = Event(EventId("7"), "slug", title)
    held = replace(
        given_views.position_view(),
        market=market,
        position=replace(given_views.position(), outcome=title),
    )
    outcomes = tuple(
        replace(view, outcome=replace(view.outcome, name=title))
        for view in given_views.market_view().outcomes
    )
    view = MarketView(market, outcomes, (held, held))
    page = MarketPage((MarketRow(event, market, 3), MarketRow(None, market)) * 4, 1, has_more=True)
    quote = replace(given_views.buy_quote(), market=market, outcome=market.outcomes[0])
    order = replace(
        given_views.order(OrderStatus.REJECTED, filled="0"), outcome=title, reason=title
    )
    return [
        market_screen(view, now),
        amount_screen(view, 0, given_views.portfolio().cash, now),
        trending_screen(page, title, ""),
        search_screen(page, title),
        categories_screen(((title, 3),) * 30),
        event_screen(EventView(event, (market,) * 8, has_more=True)),
        given_views.holdings_screen(given_views.portfolio(*[held] * 8)),
        position_screen(held, now),
        ticket_screen(quote, given_views.OFFER, now),
        receipt_screen(order, market, None),
        receipt_screen(replace(given_views.order(), outcome=title), market, PositionId(1)),
        amount_question(view, SpendOther(market.id, 0), is_at_once=True),
        failure_screen(Rejected(title)),
        status_screen(title, (PartState(title, False, title),) * 9, 1.0, now),
    ]


def _named(title: str) -> Market:
    market = given_views.market()
    return replace(
        market,
        question=title,
        title=title,
        category=title,
        outcomes=tuple(replace(outcome, name=title) for outcome in market.outcomes),
        event=Event(EventId("7"), "slug", title + "!"),
        is_resolved=len(title) % 2 == 1,
        resolved_outcome=title,
    )


def _is_balanced(text: str) -> bool:
    open_tags: list[str] = []
    for tag in TAGS.findall(text):
        if not tag.startswith("</"):
            open_tags.append(tag[1:-1])
        elif not open_tags or open_tags.pop() != tag[2:-1]:
            return False
    return not open_tags
