"""An order book as the venue tells it: exact strings, quick tops, and the venue's own hash."""

import hashlib
from collections.abc import Iterable, Iterator
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
    """What the venue hashes besides the levels, as the venue writes it."""

    market: str  # condition id
    minimum_size: str
    tick: str
    neg_risk: bool
    last_trade: str  # of the market, in terms of the token that was traded; "" before the first


class Book:
    """Both sides of one token's book. Prices and sizes stay the venue's strings.

    Levels are keyed by millionths of a USDC, so that the best price is `max` or `min` of integers.
    """

    __slots__ = (
        "_asks",
        "_asks_json",
        "_bids",
        "_bids_json",
        "best_ask_micros",
        "best_bid_micros",
        "token",
    )

    best_bid_micros: int  # millionths of a USDC; 0 without bids
    best_ask_micros: int  # millionths of a USDC; a million without asks

    def __init__(self, token: TokenId) -> None:
        self.token = token
        self._bids: dict[int, str] = {}  # level by price, as JSON: what is hashed
        self._asks: dict[int, str] = {}
        self.best_bid_micros = NO_BID
        self.best_ask_micros = NO_ASK
        self._bids_json: str | None = None  # a side's part of the hash, until it changes
        self._asks_json: str | None = None

    def replace(self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]]) -> None:
        """Become the snapshot of (price, size) strings; nothing changes if any of it is invalid.

        Raises: InvalidQuantity, InvalidBook for a price that stands twice on one side.
        """
        new_bids, new_asks = _side(bids), _side(asks)
        self._bids, self._asks = new_bids, new_asks
        self._bids_json = self._asks_json = None
        self.best_bid_micros = max(new_bids, default=NO_BID)
        self.best_ask_micros = min(new_asks, default=NO_ASK)

    def apply(self, side: str, price: str, size: str) -> None:
        """Set the level at `price` to `size` shares; zero removes it.

        Raises: InvalidQuantity, InvalidBook for an unknown side.
        """
        key = price_micros(price)
        gone = is_zero_size(size)
        if side == "BUY":
            self._bids_json = None
            if not gone:
                self._bids[key] = f'{{"price":"{price}","size":"{size}"}}'
                if key > self.best_bid_micros:  # noqa: PLR1730 - this is the hot path
                    self.best_bid_micros = key
            elif self._bids.pop(key, None) is not None and key == self.best_bid_micros:
                self.best_bid_micros = max(self._bids, default=NO_BID)
        elif side == "SELL":
            self._asks_json = None
            if not gone:
                self._asks[key] = f'{{"price":"{price}","size":"{size}"}}'
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

    def best_bids(self) -> Iterator[Level]:
        """Best first, each made as it is taken; not to be gone on with once the book changed."""
        if not self._bids:
            return
        yield _level(self._bids[self.best_bid_micros])
        for key in sorted(self._bids, reverse=True)[1:]:
            yield _level(self._bids[key])

    def asks(self) -> list[Level]:
        """Best first."""
        return [_level(self._asks[key]) for key in sorted(self._asks)]

    def raw_bids(self) -> list[tuple[str, str]]:
        """(price, size) as the venue wrote them, ascending: the venue's own order, best last."""
        return [_pair(self._bids[key]) for key in sorted(self._bids)]

    def raw_asks(self) -> list[tuple[str, str]]:
        """(price, size) as the venue wrote them, descending: the venue's own order, best last."""
        return [_pair(self._asks[key]) for key in sorted(self._asks, reverse=True)]

    def has_levels_of(self, other: "Book") -> bool:
        """Whether both hold the same levels, written alike."""
        return self.raw_bids() == other.raw_bids() and self.raw_asks() == other.raw_asks()

    def size_at(self, side: str, price: str) -> str:
        """The shares resting at `price`, as the venue wrote them; "0" for none.

        Raises: InvalidQuantity, InvalidBook for an unknown side.
        """
        if side not in {"BUY", "SELL"}:
            raise InvalidBook(f"{side!r} is neither BUY nor SELL")
        level = (self._bids if side == "BUY" else self._asks).get(price_micros(price))
        return _pair(level)[1] if level else "0"

    def hash(self, inputs: HashInputs, timestamp: str) -> str:
        """The venue's digest of this book at `timestamp`.

        Source: SHA-1 of the compact JSON that `GET /book` would give with an empty hash.
        """
        if self._bids_json is None:
            bids = self._bids
            self._bids_json = ",".join([bids[key] for key in sorted(bids)])
        if self._asks_json is None:
            asks = self._asks
            self._asks_json = ",".join([asks[key] for key in sorted(asks, reverse=True)])
        text = (
            f'{{"market":"{inputs.market}","asset_id":"{self.token}","timestamp":"{timestamp}",'
            f'"hash":"","bids":[{self._bids_json}],"asks":[{self._asks_json}],'
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


def _side(levels: Iterable[tuple[str, str]]) -> dict[int, str]:
    side: dict[int, str] = {}
    for price, size in levels:
        key = price_micros(price)
        if key in side:
            raise InvalidBook(f"the price {price} stands twice on one side")
        if not is_zero_size(size):
            side[key] = f'{{"price":"{price}","size":"{size}"}}'
    return side


def _pair(level: str) -> tuple[str, str]:
    """Price and size, out of the JSON that we wrote ourselves."""
    parts = level.split('"')
    return parts[3], parts[7]


def _level(level: str) -> Level:
    price, size = _pair(level)
    return Level(Price(Decimal(price)), Size(Decimal(size)))


@lru_cache(maxsize=16_384)
def _price(micros: int) -> Price:
    return Price(Decimal(micros) / MICROS)
