"""The venue's numbers and times, however it writes them, as ours."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from core.domain.book import Side
from core.domain.errors import InvalidQuantity
from core.domain.units import (
    EXACT,
    MICRO,
    MICROS,
    ONE,
    ZERO,
    Price,
    Size,
    Usdc,
    plain_decimal,
)
from infrastructure.polymarket.trading.wire import Scalar

PRICE_STEP: Final = Decimal("1e-12")  # a maker's price is a quotient; the ledger keeps so much
MILLISECONDS: Final = 100_000_000_000  # as seconds that is the year 5138
CEILING: Final = Decimal(10**12)  # USDC; an allowance without limit counts as that
LARGEST: Final = 10**15  # beyond any price, size or time
NUMERALS: Final = 78  # digits of the largest number a contract can hold


def number(value: Scalar) -> Decimal:
    """Raises: InvalidQuantity unless it is a plain number that is not negative."""
    match value:
        case str():
            return plain_decimal(value)
        case int() | float() if 0 <= value < LARGEST:
            return Decimal(repr(value))
    raise InvalidQuantity("that is not a plain number")


def shares(value: Scalar) -> Size:
    """Rounded to the 6 decimals that shares have. Raises: InvalidQuantity."""
    return Size(number(value).quantize(MICRO, rounding=ROUND_HALF_EVEN))


def shares_or_none(value: Scalar) -> Size:
    """0 where nothing is stated. Raises: InvalidQuantity."""
    return Size(ZERO) if value in {None, ""} else shares(value)


def share_price(value: Scalar) -> Price:
    """Rounded to 12 decimals. Raises: InvalidQuantity outside 0..1."""
    stated = number(value).quantize(PRICE_STEP, rounding=ROUND_HALF_EVEN)
    if stated > ONE:
        raise InvalidQuantity("that is not a price between 0 and 1")
    return Price(stated)


def base_units(value: Scalar) -> Decimal:
    """Millionths as a whole number, or a number with a point that counts ones; at most `CEILING`.

    >>> base_units("250500000"), base_units("250.500000")
    (Decimal('250.5'), Decimal('250.500000'))
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= NUMERALS:
        value = int(value)
    if isinstance(value, int) and value >= 0:
        with localcontext(prec=2 * EXACT):
            return min(Decimal(value) / MICROS, CEILING)
    return min(number(value), CEILING)


def money(value: Scalar) -> Usdc:
    """From base units. Raises: InvalidQuantity."""
    return Usdc(base_units(value).quantize(MICRO, rounding=ROUND_HALF_EVEN))


def side(text: str) -> Side:
    """Raises: InvalidQuantity."""
    try:
        return Side(text.upper())
    except ValueError as error:
        raise InvalidQuantity("that is neither BUY nor SELL") from error


def instant(value: Scalar) -> datetime:
    """From Unix seconds, milliseconds, or ISO 8601 with a zone. Raises: InvalidQuantity."""
    if isinstance(value, str) and "T" in value:
        return _iso(value)
    stated = number(value)
    seconds = stated / 1000 if stated >= MILLISECONDS else stated
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidQuantity("that is no time") from error


def instant_or_none(value: Scalar) -> datetime | None:
    """None where the venue does not say. Raises: InvalidQuantity."""
    return None if value in {None, "", "0", 0} else instant(value)


def _iso(text: str) -> datetime:
    try:
        stated = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidQuantity("that is no time") from error
    if stated.tzinfo is None:
        raise InvalidQuantity("that time has no zone")
    return stated.astimezone(UTC)
