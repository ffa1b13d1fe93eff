"""A market in which orders match: what an order does, and the frames that tell of it."""

import hashlib
from collections.abc import Mapping
from itertools import groupby
from typing import Final, NamedTuple, Protocol

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange import frames
from infrastructure.sandbox.exchange.frames import Frame, Printed
from infrastructure.sandbox.exchange.matching import Execution, Fill, MatchingEngine, opposite
from infrastructure.sandbox.exchange.state import MarketState

FINE_TICK: Final = 1_000
COARSE_TICK: Final = 10_000
REFINE: Final = 40_000  # a price this near to 0 or 1 gets the fine tick
COARSEN: Final = 50_000  # and gives it back only this far inside, so that it does not flutter


class Outcome(NamedTuple):
    """What an order did, in millionths, and what to broadcast."""

    frames: list[Frame]
    execution: Execution


class Match(NamedTuple):
    """Who met whom: fills in terms of the first outcome, the taker's side and token apart."""

    state: MarketState
    outcome: int
    side: Side
    fills: list[Fill]
    taker: str  # hash of an account's order; "" = one of the crowd
    now: int  # milliseconds


class Registrar(Protocol):
    """Whoever keeps the accounts' orders; told while the market is still busy, so it only notes."""

    def matched(self, match: Match) -> None: ...

    def swept(self, state: MarketState, orders: list[int]) -> None:
        """A coarser tick left no place for these."""
        ...


class TradedMarket:
    """One engine in terms of the first outcome, and the mirrored state that it moves.

    Prices and sides of the public methods are in terms of the `outcome` named; `now` is in
    milliseconds. Every method returns the frames in the order in which the venue would send them.
    """

    def __init__(self, state: MarketState, registrar: Registrar | None = None) -> None:
        self.state = state
        self.engine = MatchingEngine()
        self._registrar = registrar
        self._trades = 0
        self._tick_is_pinned = False

    def limit(
        self, outcome: int, side: Side, price: int, size: int, now: int, taker: str = ""
    ) -> Outcome:
        """A limit order: what crosses trades, the rest stays in the book."""
        own, at = _in_first(outcome, side, price)
        execution = self.engine.place(own, at, size, owned=bool(taker))
        return Outcome(self._commit(execution.fills, outcome, side, now, taker), execution)

    def market(
        self,
        outcome: int,
        side: Side,
        size: int,
        now: int,
        worst: int | None = None,
        *,
        taker: str = "",
    ) -> Outcome:
        """An order that takes what is there, at `worst` or better, and never rests."""
        own, limit = _in_first(outcome, side, 0 if worst is None else worst)
        fills = self.engine.take(own, size, None if worst is None else limit)
        execution = Execution(fills, None)
        return Outcome(self._commit(fills, outcome, side, now, taker), execution)

    def offers(self, outcome: int, side: Side) -> list[tuple[int, int]]:
        """What somebody with an order of this side would meet: price and size, best first."""
        own, _ = _in_first(outcome, side, 0)
        depth = self.engine.depth(opposite(own))
        met = [(MICROS - price if outcome else price, size) for price, size in depth.items()]
        return sorted(met, reverse=side is Side.SELL)

    def cancel(self, order_id: int, now: int, outcome: int = 0) -> list[Frame]:
        self.engine.cancel(order_id)
        return self._commit([], outcome, Side.BUY, now)

    def rewrite(
        self, bids: Mapping[int, int], asks: Mapping[int, int], now: int, *, deltas: bool = True
    ) -> list[Frame]:
        """Replace the book, in terms of the first outcome: one frame of deltas, or two books.

        What would cross an account's order trades with it, after the rest of the book is there.
        """
        bought, sold = self._crossing(bids, asks)
        quiet_bids = {price: size for price, size in bids.items() if price not in bought}
        quiet_asks = {price: size for price, size in asks.items() if price not in sold}
        told = self._rewrite(quiet_bids, quiet_asks, now, deltas=deltas)
        for price in sorted(sold):
            told += self.limit(0, Side.SELL, price, asks[price], now).frames
        for price in sorted(bought, reverse=True):
            told += self.limit(0, Side.BUY, price, bids[price], now).frames
        return told

    def _crossing(
        self, bids: Mapping[int, int], asks: Mapping[int, int]
    ) -> tuple[set[int], set[int]]:
        """Prices of new bids and asks that accounts' orders answer."""
        bid, ask = self.engine.best_owned(Side.BUY), self.engine.best_owned(Side.SELL)
        bought = {price for price in bids if ask is not None and price >= ask}
        return bought, {price for price in asks if bid is not None and price <= bid}

    def _rewrite(
        self, bids: Mapping[int, int], asks: Mapping[int, int], now: int, *, deltas: bool
    ) -> list[Frame]:
        before = self._tops()
        self.engine.rewrite(bids, asks)
        changes = self.engine.changes()
        if not changes:
            return []
        self.state.changed_at = str(now)
        if deltas:
            told = [frames.price_change(self.state, changes, 0)]
        else:
            for change in changes:
                self.state.apply(change)
            told = self._books(0)
        return told + self._after(before, now)

    def print_trade(self, outcome: int, side: Side, price: int, size: int, now: int) -> list[Frame]:
        """Tell of a trade that leaves the book as it is."""
        self.state.changed_at = str(now)
        trade = Printed(outcome, side, price, size)
        told = self._told_of([trade], outcome)
        self.state.note_price(now // 1000)
        return told

    def set_tick(self, tick: int, now: int) -> list[Frame]:
        """A tick that stays whatever the price does."""
        self._tick_is_pinned = True
        return self._retick(tick, now)

    def open_with(self, bids: Mapping[int, int], asks: Mapping[int, int]) -> None:
        """The book at the start, told to nobody."""
        self.engine.rewrite(bids, asks)
        for change in self.engine.changes():
            self.state.apply(change)

    def remember_trade(self, outcome: int, side: Side, price: int) -> None:
        """A trade from before the start."""
        self.state.note_trade(outcome, side, price, 0)

    def _commit(
        self, fills: list[Fill], outcome: int, side: Side, now: int, taker: str = ""
    ) -> list[Frame]:
        before = self._tops()
        changes = self.engine.changes()
        if not changes:
            return []
        self.state.changed_at = str(now)
        if fills:
            for change in changes:
                self.state.apply(change)
            told = self._told_of(_printed(fills, outcome, side), outcome)
            if self._registrar is not None:
                self._registrar.matched(Match(self.state, outcome, side, fills, taker, now))
        else:
            told = [frames.price_change(self.state, [change], outcome) for change in changes]
        return told + self._after(before, now)

    def _after(self, before: list[tuple[str, str]], now: int) -> list[Frame]:
        """What follows a change: the quote for those who enabled it, and perhaps another tick."""
        self.state.note_price(now // 1000)
        quotes = [
            frames.best_bid_ask(self.state, outcome)
            for outcome, tops in enumerate(self._tops())
            if tops != before[outcome]
        ]
        return quotes + self._retick(self._due_tick(), now)

    def _told_of(self, trades: list[Printed], outcome: int) -> list[Frame]:
        """As recorded: both books first, already hashed with the new last trade, then the trade."""
        for trade in trades:
            self.state.note_trade(*trade)
        prints = [frames.last_trade_price(self.state, trade, self._receipt()) for trade in trades]
        return self._books(outcome) + prints

    def _books(self, first: int) -> list[Frame]:
        return [frames.book_after_trade(self.state, outcome) for outcome in (first, 1 - first)]

    def _receipt(self) -> str:
        self._trades += 1
        digest = hashlib.sha256(f"{self.state.listed.condition_id}/{self._trades}".encode())
        return f"0x{digest.hexdigest()}"

    def _tops(self) -> list[tuple[str, str]]:
        return [frames.tops(book) for book in self.state.books]

    def _due_tick(self) -> int:
        """The venue refines the tick near 0 and 1, and takes that back further inside."""
        if self.state.listed.tick != COARSE_TICK or self._tick_is_pinned:
            return self.state.tick
        bid, ask = self.engine.best_bid or 0, self.engine.best_ask or MICROS
        edge = min(bid + ask, 2 * MICROS - bid - ask) // 2  # the midpoint's distance to 0 or 1
        if edge < REFINE:
            return FINE_TICK
        return COARSE_TICK if edge >= COARSEN else self.state.tick

    def _retick(self, tick: int, now: int) -> list[Frame]:
        old = self.state.tick
        if tick == old:
            return []
        told = self._clear_off_grid(tick, now) if tick > old else []
        self.state.tick = tick
        self.state.changed_at = str(now)
        return told + [frames.tick_size_change(self.state, outcome, old) for outcome in (0, 1)]

    def _clear_off_grid(self, tick: int, now: int) -> list[Frame]:
        off = [
            order
            for side in Side
            for price in self.engine.depth(side)
            if price % tick
            for order in self.engine.orders(side, price)
        ]
        for order in off:
            self.engine.cancel(order)
        self.state.changed_at = str(now)
        if off and self._registrar is not None:
            self._registrar.swept(self.state, off)
        changes = self.engine.changes()
        return [frames.price_change(self.state, changes, 0)] if changes else []


def _in_first(outcome: int, side: Side, price: int) -> tuple[Side, int]:
    return (opposite(side), MICROS - price) if outcome else (side, price)


def _printed(fills: list[Fill], outcome: int, side: Side) -> list[Printed]:
    """One trade a price, in terms of the taker's token."""
    return [
        Printed(
            outcome, side, MICROS - price if outcome else price, sum(fill.size for fill in same)
        )
        for price, same in groupby(fills, key=lambda fill: fill.price)
    ]
