"""What people type as an amount: read strictly, refused with a sentence that says why."""

import re
from decimal import Decimal
from typing import Final

from core.domain.errors import InvalidQuantity
from core.domain.sentences import mark, worded
from core.domain.units import Price, Size, Usdc

MAX_AMOUNT: Final = Decimal(10_000_000)  # USDC or shares; beyond it somebody mistyped
USDC_DECIMALS: Final = 2
SHARE_DECIMALS: Final = 6
PRICE_DECIMALS: Final = 4

_NUMBER: Final = re.compile(r"(\d+)(?:\.(\d+))?", re.ASCII)
_UNCLEAR: Final = re.compile(r"[1-9]\d{0,2},\d{3}", re.ASCII)
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+\.\d+", re.ASCII)
_COMMA: Final = re.compile(r"\d*,\d+", re.ASCII)


def typed_usdc(text: str) -> Usdc:
    """`25`, `$25`, `25.50` or `25,50`.

    Raises: InvalidQuantity with a sentence for the user.
    """
    return Usdc(_typed(text.strip().removeprefix("$").strip(), USDC_DECIMALS, mark("dollars")))


def typed_shares(text: str) -> Size:
    """`12`, `12.5` or `12,5`.

    Raises: InvalidQuantity with a sentence for the user.
    """
    return Size(_typed(text.strip(), SHARE_DECIMALS, mark("shares")))


def typed_percent(text: str) -> Decimal:
    """`50%` as 50; more than 0, at most 100.

    Raises: InvalidQuantity with a sentence for the user.
    """
    percent = _typed(text.strip().removesuffix("%").strip(), 2, mark("percent"))
    if percent > 100:  # noqa: PLR2004 - a hundred percent
        raise InvalidQuantity("You cannot sell more than 100 %.")
    return percent


def typed_change(text: str, most: int) -> Decimal:
    """A distance without its sign: `150%` as 150; more than 0, at most `most`.

    Raises: InvalidQuantity with a sentence for the user.
    """
    percent = _typed(text.strip().removesuffix("%").strip(), 2, mark("percent"))
    if percent > most:
        raise InvalidQuantity(
            worded("That is more than {most} %; please check the number", most=f"{most:,}")
        )
    return percent


def typed_price(text: str) -> Price:
    """A share's price as a person writes it: `45`, `45c` and `45¢` are cents, `0.45` USDC.

    >>> typed_price("45"), typed_price("0.45"), typed_price("99.9c")
    (Decimal('0.45'), Decimal('0.45'), Decimal('0.999'))

    Raises: InvalidQuantity with a sentence for the user.
    """
    words = _with_point(text.strip().lower())
    number = words.removesuffix("cents").removesuffix("c").removesuffix("¢").strip()
    is_money = words.startswith("$") or (number == words and number.startswith(("0.", ".")))
    number = number.removeprefix("$").strip()
    if number.startswith("."):
        number = f"0{number}"
    value = _typed(number, PRICE_DECIMALS, mark("cents"))
    price = value if is_money else value / 100
    if not 0 < price < 1:
        raise InvalidQuantity("A price is between 0 and 100 cents, for example 45")
    return Price(price)


def _with_point(text: str) -> str:
    """`12,5` as 12.5, and `1,250.50` as 1250.50: where there is no doubt what a comma means.

    Raises: InvalidQuantity for `1,000`, which is a thousand to some and one to others.
    """
    if _UNCLEAR.fullmatch(text):
        plain = text.replace(",", "")
        raise InvalidQuantity(
            worded(
                "Is {text} a thousand or a decimal? "
                "Please write {plain}, or a point instead of the comma",
                text=text,
                plain=plain,
            )
        )
    if _GROUPED.fullmatch(text):
        return text.replace(",", "")
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def _typed(text: str, decimals: int, unit: str) -> Decimal:
    text = _with_point(text)
    if "," in text or "'" in text or "_" in text or " " in text:
        raise InvalidQuantity("Please write the number without separators, for example 1250.50")
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidQuantity(
            worded("That is not a number of {unit}. Please write for example 25", unit=unit)
        )
    whole, fraction = match.group(1), match.group(2) or ""
    if len(fraction) > decimals:
        raise InvalidQuantity(worded("At most {decimals} decimals, please", decimals=decimals))
    if len(whole.lstrip("0")) > len(str(MAX_AMOUNT)):
        raise _too_much(unit)
    value = Decimal(f"{whole}.{fraction or '0'}").normalize() + 0
    if value <= 0:
        raise InvalidQuantity("The amount must be more than zero")
    if value > MAX_AMOUNT:
        raise _too_much(unit)
    return value


def _too_much(unit: str) -> InvalidQuantity:
    most = f"{MAX_AMOUNT:,}"
    return InvalidQuantity(
        worded("That is more than {most} {unit}; please check the number", most=most, unit=unit)
    )
