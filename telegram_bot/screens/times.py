"""Durations in words, and moments on the clock of whoever reads them."""

from datetime import datetime
from typing import Final

from telegram_bot.words import mark, plural, reader, say

UTC: Final = "UTC"
FRESH: Final = 10.0  # seconds; an older price shows its age
MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86_400
MONTHS: Final = (
    mark("Jan"),
    mark("Feb"),
    mark("Mar"),
    mark("Apr"),
    mark("May"),
    mark("Jun"),
    mark("Jul"),
    mark("Aug"),
    mark("Sep"),
    mark("Oct"),
    mark("Nov"),
    mark("Dec"),
)


def span(seconds: float) -> str:
    """A duration, coarse enough to stand still: `4 s`, `30 s`, `3 min`, `2 h`, `5 days`."""
    whole = max(0, int(seconds))
    if whole < FRESH:
        return say("{seconds} s", seconds=whole)
    if whole < MINUTE:
        return say("{seconds} s", seconds=whole // 10 * 10)
    if whole < HOUR:
        return say("{minutes} min", minutes=whole // MINUTE)
    if whole < 2 * DAY:
        return say("{hours} h", hours=whole // HOUR)
    return plural("{n} day", "{n} days", whole // DAY)


def ago(seconds: float) -> str:
    return say("just now") if seconds < 1 else say("{span} ago", span=span(seconds))


def clock_time(moment: datetime) -> str:
    """`14:03:09 UTC`."""
    local = _local(moment)
    return f"{local:%H:%M:%S} {zone_name(local)}"


def date(moment: datetime) -> str:
    """`31 Dec 2026`."""
    local = _local(moment)
    return say("{day} {month} {year}", day=local.day, month=_month(local), year=local.year)


def date_time(moment: datetime) -> str:
    """`31 Dec 2026, 23:59 UTC`."""
    local = _local(moment)
    return say(
        "{date}, {time} {zone}", date=date(local), time=f"{local:%H:%M}", zone=zone_name(local)
    )


def date_clock(moment: datetime) -> str:
    """`31 Dec 2026, 23:59:07 UTC`."""
    return say("{date}, {time}", date=date(moment), time=clock_time(moment))


def day_clock(moment: datetime) -> str:
    """`31 Dec, 23:59:07 UTC`: near enough to do without its year."""
    local = _local(moment)
    return say("{day} {month}, {time}", day=local.day, month=_month(local), time=clock_time(local))


def minutes_of_day(moment: datetime) -> int:
    """Since midnight, on the reader's clock."""
    local = _local(moment)
    return local.hour * 60 + local.minute


def zone_name(moment: datetime) -> str:
    """`UTC`, `CET`; `UTC-03` where the reader's zone has no letters of its own."""
    name = _local(moment).tzname() or UTC
    return name if name.isalpha() else f"{UTC}{name.removeprefix(UTC)}"


def ending(ends_at: datetime | None, now: datetime) -> str | None:
    """`Ends 31 Dec 2026, 23:59 UTC · in 40 days`; None where no end is known."""
    if ends_at is None:
        return None
    left = (ends_at - now).total_seconds()
    if left <= 0:
        return say("Was due to end {moment}", moment=date_time(ends_at))
    return say("Ends {moment} · in {span}", moment=date_time(ends_at), span=span(left))


def _local(moment: datetime) -> datetime:
    return moment.astimezone(reader().zone)


def _month(local: datetime) -> str:
    return say(MONTHS[local.month - 1])
