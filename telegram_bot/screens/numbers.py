"""Numbers and prices in words."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Final

from core.domain.units import Price, Size, Usdc
from telegram_bot.words import say

CENT: Final = Decimal("0.01")
TWO: Final = Decimal(2)
TINY: Final = Decimal("0.0001")
PRICE_STEP: Final = Decimal("0.001")  # of a cent: exact for every tick and midpoint
SHARE_STEP: Final = Decimal("0.0001")
SHARE_MICRO: Final = Decimal("0.000001")


def money(value: Decimal) -> str:
    """Dollars and cents; four decimals where cents would show nothing.

    >>> money(Decimal("1284.1")), money(Decimal("-0.0031"))
    ('$1,284.10', '-$0.0031')
    """
    step = CENT if abs(value) >= CENT or value == 0 else TINY
    rounded = value.quantize(step, rounding=ROUND_HALF_EVEN)
    if rounded == 0:
        rounded = Decimal("0.00")
    return f"{'-' if rounded < 0 else ''}${abs(rounded):,}"


def signed(value: Decimal) -> str:
    """Money with its sign: `+$12.40`, `-$3.20`, `$0.00`."""
    text = money(value)
    return (
        text
        if text.startswith("-") or not any(digit in text for digit in "123456789")
        else f"+{text}"
    )


def gain(value: Usdc, percent: Decimal | None) -> str:
    """`+$12.40 (+1.0 %)`."""
    return signed(value) if percent is None else f"{signed(value)} ({percentage(percent)})"


def counted(amount: Decimal) -> int:
    """By which a language chooses the word behind that many, given to `plural`.

    One and a half are several in English and not yet two in French.
    """
    if amount == 1:
        return 1
    return 0 if amount < TWO else int(amount)


def percentage(percent: Decimal) -> str:
    """With its sign: `+1.0 %`, `-3.2 %`, `0.0 %`."""
    rounded = percent.quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)
    sign = "+" if rounded > 0 else ""
    return f"{sign}{rounded or Decimal('0.0'):,} %"


def cents(price: Price | None) -> str:
    """`62¢`, `62.5¢`; exact to the thousandth of a cent.

    >>> cents(Price(Decimal("0.62500000")))
    '62.5¢'
    """
    if price is None:
        return say("none")
    value = (price * 100).quantize(PRICE_STEP, rounding=ROUND_HALF_EVEN).normalize()
    return f"{value + 0:f}¢"


def shares(size: Size) -> str:
    """Shares to four decimals, rounded down: never more than there are."""
    step = SHARE_STEP if size >= SHARE_STEP or size == 0 else SHARE_MICRO
    value = size.quantize(step, rounding=ROUND_DOWN).normalize()
    return f"{value + 0:,f}"


def volume(value: Decimal) -> str:
    """A rough sum of money: `$950`, `$12.4K`, `$1.2M`."""
    return f"${rough(value)}"


def rough(value: Decimal) -> str:
    """A number at a glance: `950`, `12.4K`, `1.2M`."""
    for bound, unit in (
        (Decimal(10) ** 9, say("B")),
        (Decimal(10) ** 6, say("M")),
        (Decimal(10) ** 3, say("K")),
    ):
        if value >= bound:
            return f"{(value / bound).quantize(Decimal('0.1'), rounding=ROUND_DOWN):,}{unit}"
    return f"{value.quantize(Decimal(1), rounding=ROUND_DOWN)}"
