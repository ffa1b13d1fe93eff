"""When an order is placed at a tap, and when its person is asked first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.offer import TradeQuote
from core.domain.preferences import ConfirmMode, UserPreferences
from core.domain.price import PriceState
from core.domain.units import ONE, ZERO, Price, Usdc

MOST_SPREAD: Final = Decimal("0.05")  # USDC a share
MOST_MOVE: Final = Decimal("0.02")  # USDC a share
MOST_MOVE_PART: Final = Decimal("0.05")  # of the price drawn
SOON: Final = timedelta(minutes=2)  # before the market closes
MOST_OF_CASH: Final = Decimal("0.25")


class Why(StrEnum):
    """A reason to ask."""

    CAREFUL = "careful"
    AMOUNT = "amount"  # at or above where the person wants to be asked
    CAP = "cap"  # above the cap of the fast mode
    SPREAD = "spread"
    MOVED = "moved"
    IMPACT = "impact"
    THIN = "thin"
    CLOSING = "closing"
    CASH = "cash"
    FIRST = "first"
    FIRST_LIVE = "first-live"
    NOT_LIVE = "not-live"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a quote does not say about its moment."""

    now: datetime
    drawn: Price | None  # the ask, or the bid of a sale, that the tapped card was made with
    traded: frozenset[Account]  # where this person has bought or sold before
    is_unclear: bool = False  # an order in this market of which nobody knows what became of it


def reasons_to_ask(
    preferences: UserPreferences, quote: TradeQuote, facts: Facts
) -> tuple[Why, ...]:
    """Why its person has to confirm the quote; empty where the tap alone is enough.

    A share of the cash is asked about where cash is spent: a sale brings some.
    """
    told = (
        (Why.CAREFUL, preferences.confirm_mode is ConfirmMode.CAREFUL),
        (Why.AMOUNT, _is_large(preferences, quote)),
        (Why.CAP, _is_above_cap(preferences, quote)),
        (Why.SPREAD, _spread(quote) > MOST_SPREAD),
        (Why.MOVED, _has_moved(quote, facts.drawn)),
        (Why.IMPACT, _impact(quote) > quote.slippage),
        (Why.THIN, not quote.complete),
        (Why.CLOSING, quote.market.ends_at is not None and quote.market.ends_at - facts.now < SOON),
        (Why.CASH, _is_much(quote)),
        (Why.FIRST, not facts.traded),
        (Why.FIRST_LIVE, quote.account is Account.LIVE and Account.LIVE not in facts.traded),
        (Why.NOT_LIVE, quote.state is not PriceState.LIVE),
        (Why.UNCLEAR, facts.is_unclear),
    )
    return tuple(why for why, holds in told if holds)


def _amount(quote: TradeQuote) -> Usdc:
    """What it is about in USDC, before the fee."""
    return quote.value if quote.spend is None else max(quote.spend, quote.value)


def _is_large(preferences: UserPreferences, quote: TradeQuote) -> bool:
    is_standard = preferences.confirm_mode is ConfirmMode.STANDARD
    return is_standard and _amount(quote) >= preferences.confirm_from


def _is_above_cap(preferences: UserPreferences, quote: TradeQuote) -> bool:
    return preferences.confirm_mode is ConfirmMode.FAST and _amount(quote) > preferences.fast_cap


def _best(quote: TradeQuote) -> Price | None:
    return quote.ask if quote.side is Side.BUY else quote.bid


def _spread(quote: TradeQuote) -> Decimal:
    """A missing side counts as 0 or 1."""
    return (ONE if quote.ask is None else quote.ask) - (quote.bid or ZERO)


def _has_moved(quote: TradeQuote, drawn: Price | None) -> bool:
    """Either way: a price that came towards somebody is not the one that they tapped either."""
    best = _best(quote)
    if best is None or not drawn:
        return True
    move = abs(best - drawn)
    return move > MOST_MOVE or move > drawn * MOST_MOVE_PART


def _impact(quote: TradeQuote) -> Decimal:
    """Percent by which the average is worse than the best price; all of it without one."""
    best = _best(quote)
    return abs(quote.average - best) / best * 100 if best else Decimal(100)


def _is_much(quote: TradeQuote) -> bool:
    if quote.side is not Side.BUY:
        return False
    return max(quote.cost, _amount(quote)) > quote.free_cash * MOST_OF_CASH
