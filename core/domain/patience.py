"""How long somebody who asks not to be asked is left alone."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MORE: Final = 0.1  # of what was asked for, at most: who was told together does not return together


def with_jitter(seconds: float, chance: float) -> float:
    """Never less than was asked for; `chance` is between 0 and 1."""
    return seconds * (1 + MORE * chance)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as such or as a date; None without one.

    Source: RFC 9110, 10.2.3.
    """
    text = (header or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000" says that no zone is meant
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
