"""The price a person is shown, and what a holding would bring if it were sold now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from core.domain.book import Book, Level
from core.domain.fees import FeeSchedule, taker_fee
from core.domain.health import Doubt, PriceState
from core.domain.market import Source
from core.domain.units import ONE, ZERO, Price, Size, TokenId, Usdc, usdc

__all__ = [
    "WIDE_SPREAD",
    "PriceState",
    "Quote",
    "Reading",
    "liquidation_value",
    "own_last_trade",
    "shown_price",
]

WIDE_SPREAD: Final = Decimal("0.10")  # USDC; above it the venue shows the last trade


class Quote(NamedTuple):
    """The newest news about one token. `received` is monotonic seconds, `at` the venue's clock."""

    token: TokenId
    price: Price | None  # shown; None while nothing is known at all
    bid: Price | None
    ask: Price | None
    last_trade: Price | None
    source: Source
    received: float
    at: datetime | None
    book: Book | None = None  # the live book itself: read it, never keep it


@dataclass(frozen=True, slots=True)
class Reading:
    """A price with the proof of its age: what every consumer gets."""

    value: Price | None
    source: Source
    age: float  # seconds
    state: PriceState
    epoch: int = 0  # another number than before: news in between may have been missed
    why: Doubt | None = None  # it is not live; None also where no feed carries it


def shown_price(
    bid: Price | None,
    ask: Price | None,
    last_trade: Price | None,
    complement_last_trade: Price | None = None,
) -> Price | None:
    """Midpoint, or the last trade where the spread is above 0.10; None for an empty book.

    A missing side counts as 0 or 1, for the spread and for the midpoint alike. Without an own
    last trade 1 - the complement's is used; with neither, the midpoint.
    Source: the venue's help page on how prices are calculated.

    >>> shown_price(Price(Decimal("0.4")), Price(Decimal("0.42")), None)
    Decimal('0.41')
    """
    if bid is None and ask is None:
        return None
    low = ZERO if bid is None else bid
    high = ONE if ask is None else ask
    if high - low > WIDE_SPREAD:
        if last_trade is not None:
            return last_trade
        if complement_last_trade is not None:
            return Price(ONE - complement_last_trade)
    return Price((low + high) / 2)


def own_last_trade(
    stated: Price, bid: Price | None, ask: Price | None, known: Price | None = None
) -> Price:
    """The token's own last trade from what a book states, which may be the complement's.

    A book states the market's last trade in terms of whichever token the taker traded, so it means
    `stated` or 1 - `stated`. `known`, from a trade message of this token, decides if it is one of
    the two; else the one that lies between bid and ask, if only one does; else `stated`.
    Source: recorded books of complementary tokens that state the same price.

    >>> own_last_trade(Price(Decimal("0.002")), Price(Decimal("0.6")), Price(Decimal("1")))
    Decimal('0.998')
    """
    mirrored = Price(ONE - stated)
    if known in {stated, mirrored}:
        return stated if known == stated else mirrored
    low, high = bid or ZERO, ask or ONE
    is_inside, is_mirror_inside = low <= stated <= high, low <= mirrored <= high
    return mirrored if is_mirror_inside and not is_inside else stated


def liquidation_value(bids: Sequence[Level], held: Size, fees: FeeSchedule) -> Usdc:
    """USDC that selling `held` shares into `bids` (best first) would bring, less the fee.

    Shares beyond the depth bring nothing.
    """
    left, proceeds = Decimal(held), ZERO
    for level in bids:
        taken = min(left, level.size)
        proceeds += taken * level.price - taker_fee(fees, Size(taken), level.price)
        left -= taken
        if left <= 0:
            break
    return usdc(proceeds)
