"""What people read who tapped or wrote while nobody was listening."""

from typing import Final

from telegram_bot.screens.screen import Screen, blocks, home_button

TOO_LATE: Final = "Expired, tap again."


def too_late_screen(*, is_tap: bool) -> Screen:
    """Nothing was done about it: the prices of then are not the prices of now."""
    what = "Your tap" if is_tap else "Your message"
    again = "tap again" if is_tap else "write it again"
    return Screen(
        blocks(
            f"Expired, {again}.",
            f"{what} reached me more than a minute late, so I did nothing and no money moved.",
        ),
        ((home_button(),),),
    )
