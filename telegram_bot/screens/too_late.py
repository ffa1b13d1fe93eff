"""What people read who tapped or wrote while nobody was listening."""

from typing import Final

from telegram_bot.account_actions import ShowOrders
from telegram_bot.actions import ShowPositions
from telegram_bot.screens.screen import Button, Screen, blocks, home_button
from telegram_bot.words import mark, say

TOO_LATE: Final = mark("Expired, tap again.")


def too_late_screen(*, is_tap: bool) -> Screen:
    """Nothing was done about it: the prices of then are not the prices of now."""
    if is_tap:
        heading = say(TOO_LATE)
        story = say(
            "Your tap reached me more than a minute late, so I did nothing and no money moved."
        )
    else:
        heading = say("Expired, write it again.")
        story = say(
            "Your message reached me more than a minute late, so I did nothing and no money moved."
        )
    return Screen(blocks(heading, story), ((home_button(),),))


def cut_off_screen() -> Screen:
    """To a number that answered a question of an earlier run, which may have ordered with it."""
    return Screen(
        blocks(
            say("<b>I was restarted while I worked on your answer.</b>"),
            say(
                "I do not remember the question any more. If it was about an order, look at your "
                "orders and positions before you ask for it again."
            ),
        ),
        (
            (Button(say("Orders"), ShowOrders()), Button(say("Positions"), ShowPositions())),
            (home_button(),),
        ),
    )
