"""A day's forecasts: a row a model with its members, buckets as columns, their chances below."""

from statistics import fmean, quantiles
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from telegram_bot.pictures.canvas import LEGEND, POINTS, SMALL, Palette, Sheet
from telegram_bot.pictures.lettering import readable
from telegram_bot.pictures.plans import FanPicture, ModelRow

AIR: Final = 0.08  # of the range, at both ends
LEAST: Final = 4.0  # degrees from left to right
FEW: Final = 5  # members of which no band is drawn
BOTTOM: Final = LEGEND - SMALL - 40  # pixels from above
CHANCES: Final = 190  # pixels high
ROW: Final = 0.30  # of a row's height, up and down
NAME: Final = 22  # letters of a model's name
CRAMPED: Final = 9  # columns from which chances have no words any more


def fan_chart(plan: FanPicture) -> Figure:
    sheet = Sheet(plan.head.theme)
    palette = sheet.palette
    top = sheet.heading(plan.head, plan.headline, palette.ink) + 34
    low, high = _range(plan)
    bottom = BOTTOM - (CHANCES if plan.chances else 0)
    axes = sheet.axes(top, bottom)
    axes.grid(visible=False)
    _columns(axes, plan, palette, low, high)
    for place, row in enumerate(plan.rows):
        _row(axes, row, len(plan.rows) - 1 - place, palette)
    if plan.seen is not None:
        axes.axvline(plan.seen, color=palette.loss, linewidth=5)
    axes.set_ylim(-0.7, len(plan.rows) - 0.3)
    axes.set_yticks([])
    _degrees(axes, plan, low, high, has_words=not plan.chances)
    if plan.chances:
        _chances(sheet, plan, bottom + 18, low, high)
    sheet.sign(plan.head.whose, *_legend(plan, palette))
    return sheet.figure


def _range(plan: FanPicture) -> tuple[float, float]:
    """All members and what was measured, with air; buckets beyond are cut off."""
    told = [value for row in plan.rows for value in row.values]
    told += [] if plan.seen is None else [plan.seen]
    middle, wide = (min(told) + max(told)) / 2, max(max(told) - min(told), LEAST)
    return middle - wide * (0.5 + AIR), middle + wide * (0.5 + AIR)


def _columns(axes: Axes, plan: FanPicture, palette: Palette, low: float, high: float) -> None:
    for edge in plan.edges:
        if low < edge < high:
            axes.axvline(edge, color=palette.grid, linewidth=2)


def _row(axes: Axes, row: ModelRow, height: int, palette: Palette) -> None:
    """Members as dots on three lines, so that they do not hide each other; the mean as a bar."""
    if len(row.values) >= FEW:
        ends = quantiles(row.values, n=10)
        axes.fill_betweenx(
            [height - ROW, height + ROW], ends[0], ends[-1], color=palette.line, alpha=0.16, lw=0
        )
    lifted = [height + (number % 3 - 1) * ROW / 2 for number in range(len(row.values))]
    axes.plot(sorted(row.values), lifted, "o", color=palette.line, markersize=9, alpha=0.55, mew=0)
    middle = fmean(row.values)
    axes.plot([middle, middle], [height - ROW, height + ROW], color=palette.gain, linewidth=5)
    axes.annotate(
        readable(row.name)[:NAME] or "-",
        (0, height + ROW),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        color=palette.faint,
        size=SMALL * POINTS,
    )


def _degrees(axes: Axes, plan: FanPicture, low: float, high: float, *, has_words: bool) -> None:
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}{plan.degrees}")
    axes.tick_params(axis="x", labelbottom=has_words)


def _chances(sheet: Sheet, plan: FanPicture, top: float, low: float, high: float) -> None:
    """A bar a bucket, as wide as it is; the tails as far as one can see."""
    palette = sheet.palette
    axes = sheet.axes(top, BOTTOM)
    axes.grid(visible=False)
    ends = (min(low, plan.edges[0] - 1), *plan.edges, max(high, plan.edges[-1] + 1))
    bars = list(zip(ends, ends[1:], plan.chances, strict=False))
    seen = [(left, right, each) for left, right, each in bars if right > low and left < high]
    tallest = max(*plan.chances, 0.01)
    for left, right, each in seen:
        begin, end = max(left, low), min(right, high)
        axes.bar((begin + end) / 2, each, width=(end - begin) * 0.92, color=palette.gain, alpha=0.7)
        if len(seen) <= CRAMPED and each > tallest / 12:
            axes.annotate(
                f"{each:.0%}".replace("%", " %"),
                ((begin + end) / 2, each),
                xytext=(0, 4),
                textcoords="offset points",
                ha="center",
                color=palette.ink,
                size=SMALL * POINTS,
            )
    axes.set_ylim(0, tallest * 1.35)
    axes.set_yticks([])
    _degrees(axes, plan, low, high, has_words=True)


def _legend(plan: FanPicture, palette: Palette) -> list[tuple[str, str]]:
    words = plan.wording
    told = [(f"\N{BLACK CIRCLE} {words.members}", palette.line)]
    if plan.chances:
        told.append((f"\N{BLACK SQUARE} {words.after}", palette.gain))
    if plan.seen is not None:
        seen = f"{plan.seen:.1f}{plan.degrees}"
        told.append((f"\N{BLACK VERTICAL RECTANGLE} {words.measured} {seen}", palette.loss))
    return told
