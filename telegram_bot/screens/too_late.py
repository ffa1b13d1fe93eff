"""What people read who tapped or wrote while nobody was listening."""

from typing import Final

from telegram_bot.screens.screen import Screen, blocks, home_button
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
