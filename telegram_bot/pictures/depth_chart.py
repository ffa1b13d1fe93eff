"""An order book: how many shares wait on both sides, price by price."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from core.domain.book import Level
from core.domain.units import Price
from telegram_bot.pictures.canvas import Sheet
from telegram_bot.pictures.plans import DepthPicture
from telegram_bot.pictures.scales import number_scale
from telegram_bot.screens.numbers import cents, rough

NEAR: Final = 0.10  # USDC around the middle that is always shown
WIDE: Final = 0.25  # and the most, unless there is nothing nearer
FEW: Final = 3  # levels a side that make a picture
LINE: Final = 4.0  # points


def depth_chart(plan: DepthPicture) -> Figure:
    sheet = Sheet(plan.head.theme)
    palette = sheet.palette
    headline = " / ".join(
        cents(levels[0].price if levels else None) for levels in (plan.bids, plan.asks)
    )
    top = sheet.heading(plan.head, headline, palette.ink)
    axes = sheet.axes(top + 34)
    low, high = _window(plan)
    most = [
        _side(axes, plan.bids, low, palette.gain),
        _side(axes, plan.asks, high, palette.loss),
    ]
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _price(value)))
    number_scale(axes, 0.0, max(*most, 1.0) * 1.08, rough)
    sheet.sign(plan.head.whose, (plan.wording.depth, palette.faint))
    return sheet.figure


def _side(axes: Axes, levels: Sequence[Level], edge: float, colour: str) -> float:
    """Stairs from the best price outwards; the shares that wait in sight of the edge."""
    inside = [level for level in levels if (float(level.price) - edge) * (_best(levels) - edge) > 0]
    if not inside:
        return 0.0
    prices = [float(level.price) for level in inside]
    waiting = [float(total) for total in accumulate(level.size for level in inside)]
    xs, ys = [prices[0], *prices, edge], [0.0, *waiting, waiting[-1]]
    axes.fill_between(xs, ys, 0, step="post", color=colour, alpha=0.18, linewidth=0)
    axes.plot(xs, ys, color=colour, linewidth=LINE, drawstyle="steps-post")
    return waiting[-1]


def _best(levels: Sequence[Level]) -> float:
    return float(levels[0].price)


def _window(plan: DepthPicture) -> tuple[float, float]:
    """Prices around the middle: near it, or as far as the first few levels go."""
    best = [_best(levels) for levels in (plan.bids, plan.asks) if levels]
    middle = sum(best) / len(best)
    few = [abs(float(level.price) - middle) for level in (*plan.bids[:FEW], *plan.asks[:FEW])]
    reach = max(NEAR, min(max(few), WIDE), *(abs(price - middle) * 1.2 for price in best))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _price(value: float) -> str:
    return cents(Price(Decimal(f"{value:.4f}")))
