"""What charts and cards say about trades, times and results."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from core.domain.book import Side
from core.domain.history import PriceHistory, Span
from core.domain.ledger import Fill
from core.domain.price import PriceState
from core.domain.record import Period, Record
from core.domain.units import Price, Size, Usdc
from telegram_bot.screens.numbers import cents, money, percentage
from telegram_bot.screens.times import ago
from telegram_bot.words import mark, plural, say

BACK: Final = MappingProxyType(
    {
        Span.HOUR: mark("the last hour"),
        Span.SIX_HOURS: mark("the last 6 hours"),
        Span.DAY: mark("the last day"),
        Span.WEEK: mark("the last week"),
        Span.ALL: mark("its whole time"),
    }
)


PERIODS: Final = MappingProxyType(
    {
        Period.DAY: mark("last 24 hours"),
        Period.WEEK: mark("last 7 days"),
        Period.MONTH: mark("last 30 days"),
        Period.ALL: mark("all time"),
    }
)


SPANS: Final = MappingProxyType(
    {
        Span.HOUR: mark("1h"),
        Span.SIX_HOURS: mark("6h"),
        Span.DAY: mark("1d"),
        Span.WEEK: mark("1w"),
        Span.ALL: mark("all"),
    }
)


PERIOD_NAMES: Final = MappingProxyType(
    {
        Period.DAY: mark("Day"),
        Period.WEEK: mark("Week"),
        Period.MONTH: mark("Month"),
        Period.ALL: mark("All"),
    }
)


@dataclass(frozen=True, slots=True)
class DepthView:
    """A book in short: its tops, and the shares that wait on both sides."""

    bid: Price | None
    ask: Price | None
    bid_size: Size
    ask_size: Size
    state: PriceState
    age: float  # seconds


def moved(history: PriceHistory) -> str:
    """`+3.5¢ in the last day`."""
    change, back = history.change, say(BACK[history.span])
    if not change:
        return say("unchanged in {span}", span=back)
    sign = "+" if change > 0 else "-"
    return say("{change} in {span}", change=sign + cents(Price(abs(change))), span=back)


def trades(record: Record) -> str:
    """`14 trades · fees $1.20`."""
    number = plural("{n} trade", "{n} trades", record.fills)
    return say("{trades} · fees {fees}", trades=number, fees=money(record.fees))


def share(percent: Decimal | None, result: Usdc) -> str:
    """`+37.8 %`; in a word where nothing was paid, or nobody knows what."""
    if percent is not None:
        return percentage(percent)
    if not result:
        return say("even")
    return say("a profit") if result > 0 else say("a loss")


def book_age(view: DepthView) -> str:
    return say("live") if view.state is PriceState.LIVE else say("asked {ago}", ago=ago(view.age))


def own_trades(own: Sequence[Fill]) -> str | None:
    if not own:
        return None
    bought = sum(fill.side is Side.BUY for fill in own)
    sold = len(own) - bought
    told = {"bought": _times(bought), "sold": _times(sold)}
    if not sold:
        return say("You bought {bought} here; marked", **told)
    if not bought:
        return say("You sold {sold} here; marked", **told)
    return say("You bought {bought} and sold {sold} here; marked", **told)


def _times(number: int) -> str:
    match number:
        case 1:
            return say("once")
        case 2:
            return say("twice")
        case _:
            return plural("{n} time", "{n} times", number)
