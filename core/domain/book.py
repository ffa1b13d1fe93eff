"""An order book as the venue tells it: exact strings, quick tops, and the venue's own hash."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from core.domain.errors import InvalidBook, InvalidQuantity
from core.domain.units import MICROS, Price, Size, TokenId, price_micros

NO_BID: Final = 0  # micros; nobody can bid nothing
NO_ASK: Final = MICROS
MAX_SHARES: Final = 1e15  # beyond any supply; what is larger is no size


class Side(StrEnum):
    """Of an order; on a book, BUY is the bid side."""

    BUY = "BUY"
    SELL = "SELL"


class Level(NamedTuple):
    """Shares resting at one price."""

    price: Price
    size: Size


@dataclass(frozen=True, slots=True)
class HashInputs:
    """What the venue hashes besides the levels; `None` = not known, so no hash can be computed."""

    market: str | None = None  # condition id
    minimum_size: str | None = None
    tick: str | None = None
    neg_risk: bool | None = None
    last_trade: str | None = None


class Book:
    """Both sides of one token's book. Prices and sizes stay the venue's strings.

    Levels are keyed by millionths of a USDC, so that the best price is `max` or `min` of integers.
    """

    __slots__ = ("_asks", "_bids", "best_ask_micros", "best_bid_micros", "token")

    best_bid_micros: int  # millionths of a USDC; 0 without bids
    best_ask_micros: int  # millionths of a USDC; a million without asks

    def __init__(self, token: TokenId) -> None:
        self.token = token
        self._bids: dict[int, tuple[str, str]] = {}
        self._asks: dict[int, tuple[str, str]] = {}
        self.best_bid_micros = NO_BID
        self.best_ask_micros = NO_ASK

    def replace(self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]]) -> None:
        """Become the snapshot of (price, size) strings; nothing changes if any of it is invalid.

        Raises: InvalidQuantity, InvalidBook for a price that stands twice on one side.
        """
        new_bids, new_asks = _side(bids), _side(asks)
        self._bids, self._asks = new_bids, new_asks
        self.best_bid_micros = max(new_bids, default=NO_BID)
        self.best_ask_micros = min(new_asks, default=NO_ASK)

    def apply(self, side: str, price: str, size: str) -> None:
        """Set the level at `price` to `size` shares; zero removes it.

        Raises: InvalidQuantity, InvalidBook for an unknown side.
        """
        key = price_micros(price)
        gone = is_zero_size(size)
        if side == "BUY":
            if not gone:
                self._bids[key] = (price, size)
                if key > self.best_bid_micros:  # noqa: PLR1730 - this is the hot path
                    self.best_bid_micros = key
            elif self._bids.pop(key, None) is not None and key == self.best_bid_micros:
                self.best_bid_micros = max(self._bids, default=NO_BID)
        elif side == "SELL":
            if not gone:
                self._asks[key] = (price, size)
                if key < self.best_ask_micros:  # noqa: PLR1730 - this is the hot path
                    self.best_ask_micros = key
            elif self._asks.pop(key, None) is not None and key == self.best_ask_micros:
                self.best_ask_micros = min(self._asks, default=NO_ASK)
        else:
            raise InvalidBook(f"{side!r} is neither BUY nor SELL")

    @property
    def best_bid(self) -> Price | None:
        return _price(self.best_bid_micros) if self._bids else None

    @property
    def best_ask(self) -> Price | None:
        return _price(self.best_ask_micros) if self._asks else None

    @property
    def is_empty(self) -> bool:
        return not self._bids and not self._asks

    @property
    def is_crossed(self) -> bool:
        """A bid at or above an ask: seen for moments inside a burst, never to be traded on."""
        return bool(self._bids and self._asks) and self.best_ask_micros <= self.best_bid_micros

    def bids(self) -> list[Level]:
        """Best first."""
        return [_level(self._bids[key]) for key in sorted(self._bids, reverse=True)]

    def asks(self) -> list[Level]:
        """Best first."""
        return [_level(self._asks[key]) for key in sorted(self._asks)]

    def raw_bids(self) -> list[tuple[str, str]]:
        """(price, size) as the venue wrote them, ascending: the venue's own order, best last."""
        return [self._bids[key] for key in sorted(self._bids)]

    def raw_asks(self) -> list[tuple[str, str]]:
        """(price, size) as the venue wrote them, descending: the venue's own order, best last."""
        return [self._asks[key] for key in sorted(self._asks, reverse=True)]

    def hash(self, inputs: HashInputs, timestamp: str) -> str | None:
        """The venue's digest of this book, or None while an input is unknown.

        Source: SHA-1 of the compact JSON that `GET /book` would give with an empty hash.
        """
        if None in (
            inputs.market,
            inputs.minimum_size,
            inputs.tick,
            inputs.neg_risk,
            inputs.last_trade,
        ):
            return None
        text = (
            f'{{"market":"{inputs.market}","asset_id":"{self.token}","timestamp":"{timestamp}",'
            f'"hash":"","bids":[{_levels_json(self.raw_bids())}],'
            f'"asks":[{_levels_json(self.raw_asks())}],'
            f'"min_order_size":"{inputs.minimum_size}","tick_size":"{inputs.tick}",'
            f'"neg_risk":{"true" if inputs.neg_risk else "false"},'
            f'"last_trade_price":"{inputs.last_trade}"}}'
        )
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@lru_cache(maxsize=16_384)
def is_zero_size(text: str) -> bool:
    """Whether a size removes its level.

    Raises: InvalidQuantity for anything but digits and one point.
    """
    if text.strip("0123456789."):  # a sign, an exponent, a space, NaN: nothing the venue writes
        raise InvalidQuantity(f"{text[:40]!r} is not a number of shares")
    try:
        value = float(text)  # only to tell nought from something, in a tenth of Decimal's time
    except ValueError as error:
        raise InvalidQuantity(f"{text[:40]!r} is not a number of shares") from error
    if value >= MAX_SHARES:
        raise InvalidQuantity(f"{text[:40]!r} is more shares than there are")
    return value == 0


def _side(levels: Iterable[tuple[str, str]]) -> dict[int, tuple[str, str]]:
    side: dict[int, tuple[str, str]] = {}
    for level in levels:
        key = price_micros(level[0])
        if key in side:
            raise InvalidBook(f"the price {level[0]} stands twice on one side")
        if not is_zero_size(level[1]):
            side[key] = level
    return side


def _level(level: tuple[str, str]) -> Level:
    return Level(Price(Decimal(level[0])), Size(Decimal(level[1])))


@lru_cache(maxsize=16_384)
def _price(micros: int) -> Price:
    return Price(Decimal(micros) / MICROS)


def _levels_json(levels: list[tuple[str, str]]) -> str:
    return ",".join(f'{{"price":"{price}","size":"{size}"}}' for price, size in levels)
