"""What an order offers and asks for in base units, exactly as the venue's precision rules allow."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.domain.book import Side
from core.domain.errors import InvalidQuantity, OrderTooSmall
from core.domain.sentences import worded
from core.domain.units import EXACT, MICROS, ONE, ZERO, Price, Size, Usdc

TICKS: Final = MappingProxyType(
    {
        Decimal("0.1"): 1000,
        **dict.fromkeys(map(Decimal, ("0.01", "0.005", "0.0025", "0.001", "0.0001")), 100),
    }
)
"""The venue's price steps, each with the step of what a FOK or FAK asks for, in millionths."""
PARTS: Final = 10_000  # the finest grid: every tick is a multiple of a ten-thousandth
HUNDREDTHS: Final = 100
SHORTEST_LIFE: Final = 180  # seconds; the venue wants 60, clocks and queues take some too
LARGEST: Final = Decimal(10**12)  # USDC or shares; beyond any supply


class OrderKind(StrEnum):
    """How long an order lives, in the venue's words."""

    GTC = "GTC"  # rests until it is cancelled
    GTD = "GTD"  # rests until its time
    FOK = "FOK"  # all of it now, or nothing
    FAK = "FAK"  # what is possible now; the rest is cancelled

    @property
    def rests(self) -> bool:
        return self in {OrderKind.GTC, OrderKind.GTD}


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What is asked of the venue's book. A sell states `size`; a buy either `size` or `spend`."""

    side: Side
    kind: OrderKind
    price: Price  # the limit: the worst price for FOK and FAK
    tick: Decimal  # USDC
    size: Size | None = None
    spend: Usdc | None = None  # before the fee
    post_only: bool = False
    expires_at: int = 0  # Unix seconds; 0 is never, and right for all but GTD


@dataclass(frozen=True, slots=True)
class BaseAmounts:
    """Millionths: a buy gives USDC (`maker`) for shares (`taker`), a sell shares for USDC."""

    maker: int
    taker: int


def order_amounts(terms: OrderTerms) -> BaseAmounts:
    """The amounts to sign: never more shares or money than stated, at the limit price.

    What rests has 2 decimals of shares, and the money is exact. FOK and FAK have 2 decimals in
    what is given and 4 in what is asked for (3 at a tick of 0.1). Rounding that down moves the
    price past the limit by less than one such step: an order resting exactly there is still met.
    A FOK or FAK buy is a sum of money to the venue: one by shares is that many at `price`, and at
    a better price it brings more of them.

    Source: the venue's rounding table by tick; its refusals of FOK and FAK with more decimals
    (2 and 4) than the same table allows on fine ticks.
    Raises: InvalidQuantity if it cannot be expressed; OrderTooSmall if it rounds to nothing.

    >>> buy = OrderTerms(Side.BUY, OrderKind.FAK, Price(Decimal("0.37")), Decimal("0.01"),
    ...                  spend=Usdc(Decimal(10)))
    >>> order_amounts(buy)
    BaseAmounts(maker=10000000, taker=27027000)
    """
    _refuse_contradictions(terms)
    parts = price_parts(terms.price, terms.tick)
    amounts = _resting(terms, parts) if terms.kind.rests else _immediate(terms, parts)
    if not (amounts.maker and amounts.taker and _keeps_price(terms, amounts, parts)):
        raise OrderTooSmall("This amount is too small for an order at that price.")
    return amounts


def price_parts(price: Price, tick: Decimal) -> int:
    """`price` in ten-thousandths of a USDC.

    Raises: InvalidQuantity for an unknown tick, and unless `price` is a multiple of it within
    [tick, 1 - tick].
    """
    if tick not in TICKS:
        raise InvalidQuantity("The price step of this market is not known here.")
    if not price.is_finite() or not tick <= price <= ONE - tick or price % tick != ZERO:
        raise InvalidQuantity(
            worded(
                "The price must be a multiple of {tick} from {tick} to {most}.",
                tick=f"{tick:f}",
                most=f"{ONE - tick:f}",
            )
        )
    return int(price * PARTS)


def refuse_short_life(terms: OrderTerms, now: int) -> None:
    """`now` in Unix seconds. Raises: InvalidQuantity if a GTD order would end too soon."""
    if terms.kind is OrderKind.GTD and terms.expires_at < now + SHORTEST_LIFE:
        raise InvalidQuantity(
            worded("The order must live for at least {seconds} seconds.", seconds=SHORTEST_LIFE)
        )


def _refuse_contradictions(terms: OrderTerms) -> None:
    if (terms.size is None) == (terms.spend is None):
        raise InvalidQuantity("An order states either shares or money.")
    if terms.side is Side.SELL and terms.size is None:
        raise InvalidQuantity("A sale is stated in shares.")
    if terms.post_only and not terms.kind.rests:
        raise InvalidQuantity("Only an order that may rest can be post-only.")
    if (terms.kind is OrderKind.GTD) != (terms.expires_at > 0):
        raise InvalidQuantity("A GTD order has an end, and no other order has one.")


def _resting(terms: OrderTerms, parts: int) -> BaseAmounts:
    """Hundredths of a share times ten-thousandths of a USDC are millionths: nothing is lost."""
    if terms.spend is not None:
        hundredths = _floor(terms.spend, MICROS) // parts
    else:
        hundredths = _floor(terms.size, HUNDREDTHS)
    return _amounts(terms.side, shares=hundredths * PARTS, money=hundredths * parts)


def _immediate(terms: OrderTerms, parts: int) -> BaseAmounts:
    if terms.side is Side.SELL:
        hundredths = _floor(terms.size, HUNDREDTHS)
        money = _down(hundredths * parts, TICKS[terms.tick])
        return _amounts(terms.side, shares=hundredths * PARTS, money=money)
    cents = _cents(terms, parts)
    shares = _down(cents * PARTS * PARTS // parts, TICKS[terms.tick])
    return _amounts(terms.side, shares=shares, money=cents * PARTS)


def _cents(terms: OrderTerms, parts: int) -> int:
    """The money of a FOK or FAK buy."""
    if terms.spend is not None:
        return _floor(terms.spend, HUNDREDTHS)
    return _floor(terms.size, MICROS) * parts // (MICROS * HUNDREDTHS)


def _down(value: int, step: int) -> int:
    return value // step * step


def _amounts(side: Side, *, shares: int, money: int) -> BaseAmounts:
    return BaseAmounts(money, shares) if side is Side.BUY else BaseAmounts(shares, money)


def _keeps_price(terms: OrderTerms, amounts: BaseAmounts, parts: int) -> bool:
    """Whether the price is the limit, or past it by less than one step of what is asked for."""
    maker, taker = amounts.maker * PARTS, amounts.taker * PARTS
    miss = TICKS[terms.tick] // HUNDREDTHS  # ten-thousandths
    if terms.side is Side.BUY:
        return parts * amounts.taker <= maker < (parts + miss) * amounts.taker
    return (parts - miss) * amounts.maker < taker <= parts * amounts.maker


def _floor(quantity: Decimal | None, scale: int) -> int:
    """Raises: InvalidQuantity unless it is positive, finite and of this world."""
    if quantity is None or not quantity.is_finite() or not ZERO < quantity <= LARGEST:
        raise InvalidQuantity("The amount must be a number above zero.")
    with localcontext(prec=EXACT, rounding=ROUND_FLOOR):
        return int(quantity * scale)
