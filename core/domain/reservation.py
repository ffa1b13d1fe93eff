"""What open orders hold, and how far through the book an order may reach. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import Final

from core.domain.book import Level, Side
from core.domain.execution import worst_acceptable
from core.domain.fees import FeeSchedule
from core.domain.order import Order, Origin, Ticket
from core.domain.units import EXACT, MICRO, ONE, ZERO, Price, Size, Usdc

SHARE_OF_FEE: Final = Decimal("0.00000001")  # precision in which a fee's share is kept
TICKS_ASIDE: Final = 2  # a percentage of a few cents is less than one step of the price


@dataclass(frozen=True, slots=True)
class Hold:
    """What one order still holds. `counted` is what it adds to its day: bought, and held."""

    is_open: bool
    value: Usdc  # of a buy, before the fee
    cost: Usdc  # of a buy, with the highest fee
    shares: Size  # of a sell
    counted: Usdc


NOTHING: Final = Hold(
    is_open=False, value=Usdc(ZERO), cost=Usdc(ZERO), shares=Size(ZERO), counted=Usdc(ZERO)
)


def hold_of(order: Order, fee_share: Decimal) -> Hold:
    """What `order` holds now; `fee_share`: the highest fee of a USDC that it may pay.

    Matches that were announced and not told yet are held too, also of an order that is over. Money
    of orders made outside of the bot counts for no day.
    """
    ticket = order.ticket
    is_open = not order.is_done or order.awaited_size > 0
    if ticket.side is Side.SELL:
        return Hold(is_open, Usdc(ZERO), Usdc(ZERO), order.working_size, Usdc(ZERO))
    value = order.working_value
    counted = ZERO if ticket.origin is Origin.EXTERNAL else order.filled_value + value
    return Hold(is_open, value, with_fee(value, fee_share), Size(ZERO), Usdc(counted))


def with_fee(value: Usdc, fee_share: Decimal) -> Usdc:
    """Rounded up: what is reserved must cover what is paid."""
    with localcontext(prec=EXACT):
        return Usdc((value * (ONE + fee_share)).quantize(MICRO, rounding=ROUND_CEILING))


def highest_fee_share(schedule: FeeSchedule, ticket: Ticket, best: Price | None) -> Decimal:
    """The most that each USDC of this buy may pay as a fee, as a share of it.

    A better price brings more shares for the same money, and so can bring a higher fee: `best` is
    the best price that there is now, None if nobody offers anything.
    Source: the venue's fee page, `shares x rate x (p x (1 - p)) ^ exponent`, divided by shares x p.
    """
    if ticket.post_only and schedule.taker_only:
        return ZERO
    high = ticket.worst_price
    low = high if best is None or ticket.kind.rests else min(best, high)
    with localcontext(prec=EXACT):
        shares = [
            _fee_share(schedule, p) for p in (low, high, *_turning_point(schedule, low, high))
        ]
        return max(shares).quantize(SHARE_OF_FEE, rounding=ROUND_CEILING)


def _fee_share(schedule: FeeSchedule, at: Decimal) -> Decimal:
    return schedule.rate * (at * (ONE - at)) ** schedule.exponent / at


def _turning_point(schedule: FeeSchedule, low: Decimal, high: Decimal) -> tuple[Decimal, ...]:
    """Where the share is highest in between, if it is: p = (e - 1) / (2e - 1)."""
    exponent = schedule.exponent
    if exponent <= 1:
        return ()
    point = (exponent - 1) / (2 * exponent - 1)
    return (point,) if low < point < high else ()


def farthest_bound(
    ticket: Ticket, levels: Sequence[Level], slippage_percent: Decimal, tick: Decimal
) -> Price | None:
    """The worst bound that `ticket` has any use for: what it would reach now, and the slippage.

    `levels` are the other side, best first. None if there is nobody to trade with.
    """
    reached = _reached(ticket, levels)
    if reached is None:
        return None
    moved = worst_acceptable(ticket.side, reached, slippage_percent, tick)
    aside = TICKS_ASIDE * tick
    if ticket.side is Side.BUY:
        return Price(max(moved, reached + aside))
    return Price(min(moved, reached - aside))


def _reached(ticket: Ticket, levels: Sequence[Level]) -> Price | None:
    """The price of the last level that the order would need; a resting one needs the first."""
    wanted = ticket.size if ticket.spend is None else ticket.spend
    left, reached = Decimal(wanted or ZERO), None
    for level in levels:
        reached = level.price
        left -= level.size if ticket.spend is None else level.size * level.price
        if ticket.kind.rests or left <= 0:
            break
    return reached
