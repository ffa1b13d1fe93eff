"""What news makes of an order's state: the book's word, and the fills that were told."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.domain.ledger import Fill, Settlement
from core.domain.order import DUST, Order, OrderStatus, advance
from core.domain.units import ZERO, Size, Usdc

MONEY_LEFT: Final = Decimal("0.01")  # USDC that rounding may leave of a complete buy


def after_word(order: Order, told: OrderStatus) -> OrderStatus:
    """The state after the book's word: FILLED only once the fills have been told as well."""
    if told is OrderStatus.FILLED and not is_filled(order):
        told = OrderStatus.MATCHED
    return after_fills(order, advance(order.status, told))


def after_fills(order: Order, status: OrderStatus | None = None) -> OrderStatus:
    """The state, `status` if given, with the order's fills counted.

    What trades at once is not known to be over before the venue has said how much it matched.
    """
    current = order.status if status is None else status
    if order.told_size == ZERO:
        return current
    if is_filled(order):
        return advance(current, OrderStatus.FILLED)
    if order.ticket.kind.rests or (order.matched_size > ZERO == order.awaited_size):
        return advance(current, OrderStatus.PARTIAL)
    return advance(current, OrderStatus.MATCHED)


def with_fill(order: Order, fill: Fill) -> Order:
    """The sums of `order` with a fill that was not told before; its state is another question."""
    if fill.settlement is Settlement.FAILED:
        return _with_failed(order, fill)
    return replace(
        order,
        filled_size=Size(order.filled_size + fill.size),
        filled_value=Usdc(order.filled_value + fill.value),
        fee=Usdc(order.fee + fill.fee),
    )


def without_fill(order: Order, fill: Fill) -> Order:
    """The sums of `order` after one of its fills has failed to settle."""
    kept = replace(
        order,
        filled_size=Size(order.filled_size - fill.size),
        filled_value=Usdc(order.filled_value - fill.value),
        fee=Usdc(order.fee - fill.fee),
    )
    return _with_failed(kept, fill)


def corrected(order: Order, wrong: Fill, right: Fill) -> Order:
    """The sums of `order` with one fill in place of another: both are the same trade.

    What the venue has matched was overstated, or understated, by as much.
    """
    kept = replace(
        order,
        status=OrderStatus.UNKNOWN if order.status is OrderStatus.FILLED else order.status,
        matched_size=Size(max(order.matched_size - wrong.size + right.size, ZERO)),
        filled_size=Size(order.filled_size - wrong.size),
        filled_value=Usdc(order.filled_value - wrong.value),
        fee=Usdc(order.fee - wrong.fee),
    )
    return with_fill(kept, right)


def _with_failed(order: Order, fill: Fill) -> Order:
    return replace(
        order,
        failed_size=Size(order.failed_size + fill.size),
        failed_value=Usdc(order.failed_value + fill.value),
    )


def is_filled(order: Order) -> bool:
    """Whether fills of all that was asked for were told, but for what rounding leaves."""
    if order.told_size == ZERO:
        return False
    if order.ticket.size is not None:
        return order.ticket.size - order.told_size < DUST
    spent = order.filled_value + order.failed_value
    return order.ticket.spend is not None and order.ticket.spend - spent < MONEY_LEFT
