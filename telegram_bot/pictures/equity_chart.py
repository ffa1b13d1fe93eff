"""Booked profit over time: what the ledger says, and nothing between its lines."""

from decimal import Decimal
from typing import Final

from matplotlib.figure import Figure

from telegram_bot.pictures.canvas import Palette, Sheet
from telegram_bot.pictures.plans import EquityPicture
from telegram_bot.pictures.scales import number_scale, room_around, seconds, time_scale
from telegram_bot.screens.numbers import signed, volume

LINE: Final = 4.0  # points
MARKER: Final = 15.0  # points
THOUSAND: Final = 1000
LEAST: Final = 1.0  # USDC


def equity_chart(plan: EquityPicture) -> Figure:
    sheet = Sheet(plan.head.theme)
    palette = sheet.palette
    gained = plan.points[-1].profit - plan.points[0].profit
    colour = palette.gain if gained >= 0 else palette.loss
    top = sheet.heading(plan.head, plan.headline, colour if gained else palette.ink)
    axes = sheet.axes(top + 34)
    now = seconds(plan.until)
    times = [*(seconds(point.at) for point in plan.points), now]
    profits = [float(point.profit) for point in plan.points]  # pixels need no decimals
    profits.append(profits[-1])
    low, high = _range(plan, profits)
    axes.fill_between(times, profits, 0, step="post", color=colour, alpha=0.14, linewidth=0)
    axes.axhline(0, color=palette.faint, linewidth=2)
    axes.plot(times, profits, color=colour, linewidth=LINE, drawstyle="steps-post")
    if plan.opened:
        ends = [profits[-1], profits[-1] + float(plan.opened)]
        axes.plot([now, now], ends, color=palette.line, linewidth=LINE, linestyle=":")
        axes.plot([now], ends[1:], "o", color=palette.line, markersize=MARKER, clip_on=False)
    time_scale(axes, plan.points[0].at, plan.until, plan.wording)
    number_scale(axes, low, high, _dollars)
    sheet.sign(plan.head.whose, *_legend(plan, palette))
    return sheet.figure


def _range(plan: EquityPicture, profits: list[float]) -> tuple[float, float]:
    told = [*profits, profits[-1] + float(plan.opened), 0.0]
    return room_around(min(told), max(told), LEAST)


def _legend(plan: EquityPicture, palette: Palette) -> list[tuple[str, str]]:
    told = [(plan.wording.times, palette.faint)]
    if plan.opened:
        words = f"\N{BLACK CIRCLE} {plan.wording.opened} {signed(Decimal(plan.opened))}"
        told.append((words, palette.line))
    return told


def _dollars(value: Decimal) -> str:
    """As short as the scale is narrow."""
    if abs(value) < THOUSAND:
        return signed(value)
    return f"{'-' if value < 0 else '+'}{volume(abs(value))}"
