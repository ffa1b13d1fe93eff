"""Pictures of a small imagined market and portfolio, as plans and as captions."""

import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Final

from core.domain.account import Account
from core.domain.book import Level, Side
from core.domain.history import PriceHistory, PricePoint, Span
from core.domain.ledger import Fill
from core.domain.market import Source
from core.domain.price import PriceState
from core.domain.record import Booked, Record, record_of
from core.domain.units import Price, Size, Usdc, UserId, usdc
from core.domain.views import Portfolio
from core.services.fresh_books import DecisionBook
from telegram_bot.picture_actions import ShowChart, ShowDepth, ShowPnlCard, ShowRecord
from telegram_bot.pictures import composing
from telegram_bot.pictures.plans import Picture, PricePicture, Theme
from telegram_bot.screens import pictures
from telegram_bot.screens.screen import Screen
from tests.support import examples as given
from tests.support.examples import MODE, NOW, YES

GOLDEN: Final = given.GOLDEN / "pictures"


def history(points: int = 289, span: Span = Span.DAY) -> PriceHistory:
    """A wandering price that ends at 62 cents now."""
    chance, length = Random(7), span.length or timedelta(days=200)  # noqa: S311 - guards nothing
    latent, prices = math.log(0.62 / 0.38), list[Price]()
    for _ in range(points):
        prices.append(Price(Decimal(f"{1 / (1 + math.exp(-latent)):.3f}")))
        latent += chance.gauss(0, 0.03)
    step = length / max(points - 1, 1)
    told = (PricePoint(NOW - step * back, price) for back, price in enumerate(prices))
    return PriceHistory(YES, span, tuple(reversed(tuple(told))))


def fill(side: Side, price: str, hours_ago: float, size: str = "10", fee: str = "0.1") -> Fill:
    return Fill(
        event_key=f"{side}{hours_ago}",
        user_id=UserId(1),
        account=Account.PAPER,
        market_id=given.market().id,
        token_id=YES,
        outcome="Yes",
        side=side,
        size=Size(Decimal(size)),
        price=Price(Decimal(price)),
        fee=Usdc(Decimal(fee)),
        at=NOW - timedelta(hours=hours_ago),
    )


OWN: Final = (
    fill(Side.BUY, "0.60", 30),
    fill(Side.BUY, "0.55", 20),
    fill(Side.BUY, "0.58", 9),
    fill(Side.SELL, "0.61", 3),
)


def book() -> DecisionBook:
    def side(best: str, step: str) -> tuple[Level, ...]:
        return tuple(
            Level(Price(Decimal(best) + number * Decimal(step)), Size(Decimal(100 + 37 * number)))
            for number in range(12)
        )

    bids, asks = side("0.61", "-0.01"), side("0.63", "0.01")
    return DecisionBook(YES, bids, asks, Source.WS, 0.3, PriceState.LIVE, None)


def record() -> Record:
    gains = ("-0.4", "3.1", "-1.25", "6", "-0.1", "-2.2", "4.75")
    news = [
        Booked(NOW - timedelta(days=6 - number * 0.9), usdc(Decimal(gain)), Usdc(Decimal("0.1")))
        for number, gain in enumerate(gains)
    ]
    return record_of(news, NOW - timedelta(days=7))


def portfolio() -> Portfolio:
    held = given.position_view()
    value = Usdc(Decimal("10.4"))
    return Portfolio(
        positions=(held,),
        cash=Usdc(Decimal(990)),
        value=value,
        unrealized=held.position.pnl_amount,
        realized=Usdc(Decimal("9.9")),
        total=usdc(990 + value),
    )


def chart(
    question: str | None = None, outcome: str = "Yes", theme: Theme = Theme.DARK
) -> PricePicture:
    told, view = history(), given.outcome_view(0, "0.62", "0.61", "0.63")
    market = given.market(question) if question is not None else given.market()
    own = composing.marked(OWN, told)
    named = replace(view, outcome=replace(view.outcome, name=outcome))
    ask = ShowChart(market.id, 0, theme=theme)
    return composing.price_picture(market, named, told, own, Price(Decimal("0.571")), MODE, ask)


def plans(theme: Theme = Theme.DARK) -> dict[str, Picture]:
    market, held = given.market(), given.position_view()
    position = held.position.id
    return {
        "chart": chart(theme=theme),
        "depth": composing.depth_picture(
            market, "Yes", book(), MODE, ShowDepth(market.id, 0, theme)
        ),
        "pnl": composing.pnl_picture(held, None, MODE, ShowPnlCard(position, theme=theme)),
        "pnl_discreet": composing.pnl_picture(
            held, None, MODE, ShowPnlCard(position, is_discreet=True, theme=theme)
        ),
        "record": composing.equity_picture(
            record(), portfolio(), NOW, MODE, ShowRecord(theme=theme)
        ),
    }


def captions() -> dict[str, Screen]:
    market, held = given.market(), given.position_view()
    outcome, empty = given.outcome_view(0, "0.62", "0.61", "0.63"), record_of((), NOW)
    chart_ask, card = ShowChart(market.id, 0), ShowPnlCard(held.position.id)
    record_caption = partial(pictures.record_screen, portfolio=portfolio(), now=NOW)
    drawn = pictures.chart_screen(market, outcome, history(), OWN[1:], chart_ask)
    return {
        "chart": drawn,
        "chart_not_drawn": pictures.without_picture(drawn, chart_ask),
        "chart_no_history": pictures.no_history_screen(market, outcome, chart_ask),
        "depth": pictures.depth_screen(
            market, "Yes", composing.depth_view(book()), ShowDepth(market.id, 0)
        ),
        "pnl": pictures.pnl_screen(held, None, card),
        "pnl_discreet": pictures.pnl_screen(
            held, None, ShowPnlCard(held.position.id, is_discreet=True)
        ),
        "record": record_caption(record(), ask=ShowRecord()),
        "record_empty": record_caption(empty, ask=ShowRecord()),
    }


def write_golden_files() -> None:
    """Accept the captions as they are now; look at the difference before committing it."""
    GOLDEN.mkdir(exist_ok=True)
    for name, screen in captions().items():
        (GOLDEN / f"{name}.txt").write_text(given.as_text(screen))


if __name__ == "__main__":
    write_golden_files()
