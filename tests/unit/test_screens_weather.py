"""Weather screens: exactly what people read, sound whatever comes from outside, and no promise."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.health import Doubt
from core.domain.weather.decision import Action, Moments, Skip
from core.domain.weather.temperature import Extreme
from telegram_bot.callbacks import Codec
from telegram_bot.pictures.plans import Theme
from telegram_bot.screens.screen import Button, Screen
from telegram_bot.screens.text import utf16_length
from telegram_bot.screens.weather_decisions import latencies, why
from telegram_bot.screens.weather_words import SHORT_SKIPS, SKIPS, name_of_slug
from tests.support import examples as views
from tests.support import weather_examples as weather

TAG = re.compile(r"<(/?)(b|i|code)>")
PROFIT = re.compile(r"\b(guarantee|risk.free|sure profit|will earn|will profit)", re.IGNORECASE)
LIMIT, CAPTION = 4096, 1024  # UTF-16 units, after the markup is read
HOSTILE = (
    "</b><a href='tg://user?id=1'>free money</a>",
    "\u202egnihtemos\u202c \u2066else\u2069\u200b",
    "A" * 10_000,
    "<&>" * 3_000,
    "🏳️\u200d🌈\U0001d518" * 400,
    "\ud800 lone {amount}",
    "two\nlines <b>and\n\nmore",
    "",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))
EXAMPLES = weather.weather_examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_screen_reads_as_its_golden_file(name: str) -> None:
    golden = (weather.GOLDEN / f"{name}.txt").read_text()
    assert views.as_text(EXAMPLES[name]) == golden


def test_every_golden_file_belongs_to_a_screen() -> None:
    assert {path.stem for path in weather.GOLDEN.glob("*.txt")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_screen_is_well_formed_and_promises_nothing(name: str) -> None:
    assert_sound(EXAMPLES[name], CAPTION if name.startswith("caption") else LIMIT)
    assert not PROFIT.search(EXAMPLES[name].full_text)


@given(texts)
def test_no_text_from_outside_breaks_a_screen(text: str) -> None:
    for screen in weather.screens_about(text):
        assert_sound(screen, LIMIT)


def test_every_reason_to_skip_has_its_sentence_and_its_short_form() -> None:
    assert SKIPS.keys() == SHORT_SKIPS.keys() == set(Skip)
    assert len(set(SKIPS.values())) == len(set(SHORT_SKIPS.values())) == len(Skip)


def test_what_was_decided_and_came_to_nothing_is_not_told_as_bought() -> None:
    told = why(weather.decision(Action.BUY, Skip.NO_FILL))
    assert told.startswith("<b>Tried to buy 13°C Yes</b>. Nobody took the other side")


@pytest.mark.parametrize(
    ("microseconds", "told"),
    [
        (0, "decided in less than 0.1 ms"),
        (99, "decided in less than 0.1 ms"),
        (100, "decided after 0.1 ms"),
        (1_649, "decided after 1.6 ms"),
    ],
)
def test_no_decision_is_told_to_have_taken_no_time(microseconds: int, told: str) -> None:
    began = datetime(2026, 11, 22, tzinfo=UTC)
    assert latencies(Moments(began, began + timedelta(microseconds=microseconds))) == told


def test_a_limit_that_was_reached_is_named_as_it_is_where_it_is_chosen() -> None:
    told = why(weather.decision(Action.SKIP, Skip.LIMIT, "region and day"))
    assert told == "A limit was reached. Limit: Region and day."


def test_a_gap_is_named_with_its_reason_and_with_its_bucket_where_it_was_one() -> None:
    lost = weather.decision(Action.SKIP, Skip.NOT_LIVE, Doubt.DISCONNECTED.value)
    assert why(lost) == (
        "The price was not live. The stream of 13°C Yes was interrupted: the connection to the "
        "venue was lost."
    )
    assert why(replace(lost, outcome="")) == (
        "The price was not live. The stream was interrupted: the connection to the venue was lost."
    )


def test_an_event_is_named_by_its_slug_alone() -> None:
    assert name_of_slug(weather.LONDON.slug) == "Highest in London · 22 Nov"
    assert name_of_slug("lowest-temperature-in-nyc-on-february-29") == "Lowest in NYC · 29 Feb"
    assert name_of_slug("who-wins") == "who-wins"
    assert name_of_slug("highest-temperature-in-rome-on-june-31") == (
        "highest-temperature-in-rome-on-june-31"
    )


def test_examples_are_of_both_extremes() -> None:
    assert {weather.LONDON.extreme, weather.NEW_YORK.extreme} == set(Extreme)


@pytest.mark.parametrize("theme", Theme)
def test_both_themes_are_one_tap_apart(theme: Theme) -> None:
    shown = {type(plan): plan.head.theme for plan in weather.plans(theme).values()}
    assert set(shown.values()) == {theme}


def assert_sound(screen: Screen, most: int) -> None:
    codec = Codec("aB3_")
    text = screen.full_text
    opened: list[str] = []
    for closing, tag in TAG.findall(text):
        if not closing:
            opened.append(tag)
        else:
            assert opened
            assert opened.pop() == tag
    assert opened == []
    bare = TAG.sub("", text)
    assert "<" not in bare
    assert utf16_length(html.unescape(bare)) <= most
    buttons = [each for row in screen.rows for each in row if isinstance(each, Button)]
    assert buttons
    assert all(len(row) <= 8 for row in screen.rows)
    for button in buttons:
        assert 0 < utf16_length(button.label.strip()) <= 64
        assert codec.decode(codec.encode(button.action, keeps_message=True)) is not None
