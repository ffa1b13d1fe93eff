"""An order in words that fits more than one market: which one is meant."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.market import Market
from telegram_bot.actions import Action, Trending
from telegram_bot.screens.markets import CATALOGUE_PRICES, leader
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines, rows
from telegram_bot.screens.text import LABEL, SHORT_TITLE, bold, plain, safe, told
from telegram_bot.words import say


@dataclass(frozen=True, slots=True)
class Choice:
    """A market, and what the order would be there."""

    market: Market
    outcome: str
    action: Action


def choice_screen(text: str, choices: Sequence[Choice], *, is_guess: bool) -> Screen:
    """`text` is the order as written; `is_guess`: nothing fits it as it was written."""
    heading = say("Did you mean one of these?") if is_guess else say("Which one do you mean?")
    return Screen(
        blocks(
            lines(f"<b>{heading}</b>", safe(text, 120)),
            *(_entry(number, choice) for number, choice in enumerate(choices, 1)),
            say("Your choice leads to the ticket. Nothing is ordered before you confirm it."),
            say(CATALOGUE_PRICES),
        ),
        rows(
            *((_button(number, choice),) for number, choice in enumerate(choices, 1)),
            (Button(say("Markets"), Trending()), home_button()),
        ),
    )


def unclear_screen(sentence: str) -> Screen:
    """What is missing from what was written, and the ways on."""
    return Screen(told(sentence, 500), ((Button(say("Markets"), Trending()), home_button()),))


def _entry(number: int, choice: Choice) -> str:
    facts = [safe(choice.outcome, LABEL), leader(choice.market)]
    return lines(
        f"{number}. {bold(choice.market.question, SHORT_TITLE)}",
        " · ".join(fact for fact in facts if fact),
    )


def _button(number: int, choice: Choice) -> Button:
    question = plain(choice.market.question, LABEL)
    return Button(f"{number}. {plain(choice.outcome, 16)} · {question}", choice.action)
