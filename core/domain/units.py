"""Identifiers and quantities, and the only doors through which text becomes one of them."""

import re
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import lru_cache
from typing import Final, NewType

from core.domain.errors import InvalidQuantity

MarketId = NewType("MarketId", str)
"""Gamma's market id: digits."""
ConditionId = NewType("ConditionId", str)
"""0x and 62 or 64 hexadecimal digits; names a market on the CLOB."""
TokenId = NewType("TokenId", str)
"""Outcome token on the CLOB: up to 78 digits."""
EventId = NewType("EventId", str)
UserId = NewType("UserId", int)
"""`users.id`, not Telegram's."""
OrderId = NewType("OrderId", int)
PositionId = NewType("PositionId", int)

Price = NewType("Price", Decimal)
"""USDC per share, 0..1."""
Size = NewType("Size", Decimal)
"""Shares, at most 6 decimals."""
Usdc = NewType("Usdc", Decimal)
"""USDC, at most 6 decimals; may be negative where it is a profit."""

MICRO: Final = Decimal("0.000001")
"""Smallest unit of USDC and of a share (both have 6 decimals on chain)."""
MICROS: Final = 1_000_000  # micros in one
EXACT: Final = 60  # digits: enough for any product of an amount and a price
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)

_PLAIN: Final = re.compile(r"\d{1,15}(\.\d{1,18})?|\.\d{1,18}", re.ASCII)


def plain_decimal(text: str) -> Decimal:
    """A number written with digits and at most one point: no sign, exponent, `_`, NaN or spaces.

    Raises: InvalidQuantity.
    """
    if not _PLAIN.fullmatch(text):
        raise InvalidQuantity(f"{text[:40]!r} is not a plain decimal number")
    return Decimal(text)


@lru_cache(maxsize=16_384)
def price(text: str) -> Price:
    """A price from the venue's text. Raises: InvalidQuantity outside 0..1 or over 6 decimals."""
    return Price(Decimal(price_micros(text)) / MICROS)


@lru_cache(maxsize=16_384)
def price_micros(text: str) -> int:
    """A price in millionths of a USDC, exactly: what books sort by.

    Raises: InvalidQuantity outside 0..1 or with more than 6 decimals that matter.
    """
    micros = plain_decimal(text) * MICROS
    if not 0 <= micros <= MICROS or micros != int(micros):
        raise InvalidQuantity(f"{text[:40]!r} is not a price between 0 and 1")
    return int(micros)


def size(text: str) -> Size:
    """A number of shares from the venue's text.

    Raises: InvalidQuantity if it is negative or no plain number.
    """
    return Size(plain_decimal(text))


def times(amount: Decimal, price: Decimal) -> Decimal:
    """The exact product, however many digits it has: nothing is rounded before `usdc`."""
    with localcontext(prec=EXACT):
        return amount * price


def usdc(value: Decimal) -> Usdc:
    """The one place where money is rounded: half-even to 6 decimals.

    Raises: InvalidQuantity for NaN and infinities.
    """
    if not value.is_finite():
        raise InvalidQuantity("an amount must be a finite number")
    return Usdc(value.quantize(MICRO, rounding=ROUND_HALF_EVEN))
