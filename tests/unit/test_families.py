"""Every button and every command has somebody who answers it."""

import inspect
from dataclasses import fields
from functools import partial
from typing import get_args

from telegram_bot.actions import Action, CancelTicket, Confirm, ConfirmAgain, Submitting
from telegram_bot.commands import COMMANDS, GROUP_MENU, Scope, menu
from telegram_bot.handlers.families import ACTS, FAMILIES
from telegram_bot.quick_actions import QuickBuy, QuickSell

OF_TICKETS = {Confirm, ConfirmAgain, CancelTicket, Submitting, QuickBuy, QuickSell}


def test_every_action_but_those_of_tickets_is_in_one_family() -> None:
    assert ACTS.keys() == set(get_args(Action)) - OF_TICKETS
    assert sum(len(family.acts) for family in FAMILIES) == len(ACTS)


def test_a_way_back_is_for_an_action_of_its_family() -> None:
    for family in FAMILIES:
        assert family.ways_back.keys() <= family.acts.keys()


def test_every_handler_takes_what_its_action_has() -> None:
    for kind, act in ACTS.items():
        if isinstance(act, partial):
            given = {field.name: None for field in fields(kind)}
            inspect.signature(act.args[0]).bind(None, **given)
        else:
            inspect.signature(act).bind(None, None)


def test_commands_are_known_by_one_name_each_and_the_menu_explains_all_it_shows() -> None:
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
    assert all(command.meaning for command in menu(Scope.EVERYBODY, Scope.OWNER))
    assert [command.name for command in GROUP_MENU] == ["search", "market", "help"]
