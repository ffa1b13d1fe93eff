"""Alerts and notices: exactly what people read, and two buttons at most under any news."""

import html
import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.notice import NEWS
from telegram_bot.callbacks import Codec
from telegram_bot.notices import SCREENS, screen_of
from telegram_bot.screens.alerts import presets
from telegram_bot.screens.screen import Button, Screen
from telegram_bot.screens.text import utf16_length
from tests.support import alert_examples as alerts
from tests.support import examples as views
from tests.support.every_news import every_news

TAG = re.compile(r"<(/?)(b|i|code)>")
LIMIT = 4096  # UTF-16 units, after the markup is read
HOSTILE = (
    "</b><a href='tg://user?id=1'>free money</a>",
    "\u202egnihtemos\u202c \u2066else\u2069\u200b",
    "A" * 10_000,
    "🏳️\u200d🌈\U0001d518" * 400,
    "\ud800 lone {amount}",
    "two\nlines <b>and\n\nmore",
    "",
)
titles = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))
EXAMPLES = alerts.alert_examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_screen_reads_as_its_golden_file(name: str) -> None:
    golden = (alerts.GOLDEN / f"{name}.txt").read_text()
    assert views.as_text(EXAMPLES[name]) == golden


def test_every_golden_file_belongs_to_a_screen() -> None:
    assert {path.stem for path in alerts.GOLDEN.glob("*.txt")} == set(EXAMPLES)


@given(titles)
def test_no_text_from_outside_breaks_a_screen(title: str) -> None:
    codec = Codec("aB3_")
    for screen in alerts.screens_about(title):
        assert_well_formed(screen)
        for button in buttons(screen):
            assert 0 < utf16_length(button.label.strip()) <= 64
            assert codec.decode(codec.encode(button.action, keeps_message=True)) is not None


def test_every_kind_of_news_has_its_screen() -> None:
    assert SCREENS.keys() == set(NEWS.values())


def test_no_news_has_more_than_two_buttons() -> None:
    seen = defaultdict[type, int](int)
    for news in every_news():
        screen = screen_of(news)
        assert 1 <= len(buttons(screen)) <= 2, screen
        assert screen.keeps_message
        assert_well_formed(screen)
        seen[type(news)] += 1
    assert seen.keys() == set(NEWS.values())


def test_presets_leave_out_what_no_price_can_reach() -> None:
    price = views.market_view().outcomes[0].price
    assert [str(wish.level) for wish in presets(price)] == ["0.52", "0.57", "0.67", "0.72"]
    assert presets(None) == ()


def buttons(screen: Screen) -> list[Button]:
    return [each for row in screen.rows for each in row if isinstance(each, Button)]


def assert_well_formed(screen: Screen) -> None:
    text, open_tags = screen.full_text, list[str]()
    for closes, name in TAG.findall(text):
        if closes:
            assert open_tags.pop() == name
        else:
            open_tags.append(name)
    assert not open_tags
    rest = TAG.sub("", text)
    assert "<" not in rest
    assert ">" not in rest
    assert utf16_length(html.unescape(rest)) <= LIMIT
