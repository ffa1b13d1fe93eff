"""What groups and other chats read: nothing of anybody, and harmless whatever a title holds."""

import re

import pytest

from telegram_bot.group_codec import READ_ONLY
from telegram_bot.screens.screen import Button, LinkButton
from telegram_bot.screens.text import utf16_length
from tests.support.examples import as_text
from tests.support.group_examples import ASKER, GOLDEN, group_screens

SCREENS = group_screens()


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_reads_as_its_golden_file(name: str) -> None:
    assert as_text(SCREENS[name]) == (GOLDEN / f"{name}.txt").read_text()


def test_every_golden_file_belongs_to_a_screen() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(SCREENS)


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_for_others_is_harmless_and_leads_nowhere_but_to_us(name: str) -> None:
    screen = SCREENS[name]
    assert set(re.findall(r"<[^>]*>", screen.full_text)) <= {"<b>", "</b>", "<i>", "</i>"}
    assert "\u202e" not in screen.full_text
    assert utf16_length(screen.full_text) < 4_096
    assert screen.whose is None
    assert screen.asker == (None if name.startswith("inline") else ASKER)
    for button in (button for row in screen.rows for button in row):
        assert isinstance(button, LinkButton) or (
            isinstance(button, Button) and type(button.action) in READ_ONLY
        )
    assert any(isinstance(button, LinkButton) for row in screen.rows for button in row)
    assert "You hold" not in screen.text
