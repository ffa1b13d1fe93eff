"""Matching of one market by price, then time; everything in terms of its first outcome."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from core.domain.book import Side


@dataclass(frozen=True, slots=True)
class Fill:
    """Shares that changed hands at a resting order's price, both in millionths."""

    price: int
    size: int
    maker: int = field(default=0, compare=False)  # id of the order that rested


class LevelChange(NamedTuple):
    """What rests at a price now; 0 = nothing any more."""

    side: Side
    price: int
    size: int


class Execution(NamedTuple):
    """What became of an order: its fills, and the id of what rests of it."""

    fills: list[Fill]
    resting: int | None


@dataclass(slots=True)
class Order:
    """A resting order; `left` shrinks with each fill."""

    id: int
    side: Side
    price: int
    left: int
    is_owned: bool = False  # by an account: nobody else may take it out of the book


@dataclass(slots=True)
class Level:
    """Orders at one price in order of arrival."""

    total: int = 0
    orders: dict[int, Order] = field(default_factory=dict)


Levels = dict[int, Level]


def opposite(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


class MatchingEngine:
    """Resting orders of one market. Never crossed: what could trade has traded."""

    def __init__(self) -> None:
        self._sides: dict[Side, Levels] = {Side.BUY: {}, Side.SELL: {}}
        self._orders: dict[int, Order] = {}
        self._ids = count(1)
        self._touched: dict[tuple[Side, int], None] = {}

    @property
    def best_bid(self) -> int | None:
        return max(self._sides[Side.BUY], default=None)

    @property
    def best_ask(self) -> int | None:
        return min(self._sides[Side.SELL], default=None)

    @property
    def resting(self) -> int:
        """Orders in the book."""
        return len(self._orders)

    def depth(self, side: Side) -> dict[int, int]:
        """Shares by price."""
        return {price: level.total for price, level in self._sides[side].items()}

    def orders(self, side: Side, price: int) -> list[int]:
        """Ids of what rests at `price`, oldest first."""
        level = self._sides[side].get(price)
        return list(level.orders) if level else []

    def rests(self, order_id: int) -> bool:
        return order_id in self._orders

    def unowned(self, side: Side, price: int) -> list[int]:
        """The same without accounts' orders."""
        return [each for each in self.orders(side, price) if not self._orders[each].is_owned]

    def best_owned(self, side: Side) -> int | None:
        """The best price at which an account's order rests."""
        prices = [
            each.price for each in self._orders.values() if each.is_owned and each.side is side
        ]
        return (max if side is Side.BUY else min)(prices, default=None)

    def place(self, side: Side, price: int, size: int, *, owned: bool = False) -> Execution:
        """Take what is offered at `price` or better; the remainder rests."""
        fills = self.take(side, size, price)
        left = size - sum(fill.size for fill in fills)
        return Execution(fills, self._rest(side, price, left, owned=owned) if left else None)

    def take(self, side: Side, size: int, worst: int | None = None) -> list[Fill]:
        """Fill up to `size` at `worst` or better; nothing rests."""
        fills: list[Fill] = []
        for order in self._offers(side, worst):
            taken = min(order.left, size)
            if not taken:
                break
            size -= taken
            fills.append(Fill(order.price, taken, order.id))
            self._shrink(order, taken)
        return fills

    def cancel(self, order_id: int) -> bool:
        """Whether there was such an order."""
        order = self._orders.get(order_id)
        if order is None:
            return False
        self._shrink(order, order.left)
        return True

    def rewrite(self, bids: Mapping[int, int], asks: Mapping[int, int]) -> None:
        """Replace the whole book by (price, size) levels; accounts' orders stay beside them.

        The changes come in an order in which no step crosses the book or empties a side in passing.
        """
        up = max(bids, default=0) >= (self.best_bid or 0)
        wanted = {Side.BUY: bids, Side.SELL: asks}
        for side in (Side.SELL, Side.BUY) if up else (Side.BUY, Side.SELL):
            self._rewrite_side(side, wanted[side])

    def changes(self) -> list[LevelChange]:
        """Levels that changed since this was asked last, in the order of their first change."""
        touched, self._touched = self._touched, {}
        return [
            LevelChange(side, price, level.total if (level := self._sides[side].get(price)) else 0)
            for side, price in touched
        ]

    def _offers(self, side: Side, worst: int | None) -> Iterator[Order]:
        levels = self._sides[opposite(side)]
        while levels:
            best = min(levels) if side is Side.BUY else max(levels)
            beyond = worst is not None and (best > worst if side is Side.BUY else best < worst)
            if beyond:
                return
            yield next(iter(levels[best].orders.values()))

    def _rest(self, side: Side, price: int, size: int, *, owned: bool = False) -> int:
        order = Order(next(self._ids), side, price, size, owned)
        level = self._sides[side].setdefault(price, Level())
        level.orders[order.id] = order
        level.total += size
        self._orders[order.id] = order
        self._touched[side, price] = None
        return order.id

    def _shrink(self, order: Order, size: int) -> None:
        levels = self._sides[order.side]
        level = levels[order.price]
        order.left -= size
        level.total -= size
        if not order.left:
            del level.orders[order.id], self._orders[order.id]
        if not level.orders:
            del levels[order.price]
        self._touched[order.side, order.price] = None

    def _rewrite_side(self, side: Side, wanted: Mapping[int, int]) -> None:
        before = self._unowned_depth(side)
        for price, size in wanted.items():
            if before.get(price) != size:
                self._clear(side, price)
                self._rest(side, price, size)
        for price in before.keys() - wanted.keys():
            self._clear(side, price)

    def _clear(self, side: Side, price: int) -> None:
        for order_id in self.unowned(side, price):
            self.cancel(order_id)

    def _unowned_depth(self, side: Side) -> dict[int, int]:
        """Shares by price without accounts' orders; prices with nothing else are left out."""
        depth = {
            price: sum(each.left for each in level.orders.values() if not each.is_owned)
            for price, level in self._sides[side].items()
        }
        return {price: size for price, size in depth.items() if size}
