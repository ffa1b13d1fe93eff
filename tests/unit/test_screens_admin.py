"""Cards of the owner read as agreed, whatever a fault or a market is called."""

import re

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from core.domain.broadcasting import Audience
from telegram_bot.callbacks import Codec, Tapped
from telegram_bot.screens.admin import size
from telegram_bot.screens.alert_news import LONGEST
from telegram_bot.screens.broadcasting import draft_screen
from telegram_bot.screens.screen import Button, Screen
from telegram_bot.screens.text import safe_lines, utf16_length
from tests.support import admin_examples as shown
from tests.support import examples as given

EXAMPLES = shown.examples()
TAG = re.compile(r"<(/?)(b|i|code|blockquote)>")
LIMIT = 4096  # UTF-16 units, after the markup is read


def assert_well_formed(screen: Screen) -> None:
    stack: list[str] = []
    for tag in TAG.finditer(screen.full_text):
        if tag[1]:
            assert stack.pop() == tag[2]
        else:
            stack.append(tag[2])
    rest = TAG.sub("", screen.full_text)
    assert not stack
    assert "<" not in rest
    assert 0 < utf16_length(rest) <= LIMIT


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_screen_reads_as_its_golden_file(name: str) -> None:
    assert given.as_text(EXAMPLES[name]) == (shown.GOLDEN / f"{name}.txt").read_text()
    assert_well_formed(EXAMPLES[name])


def test_every_golden_file_belongs_to_a_screen() -> None:
    assert {path.stem for path in shown.GOLDEN.glob("*.txt")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_button_can_be_read_back(name: str) -> None:
    codec = Codec("run1")
    for row in EXAMPLES[name].rows:
        for button in row:
            assert isinstance(button, Button)
            assert codec.decode(codec.encode(button.action)) == Tapped(button.action)


@drawn(st.text(min_size=1, max_size=LONGEST))
def test_any_words_are_shown_harmlessly_and_in_full_lines(text: str) -> None:
    assert_well_formed(draft_screen(text, Audience(3), "a1b2c3d4"))
    assert safe_lines(text, LONGEST).count("\n") < max(1, len(text.strip().splitlines()))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KB"),
        (5_300_000, "5.1 MB"),
        (3 * 1024**3 // 2, "1.5 GB"),
        (1024**5, "1024.0 TB"),
    ],
)
def test_sizes_are_read_at_a_glance(count: int, words: str) -> None:
    assert size(count) == words
