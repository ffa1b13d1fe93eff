"""Numbers inside the exchange are integers, millionths; on the wire they are decimal strings."""

from functools import lru_cache

from core.domain.units import MICROS, plain_decimal


@lru_cache(maxsize=65_536)
def text(micros: int) -> str:
    """The shortest decimal string, as the venue writes prices and sizes.

    >>> text(300_000), text(219_217_767), text(5_000_000_000)
    ('0.3', '219.217767', '5000')
    """
    whole, part = divmod(micros, MICROS)
    return f"{whole}.{part:06d}".rstrip("0") if part else str(whole)


def padded(micros: int) -> str:
    """With three decimals at least: how a book states its last trade (seen on real books).

    >>> padded(580_000), padded(2_500)
    ('0.580', '0.0025')
    """
    whole, part = divmod(micros, MICROS)
    digits = f"{part:06d}"
    return f"{whole}.{digits[:3]}{digits[3:].rstrip('0')}"


def micros(number: str) -> int:
    """Millionths of a plain decimal string; more than six decimals are cut off.

    Raises: InvalidQuantity.
    """
    return int(plain_decimal(number) * MICROS)


def number(micros: int) -> float:
    """For the places where the venue sends JSON numbers."""
    return micros / MICROS
