"""Whether what was called likely came as often as was said, with how many say so."""

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from telegram_bot.pictures.canvas import POINTS, SMALL, Palette, Sheet
from telegram_bot.pictures.plans import ReliabilityPicture

AIR: Final = 0.03
TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
SMALLEST: Final = 12.0  # points of a marker
LARGEST: Final = 30.0


def reliability_chart(plan: ReliabilityPicture) -> Figure:
    sheet = Sheet(plan.head.theme)
    palette = sheet.palette
    top = sheet.heading(plan.head, plan.headline, palette.ink)
    axes = sheet.axes(top + 34)
    axes.grid(visible=True, axis="x", color=palette.grid, linewidth=1.5)
    axes.plot([0, 1], [0, 1], color=palette.faint, linewidth=2, linestyle=(0, (4, 4)))
    _bands(axes, plan, palette)
    _points(axes, plan, palette)
    for axis, limits in ((axes.xaxis, axes.set_xlim), (axes.yaxis, axes.set_ylim)):
        limits(-AIR, 1 + AIR)
        axis.set_ticks(TICKS)
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))
    words = plan.wording
    sheet.sign(
        plan.head.whose,
        (f"\N{RIGHTWARDS ARROW} {words.said}", palette.faint),
        (f"\N{UPWARDS ARROW} {words.came}", palette.line),
        (f"\N{BLACK VERTICAL RECTANGLE} {words.band}", palette.faint),
    )
    return sheet.figure


def _bands(axes: Axes, plan: ReliabilityPicture, palette: Palette) -> None:
    for each in plan.points:
        axes.plot(
            [each.said, each.said],
            [each.band_low, each.band_high],
            color=palette.faint,
            alpha=0.5,
            linewidth=14,
            solid_capstyle="butt",
        )


def _points(axes: Axes, plan: ReliabilityPicture, palette: Palette) -> None:
    most = max(each.buckets for each in plan.points)
    axes.plot(
        [each.said for each in plan.points],
        [each.came for each in plan.points],
        color=palette.line,
        linewidth=3,
    )
    for each in plan.points:
        size = SMALLEST + (LARGEST - SMALLEST) * (each.buckets / most) ** 0.5
        axes.plot([each.said], [each.came], "o", color=palette.line, markersize=size)
        axes.annotate(
            str(each.buckets),
            (each.said, each.came),
            xytext=(0, size / 2 + 4),
            textcoords="offset points",
            ha="center",
            color=palette.ink,
            size=SMALL * POINTS * 0.85,
        )
