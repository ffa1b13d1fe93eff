"""Walking a book: what a market order would get, level by level."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from typing import Final

from core.domain.book import Level, Side
from core.domain.fees import FeeSchedule, taker_fee
from core.domain.units import ONE, ZERO, Price, Size, Usdc, usdc

SHARE_STEP: Final = Decimal("0.0001")  # shares of a market buy have 4 decimals at the venue
MONEY_LEFT: Final = Decimal("0.01")  # USDC; what rounding may leave unspent of a complete buy


@dataclass(frozen=True, slots=True)
class Match:
    """Shares taken from one level, and the fee for them."""

    size: Size
    price: Price
    fee: Usdc

    @property
    def value(self) -> Usdc:
        """Before the fee, rounded as the ledger books it."""
        return usdc(self.size * self.price)


@dataclass(frozen=True, slots=True)
class Walk:
    """All that an order would take; `complete` is False when the book is thinner than the order."""

    matches: tuple[Match, ...]
    complete: bool

    @property
    def size(self) -> Size:
        return Size(sum((match.size for match in self.matches), ZERO))

    @property
    def value(self) -> Usdc:
        """Before the fee."""
        return usdc(sum((match.value for match in self.matches), ZERO))

    @property
    def fee(self) -> Usdc:
        return usdc(sum((match.fee for match in self.matches), ZERO))

    @property
    def average_price(self) -> Price | None:
        return Price(self.value / self.size) if self.size else None

    @property
    def worst_price(self) -> Price | None:
        return self.matches[-1].price if self.matches else None


def walk_buy(asks: Sequence[Level], spend: Usdc, worst: Price, fees: FeeSchedule) -> Walk:
    """Spend up to `spend` USDC (before the fee) on `asks`, best first, at `worst` or better."""
    left, matches = Decimal(spend), list[Match]()
    for level in asks:
        if level.price > worst or level.price <= 0 or left <= 0:
            break
        affordable = (left / level.price).quantize(SHARE_STEP, rounding=ROUND_DOWN)
        taken = Size(min(affordable, level.size))
        if taken <= 0:
            break
        matches.append(Match(taken, level.price, taker_fee(fees, taken, level.price)))
        left -= usdc(taken * level.price)  # as booked, so that no rounding overspends
    return Walk(tuple(matches), complete=bool(matches) and left < MONEY_LEFT)


def walk_sell(bids: Sequence[Level], size: Size, worst: Price, fees: FeeSchedule) -> Walk:
    """Sell up to `size` shares into `bids`, best first, at `worst` or better."""
    left, matches = Decimal(size), list[Match]()
    for level in bids:
        if level.price < worst or left <= 0:
            break
        taken = Size(min(left, level.size))
        matches.append(Match(taken, level.price, taker_fee(fees, taken, level.price)))
        left -= taken
    return Walk(tuple(matches), complete=bool(matches) and left == 0)


def worst_acceptable(side: Side, quoted: Price, slippage_percent: Decimal, tick: Decimal) -> Price:
    """The quoted worst level moved by `slippage_percent` against us, on the tick, inside 0..1.

    Never on the better side of `quoted`: a level off the tick must not fall out of its own bound.
    """
    move = quoted * slippage_percent / 100
    if side is Side.BUY:
        steps = ((quoted + move) / tick).to_integral_value(ROUND_FLOOR)
        return Price(max(min(steps * tick, ONE - tick), quoted))
    steps = ((quoted - move) / tick).to_integral_value(ROUND_CEILING)
    return Price(min(max(steps * tick, tick), quoted))
