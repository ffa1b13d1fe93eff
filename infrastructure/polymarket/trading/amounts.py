"""What the answer to an order says was traded, in shares and USDC: the venue uses two units."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from core.domain.book import Side
from core.domain.errors import InvalidQuantity
from core.domain.units import MICROS, Size, Usdc, times, usdc
from infrastructure.polymarket.trading import quantities
from infrastructure.polymarket.trading.wire import PostAnswer, Scalar

LEAST: Final = Decimal("0.01")  # shares; less is an amount in the wrong unit
ROUNDING: Final = Decimal("0.01")  # USDC or shares by which stated amounts may pass what was signed
CHEAPEST: Final = Decimal("0.0001")  # USDC a share: the finest tick; nothing trades below it


@dataclass(frozen=True, slots=True)
class Stated:
    """What was offered and asked for, in shares or USDC."""

    side: Side
    making: Decimal
    taking: Decimal


@dataclass(frozen=True, slots=True)
class Traded:
    """The totals of one answer."""

    size: Size
    value: Usdc  # before the fee


class _SentOrder(msgspec.Struct, frozen=True):
    side: str
    makerAmount: str  # noqa: N815 - the venue's spelling
    takerAmount: str  # noqa: N815 - the venue's spelling
    maker: str = ""


class _Sent(msgspec.Struct, frozen=True):
    order: _SentOrder
    owner: str = ""


_SENT: Final = msgspec.json.Decoder(_Sent)


def stated_in(body: bytes) -> Stated:
    """What the order says that was sent as `body`. Raises: msgspec.MsgspecError, InvalidQuantity
    for bytes that are no order.
    """
    order = _SENT.decode(body).order
    return Stated(
        quantities.side(order.side),
        quantities.number(order.makerAmount) / MICROS,
        quantities.number(order.takerAmount) / MICROS,
    )


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose money an order offers, and the API key that it was sent with; empty if not stated."""

    maker: str
    api_key: str


def sender_in(body: bytes) -> Sender:
    """Who sent `body`. Raises: msgspec.MsgspecError."""
    sent = _SENT.decode(body)
    return Sender(sent.order.maker, sent.owner)


def traded(answer: PostAnswer, stated: Stated) -> Traded | None:
    """None where the answer states no amounts, or none that this order can have led to."""
    for read in (quantities.number, quantities.base_units):
        amounts = _read(answer, read)
        if amounts is not None and _fits(*amounts, stated):
            making, taking = amounts
            is_buy = stated.side is Side.BUY
            size, value = (taking, making) if is_buy else (making, taking)
            return Traded(Size(usdc(size)), usdc(value)) if size >= LEAST else None
    return None


def _read(answer: PostAnswer, read: Callable[[Scalar], Decimal]) -> tuple[Decimal, Decimal] | None:
    try:
        return read(answer.makingAmount), read(answer.takingAmount)
    except InvalidQuantity:
        return None


def _fits(making: Decimal, taking: Decimal, stated: Stated) -> bool:
    """Not more given than was signed, at the signed price or a better one that there can be."""
    if making <= 0 or taking <= 0 or making > stated.making + ROUNDING:
        return False
    shares, money = (taking, making) if stated.side is Side.BUY else (making, taking)
    if money > shares + ROUNDING or money + ROUNDING < times(shares, CHEAPEST):
        return False
    return times(taking + ROUNDING, stated.making) >= times(making, stated.taking)
