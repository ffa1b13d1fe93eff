"""What parts of the program say of themselves, in their reader's language.

Monitors and the log read the same states in English; a screen recognises them by
`core.domain.part_states`.
"""

import html
from typing import Final

from core.domain.part_states import COUNTED, TIMES, WHY
from telegram_bot.screens.text import LONGEST_TOLD, cut, plain
from telegram_bot.words import retell, say

BREAKS: Final = ("; ", ", ")  # between what a part says one after the other


def state_words(text: str, limit: int = 120) -> str:
    """What a part says, safe; English stays what nobody has translated."""
    clean = plain(text, LONGEST_TOLD)
    return html.escape(cut(_retold(clean), limit), quote=False)


def _retold(text: str) -> str:
    whole, listed = BREAKS
    if whole in text:
        return whole.join(_retold(each) for each in text.split(whole))
    parts = [_part(each) for each in text.split(listed)]
    is_known = all(said != each for said, each in zip(parts, text.split(listed), strict=True))
    return listed.join(parts) if len(parts) > 1 and is_known else _part(text)


def _part(text: str) -> str:
    """One thing that is said, counted or not, with what is behind it."""
    if why := WHY.fullmatch(text):
        return say("{what}: {why}", what=retell(why[1]), why=_part(why[2]))
    if counted := COUNTED.fullmatch(text):
        return f"{counted[1]} {retell(counted[2])}"
    if times := TIMES.fullmatch(text):
        return f"{retell(times[1])} ({times[2]})"
    return retell(text)
