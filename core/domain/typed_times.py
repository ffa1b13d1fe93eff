"""Times of day as people type them: `8`, `8:30`, `22h30`, `10 pm`, and from one to another."""

import re
from datetime import time
from typing import Final

from core.domain.errors import InvalidQuantity

NOON: Final = 12
HOURS: Final = 24
MINUTES: Final = 60

_TIME: Final = re.compile(r"(\d{1,2})(?:[:.h](\d{2})|h)?(am|pm)?", re.ASCII)
_BETWEEN: Final = re.compile(r"(?:to|until|till|à|a|-|\u2013|\u2014)")


def typed_time(text: str) -> time:
    """Raises: InvalidQuantity with a sentence for the user.

    >>> typed_time("8"), typed_time("22h30"), typed_time("10:15 pm")
    (datetime.time(8, 0), datetime.time(22, 30), datetime.time(22, 15))
    """
    match = _TIME.fullmatch("".join(text[:40].lower().split()))
    if match is None:
        raise InvalidQuantity("That is no time of day. Please write for example 8:30")
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half and not 1 <= hour <= NOON:
        raise InvalidQuantity("With am and pm, hours go from 1 to 12.")
    if half:
        hour = hour % NOON + (NOON if half == "pm" else 0)
    if hour >= HOURS or minute >= MINUTES:
        raise InvalidQuantity("That is no time of day. Please write for example 8:30")
    return time(hour, minute)


def typed_hours(text: str) -> tuple[time, time]:
    """From when until when: `22:00-7:30`, `22 to 7`.

    Raises: InvalidQuantity with a sentence for the user.
    """
    written = "".join(text[:40].lower().split())
    for place in _BETWEEN.finditer(written):
        before, after = written[: place.start()], written[place.end() :]
        if _TIME.fullmatch(before) and _TIME.fullmatch(after):
            return typed_time(before), typed_time(after)
    raise InvalidQuantity("Please write from when until when, for example 22:00-7:30")
