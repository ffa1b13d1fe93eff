"""From plan to PNG. Only the worker process may import this: it brings the drawing library."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import assert_never

from matplotlib.figure import Figure

from core.domain.book import Side
from core.domain.history import PricePoint
from core.domain.units import Price
from telegram_bot.pictures.canvas import png
from telegram_bot.pictures.depth_chart import depth_chart
from telegram_bot.pictures.equity_chart import equity_chart
from telegram_bot.pictures.fan_chart import fan_chart
from telegram_bot.pictures.plans import (
    DepthPicture,
    Entry,
    EquityPicture,
    FanPicture,
    Head,
    Picture,
    PnlPicture,
    PricePicture,
    ReliabilityPicture,
)
from telegram_bot.pictures.pnl_card import pnl_card
from telegram_bot.pictures.price_chart import price_chart
from telegram_bot.pictures.reliability_chart import reliability_chart


def draw(plan: Picture) -> bytes:
    """The PNG of it."""
    return png(figure_of(plan))


def figure_of(plan: Picture) -> Figure:
    match plan:
        case PricePicture():
            return price_chart(plan)
        case DepthPicture():
            return depth_chart(plan)
        case PnlPicture():
            return pnl_card(plan)
        case EquityPicture():
            return equity_chart(plan)
        case FanPicture():
            return fan_chart(plan)
        case ReliabilityPicture():
            return reliability_chart(plan)
        case _:
            assert_never(plan)


def warm_up(_: object) -> None:
    """Draw once for nobody: fonts, scales and colours are ready then."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    points = tuple(
        PricePoint(began + timedelta(hours=hour), Price(Decimal(hour + 40) / 100))
        for hour in range(24)
    )
    entries = (Entry(points[5].at, points[5].price, Side.BUY),)
    head = Head("Warm up?", "Yes", "+1¢", "paper")
    draw(PricePicture(head, points, entries, points[5].price))
