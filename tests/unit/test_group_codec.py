"""Buttons in groups: what reads, and never an order."""

from typing import get_args

import pytest

from telegram_bot.actions import Action, Confirm, Home, Search, ShowMarket
from telegram_bot.callback_readers import search_words
from telegram_bot.callbacks import MAX_BYTES, Codec
from telegram_bot.group_codec import MAX_WORDS, READ_ONLY, GroupCodec, GroupTapped
from telegram_bot.handlers.groups import ACTS, command_in
from telegram_bot.screens.group import for_group
from telegram_bot.screens.screen import Button, CopyButton, LinkButton, Screen
from tests.support.acts_of_every_kind import every_kind

PRIVATE = Codec("aB3_")
GROUP = GroupCodec(PRIVATE)
ASKER = 2**52 - 1  # the largest id that Telegram gives
ACTIONS = list(every_kind())


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(action) for action in ACTIONS} == set(get_args(Action))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_nothing_but_what_reads_can_stand_on_a_card_in_a_group(action: Action) -> None:
    if type(action) in READ_ONLY:
        data = GROUP.encode(action, ASKER)
        assert GROUP.decode(data) == GroupTapped(ASKER, action, keeps_message=False)
        assert PRIVATE.decode(data) is None
    else:
        with pytest.raises(ValueError, match="not for groups"):
            GROUP.encode(action, ASKER)


def test_somebody_answers_each_of_them() -> None:
    assert ACTS.keys() == READ_ONLY


def test_a_group_reads_no_data_of_the_private_chat() -> None:
    assert [GROUP.decode(PRIVATE.encode(action)) for action in ACTIONS] == [None] * len(ACTIONS)


def test_the_longest_search_fits_beside_the_longest_id() -> None:
    words = search_words("bitcoin " * 30, MAX_WORDS)
    assert len(GROUP.encode(Search(99, words), ASKER, keeps_message=True).encode()) <= MAX_BYTES


@pytest.mark.parametrize(
    "data", ["", "g", "g0.1.aB3_.m.501", "g1", "gx.1.aB3_.m.501", "g1.1.zz.m.5"]
)
def test_forged_data_is_nothing(data: str) -> None:
    assert GROUP.decode(data) is None


def test_what_is_somebodys_own_falls_off_a_screen_by_its_type() -> None:
    row = (Button("Confirm", Confirm("a1B2c3D4e5F6")), Button("Market", ShowMarket(ACTIONS_ID)))
    shown = for_group(Screen("text", (row, (CopyButton("Copy", "0x"), Button("Home", Home())))), 7)
    assert [type(button) for line in shown.rows for button in line] == [Button, LinkButton]
    assert shown.asker == 7


ACTIONS_ID = next(each for each in ACTIONS if isinstance(each, ShowMarket)).market_id


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/search bitcoin", ("search", "bitcoin")),
        ("/market@Our_Bot https://x", ("market", "https://x")),
        ("/help", ("help", "")),
        ("/positions@our_bot", ("positions", "")),
        ("/positions", None),
        ("/search@other_bot bitcoin", None),
        ("bitcoin", None),
        ("", None),
    ],
)
def test_commands_of_others_are_left_to_them(text: str, command: tuple[str, str] | None) -> None:
    assert command_in(text, "our_bot") == command
