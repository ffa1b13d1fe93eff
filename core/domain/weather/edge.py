"""What a bucket's share is worth to us above what it costs: per share, after the fee.

Probabilities are floats; a price that leaves this module is a `Decimal` on the market's tick.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from core.domain.book import Side
from core.domain.execution import Walk
from core.domain.fees import FeeSchedule
from core.domain.units import Price


@dataclass(frozen=True, slots=True)
class Belief:
    """The chance that a token pays 1 USDC, and the standard error of that chance."""

    chance: float
    error: float = 0.0

    @property
    def of_complement(self) -> "Belief":
        return Belief(1.0 - self.chance, self.error)


@dataclass(frozen=True, slots=True)
class Edge:
    """USDC a share at one size: expected, and what is left of it at the cautious end."""

    expected: float
    cautious: float


def fee_per_share(fees: FeeSchedule, at: float) -> float:
    """Taker's fee in USDC a share, before the venue rounds it."""
    return float(fees.rate) * math.pow(at * (1.0 - at), float(fees.exponent))


def edge_of(walk: Walk, belief: Belief, side: Side, deviations: float) -> Edge | None:
    """The edge of taking all of `walk`; None where it takes nothing.

    `deviations`: standard errors between the expected and the cautious edge.
    """
    if walk.average_price is None:
        return None
    fee = float(walk.fee / walk.size)
    price = float(walk.average_price)
    gain = belief.chance - price if side is Side.BUY else price - belief.chance
    return Edge(gain - fee, gain - fee - deviations * belief.error)


def worst_price(
    belief: Belief,
    side: Side,
    fees: FeeSchedule,
    tick: Decimal,
    *,
    wanted: float,
    deviations: float,
) -> Price | None:
    """The price on the tick at which the cautious edge is still `wanted`; None where none is.

    Highest for a buyer, lowest for a seller. An order capped there keeps at least that edge on
    every share, so that its average does so too.
    """
    away = deviations * belief.error + wanted
    if side is Side.BUY:
        bound = _solved(belief.chance - away, fees, sign=1.0)
    else:
        bound = _solved(belief.chance + away, fees, sign=-1.0)
    ticks = (Decimal(repr(bound)) / tick).to_integral_value(
        rounding=ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    )
    price = Price(ticks * tick)
    return price if tick <= price <= 1 - tick else None


def normalised(mids: Sequence[float | None]) -> tuple[float, ...] | None:
    """What a whole ladder's mids say, summing to 1; None where one is missing or all are 0.

    The mids of exclusive outcomes rarely add up to 1: half the spread is in each.
    """
    known = [mid for mid in mids if mid is not None]
    total = math.fsum(known)
    if len(known) < len(mids) or total <= 0:
        return None
    return tuple(mid / total for mid in known)


def divergence(model: Sequence[float], market: Sequence[float]) -> float:
    """Half the sum of absolute differences: the chance that has to be moved to agree, 0..1.

    Source: total variation distance.
    """
    return 0.5 * math.fsum(abs(ours - theirs) for ours, theirs in zip(model, market, strict=True))


def _solved(bound: float, fees: FeeSchedule, sign: float) -> float:
    """The price p with p + sign x fee(p) = `bound`, by bisection to a millionth's tenth.

    The left side grows with p for every schedule whose fee changes by less than a dollar a dollar.
    """
    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        if middle + sign * fee_per_share(fees, middle) <= bound:
            low = middle
        else:
            high = middle
    return low if sign > 0 else high
