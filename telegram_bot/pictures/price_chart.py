"""The price of one outcome over time, with the reader's own trades on it."""

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.domain.book import Side
from core.domain.units import Price
from telegram_bot.pictures.canvas import POINTS, SMALL, Palette, Sheet
from telegram_bot.pictures.plans import PricePicture
from telegram_bot.pictures.scales import number_scale, room_around, seconds, time_scale
from telegram_bot.screens.numbers import cents

LEAST: Final = 0.02  # USDC: a quiet price is drawn as quiet
LINE: Final = 4.0  # points
MARKER: Final = 19.0  # points
SHAPES: Final = {Side.BUY: "^", Side.SELL: "v"}


def price_chart(plan: PricePicture) -> Figure:
    sheet = Sheet(plan.head.theme)
    palette = sheet.palette
    top = sheet.heading(plan.head, cents(plan.points[-1].price), palette.ink)
    axes = sheet.axes(top + 34)
    times = [seconds(point.at) for point in plan.points]
    prices = [float(point.price) for point in plan.points]  # pixels need no decimals
    low, high = _range(plan, prices)
    axes.fill_between(times, prices, low, step="post", color=palette.line, alpha=0.14, linewidth=0)
    axes.plot(times, prices, color=palette.line, linewidth=LINE, drawstyle="steps-post")
    axes.plot(times[-1:], prices[-1:], "o", color=palette.line, markersize=MARKER * 0.8)
    _mark(axes, plan, palette)
    time_scale(axes, plan.points[0].at, plan.points[-1].at, plan.wording)
    number_scale(axes, low, high, lambda value: cents(Price(value)))
    sheet.sign(plan.head.whose, *_legend(plan, palette))
    return sheet.figure


def _range(plan: PricePicture, prices: list[float]) -> tuple[float, float]:
    """All prices and trades; the average too, but only if the chart stays readable."""
    told = [*prices, *(float(entry.price) for entry in plan.entries)]
    low, high = room_around(min(told), max(told), LEAST)
    return max(low, 0.0), min(high, 1.0)


def _mark(axes: Axes, plan: PricePicture, palette: Palette) -> None:
    colours = {Side.BUY: palette.gain, Side.SELL: palette.loss}
    for side, shape in SHAPES.items():
        own = [entry for entry in plan.entries if entry.side is side]
        axes.plot(
            [seconds(entry.at) for entry in own],
            [float(entry.price) for entry in own],
            shape,
            color=colours[side],
            markersize=MARKER,
            markeredgecolor=palette.paper,
            markeredgewidth=2.5,
            clip_on=False,
            label=side.value,
            zorder=5,
        )
    if plan.average is not None:
        height = float(plan.average)
        axes.axhline(height, color=palette.faint, linewidth=2, linestyle=(0, (4, 4)))
        axes.annotate(
            f"{plan.wording.average} {cents(plan.average)}",
            (0, height),
            xycoords=("axes fraction", "data"),
            xytext=(6, 5),
            textcoords="offset points",
            color=palette.faint,
            size=SMALL * POINTS,
            annotation_clip=True,
            bbox={"facecolor": palette.paper, "edgecolor": "none", "alpha": 0.75, "pad": 2},
        )


def _legend(plan: PricePicture, palette: Palette) -> list[tuple[str, str]]:
    """What the marks mean; only those that are there."""
    sides = {entry.side for entry in plan.entries}
    marks = {
        Side.BUY: (f"\N{BLACK UP-POINTING TRIANGLE} {plan.wording.bought}", palette.gain),
        Side.SELL: (f"\N{BLACK DOWN-POINTING TRIANGLE} {plan.wording.sold}", palette.loss),
    }
    told = [mark for side, mark in marks.items() if side in sides]
    return [(plan.wording.times, palette.faint), *told]
