"""/help begins with what its reader looked at last."""

import pytest

from telegram_bot.commands import Scope, menu
from telegram_bot.screens.help import SECTIONS, help_on_screen, help_screen
from telegram_bot.screens.text import utf16_length
from telegram_bot.screens.topics import Topic, topic_named, topic_of
from tests.support import examples

SCREENS = examples.examples()


@pytest.mark.parametrize(
    ("screen", "topic"),
    [
        ("market", Topic.BUY),
        ("ticket_buy", Topic.BUY),
        ("position", Topic.SELL),
        ("search", Topic.FIND),
        ("help", None),
        ("unexpected", None),
    ],
)
def test_a_screen_is_known_by_its_buttons(screen: str, topic: Topic | None) -> None:
    assert topic_of(SCREENS[screen]) is topic


@pytest.mark.parametrize("topic", Topic)
def test_what_was_looked_at_last_comes_first(topic: Topic) -> None:
    text = help_screen("PAPER", topic).text
    headings = [heading for heading, _ in SECTIONS.values() if heading in text]
    assert len(headings) == len(SECTIONS)
    assert min(headings, key=text.index) == SECTIONS[topic][0]
    assert utf16_length(text) < 4_000


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        ("limit", Topic.LIMIT),
        ("/orders please", Topic.LIMIT),
        ("TP", Topic.TRIGGERS),
        ("nonsense", None),
        ("", None),
    ],
)
def test_a_word_names_what_the_help_is_about(word: str, topic: Topic | None) -> None:
    assert topic_named(word) is topic


def test_help_on_one_thing_leads_to_all_of_it() -> None:
    screen = help_on_screen("PAPER", Topic.SELL)
    assert SECTIONS[Topic.SELL][1] in screen.text
    assert [button.label for row in screen.rows for button in row] == ["All help", "Home"]


def test_the_owners_commands_are_for_the_owner() -> None:
    owners = menu(Scope.OWNER)
    assert owners
    for command in owners:
        assert f"/{command.name} ·" not in help_screen("PAPER").text
        assert f"/{command.name} ·" in help_screen("PAPER", is_owner=True).text
