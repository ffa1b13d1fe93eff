"""What our messages show by now, as far as we know: the same is not sent twice."""

from collections import OrderedDict
from typing import Final

from telegram_bot.screens.screen import Screen

REMEMBERED: Final = 10_000  # messages
BARE: Final = 0  # the print of a message that lost its buttons


class ShownMessages:
    def __init__(self) -> None:
        self._prints: OrderedDict[tuple[int, int], int] = OrderedDict()

    def shows(self, chat_id: int, message_id: int, screen: Screen) -> bool:
        """Whether the message certainly looks like this, time of drawing included."""
        return self._prints.get((chat_id, message_id)) == _print(screen)

    def is_bare(self, chat_id: int, message_id: int) -> bool:
        return self._prints.get((chat_id, message_id)) == BARE

    def note(self, chat_id: int, message_id: int, screen: Screen | None) -> None:
        """None for a message without buttons, whatever its text."""
        self._prints[chat_id, message_id] = BARE if screen is None else _print(screen)
        self._prints.move_to_end((chat_id, message_id))
        if len(self._prints) > REMEMBERED:
            self._prints.popitem(last=False)

    def forget(self, chat_id: int, message_id: int) -> None:
        """It is about to change, and the answer may get lost."""
        self._prints.pop((chat_id, message_id), None)


def _print(screen: Screen) -> int:
    return hash((screen.full_text, screen.rows, screen.keeps_message)) or 1
