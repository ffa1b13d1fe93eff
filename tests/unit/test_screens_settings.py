"""Screens of settings and people read as agreed, whatever somebody is called or types."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from core.domain.preferences import ALWAYS_TOLD, DEFAULTS, NoticeMode
from telegram_bot.callbacks import Codec, Tapped
from telegram_bot.screens.people import changed_words, people_screen, person_screen
from telegram_bot.screens.screen import Button, Screen
from telegram_bot.screens.setting_questions import zones_screen
from telegram_bot.screens.setting_words import KINDS
from telegram_bot.screens.settings import notice_modes_screen
from telegram_bot.screens.text import utf16_length
from telegram_bot.settings_actions import SetNoticeMode
from tests.support import examples as given
from tests.support import settings_examples as shown

EXAMPLES = shown.examples()
TAG = re.compile(r"<(/?)(b|i|code)>")
LIMIT = 4096  # UTF-16 units, after the markup is read


def buttons(screen: Screen) -> Iterator[Button]:
    return (each for row in screen.rows for each in row if isinstance(each, Button))


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
def test_every_button_is_read_back_as_it_was(name: str) -> None:
    codec = Codec("aB3_")
    for button in buttons(EXAMPLES[name]):
        data = codec.encode(button.action, keeps_message=True)
        assert codec.decode(data) == Tapped(button.action, keeps_message=True)


@drawn(st.one_of(st.text(max_size=200), st.sampled_from(("x" * 10_000, "</b>&" * 99, "\ud800"))))
def test_no_name_and_no_words_break_a_screen(text: str) -> None:
    somebody = shown.member(2, name=text)
    for screen in (
        people_screen((shown.ANN, somebody)),
        person_screen(somebody, changed_words(somebody)),
        zones_screen(text, ("Europe/Paris",)),
    ):
        assert_well_formed(screen)
        assert all(0 < utf16_length(each.label) <= 64 for each in buttons(screen))


def test_no_tap_turns_off_what_everybody_has_to_hear_of() -> None:
    loud = dict.fromkeys(KINDS, NoticeMode.SILENT)
    chosen = replace(DEFAULTS, notice_modes=loud)
    offered = [each.action for each in buttons(notice_modes_screen(chosen))]
    modes = {each.kind: each.mode for each in offered if isinstance(each, SetNoticeMode)}
    assert modes.keys() == KINDS.keys()
    assert {kind for kind, mode in modes.items() if mode is NoticeMode.ON} == ALWAYS_TOLD
