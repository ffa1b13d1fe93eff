"""Taker fees as the venue's schedules state them."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from core.domain.units import ONE, ZERO, Price, Size, Usdc

FEE_STEP: Final = Decimal("0.00001")  # fees have 5 decimals; anything below is free


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """One market's schedule: `rate` and `exponent` as Gamma and the CLOB give them."""

    rate: Decimal = ZERO
    exponent: Decimal = ONE
    taker_only: bool = True


NO_FEE: Final = FeeSchedule()


def taker_fee(schedule: FeeSchedule, shares: Size, at: Price) -> Usdc:
    """Fee in USDC for taking `shares` at `at`, 5 decimals, half-even.

    Source: the venue's fee page, `shares x rate x (p x (1 - p)) ^ exponent`.

    >>> taker_fee(FeeSchedule(Decimal("0.04")), Size(Decimal(100)), Price(Decimal("0.5")))
    Decimal('1.00000')
    """
    with localcontext(prec=40):
        fee = shares * schedule.rate * (at * (ONE - at)) ** schedule.exponent
        return Usdc(fee.quantize(FEE_STEP, rounding=ROUND_HALF_EVEN))
