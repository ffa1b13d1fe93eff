"""Scales that people read at a glance: round times, cents, dollars."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from telegram_bot.pictures.plans import Wording

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
MONTH: Final = 30 * DAY
STEPS: Final = (
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * DAY for days in (1, 2, 4, 7, 14)),
    *(months * MONTH for months in (1, 2, 3, 6, 12, 24)),
)
MOST_TICKS: Final = 5
ROOM: Final = 0.06  # of a range, kept free at both ends of it


def seconds(at: datetime) -> float:
    return at.timestamp()


def time_scale(axes: Axes, first: datetime, last: datetime, wording: Wording) -> None:
    """The horizontal axis from one moment to another, on the reader's clock."""
    begin, end = seconds(first), max(seconds(last), seconds(first) + MINUTE)
    axes.set_xlim(begin, end + (end - begin) * 0.02)
    step = next((step for step in STEPS if (end - begin) / step <= MOST_TICKS), STEPS[-1])
    ahead = int((first.astimezone(wording.zone).utcoffset() or timedelta()).total_seconds())
    start = int(-(-(begin + ahead) // step) * step) - ahead
    ticks = [at for at in range(start, int(end) + 1, step) if _is_inside(at, begin, end)]
    axes.set_xticks(ticks, [_moment(at, step, wording) for at in ticks])


def number_scale(axes: Axes, low: float, high: float, words: Callable[[Decimal], str]) -> None:
    """The vertical axis with some air around `low` and `high`; `words` are those of the cards."""
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words(_exactly(value))))


def room_around(low: float, high: float, least: float) -> tuple[float, float]:
    """The range with air at both ends, at least `least` wide."""
    missing = max(0.0, least - (high - low)) / 2
    air = max(high - low, least) * ROOM
    return low - missing - air, high + missing + air


def _is_inside(at: float, begin: float, end: float) -> bool:
    """Far enough from the edges for its words."""
    edge = (end - begin) * 0.04
    return begin + edge <= at <= end - edge / 2


def _moment(at: int, step: int, wording: Wording) -> str:
    moment = datetime.fromtimestamp(at, wording.zone)
    month = wording.months[moment.month - 1]
    if step >= 6 * MONTH:
        return f"{month} {moment.year}"
    if step >= DAY or (moment.hour, moment.minute) == (0, 0):
        return f"{moment.day} {month}"
    return f"{moment:%H:%M}"


def _exactly(value: float) -> Decimal:
    """A place on an axis, without what floating point adds to it."""
    return Decimal(f"{value:.6f}")
