"""Seeded traders: limit orders, cancels and market orders around each market's fair value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.fair import Exclusive, FairValues, Independent, Ladder
from infrastructure.sandbox.exchange.frames import Frame
from infrastructure.sandbox.exchange.listing import ListedEvent
from infrastructure.sandbox.exchange.matching import opposite
from infrastructure.sandbox.exchange.trading import TradedMarket

FEWEST_LEVELS: Final = 5
MOST_LEVELS: Final = 30
ORDERS_PER_LEVEL: Final = 4
DEPTH: Final = 5  # larger = orders nearer to the best price
TRADED: Final = 0.9  # share of markets that have seen a trade at the start
STRIDE: Final = 0.008  # log-odds a step
TAKERS: Final = 0.1  # share of orders that take
PLACERS: Final = 0.55  # below this and above TAKERS: orders that rest; the others cancel
SECOND_OUTCOME: Final = 0.4  # share of orders that are for the second outcome
ROUND_SIZES: Final = (5, 10, 15, 20, 25, 40, 50, 75, 100, 150, 200, 250, 500, 1000, 2500)
UNEVEN: Final = 0.3  # share of sizes with cents
SLIPPAGE: Final = 3  # ticks beyond the best price that a taker accepts
EDGE: Final = 0.002  # no fair value nearer to 0 or 1


@dataclass(slots=True)
class Seat:
    """One market, and where its fair value is read."""

    market: TradedMarket
    fair: FairValues
    index: int
    pinned: float | None = None  # a chance that holds instead

    def centre(self) -> float:
        """Fair value in ticks."""
        chance = self.fair.chance(self.index) if self.pinned is None else self.pinned
        return min(max(chance, EDGE), 1 - EDGE) * MICROS / self.market.state.tick


class OrderFlow:
    """All traders together. The same seed gives the same orders, whatever the clock says."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._seats: list[Seat] = []
        self._weights: list[float] = []

    def join(self, event: ListedEvent, markets: Sequence[TradedMarket]) -> None:
        """Open the books of an event's markets and trade in them from now on."""
        fair = fair_values(event)
        for index, market in enumerate(markets):
            seat = Seat(market, fair, index)
            if market.state.has_book(0):
                self._open(seat)
            self._seats.append(seat)
        self._weights = list(accumulate(s.market.state.listed.activity for s in self._seats))

    def pin(self, condition_id: str, chance: float) -> None:
        """Hold a market's fair value at `chance` of its first outcome."""
        for seat in self._seats:
            if seat.market.state.listed.condition_id == condition_id:
                seat.pinned = chance

    def step(self, now: int) -> list[Frame]:
        """One trader acts in one market; nothing where trading is paused."""
        seat = self._rng.choices(self._seats, cum_weights=self._weights)[0]
        if not seat.market.state.accepts_orders:
            return []
        seat.fair.move(seat.index, self._rng, STRIDE)
        side = self._rng.choice((Side.BUY, Side.SELL))
        outcome = int(self._rng.random() < SECOND_OUTCOME)
        whim = self._rng.random()
        levels, target = len(seat.market.engine.depth(side)), _target(seat)
        crowded = seat.market.engine.resting > 2 * ORDERS_PER_LEVEL * target
        if whim < TAKERS:
            return self._take(seat, side, outcome, now)
        if levels < target // 2 or (whim < PLACERS and not crowded):
            return self._place(seat, side, outcome, now)
        return self._cancel(seat, side, outcome, now) if levels > FEWEST_LEVELS // 2 else []

    def _open(self, seat: Seat) -> None:
        """Orders, and for most markets a trade, from before the start."""
        market = seat.market
        market.open_with(self._opening(seat, Side.BUY), self._opening(seat, Side.SELL))
        if market.engine.best_bid and self._rng.random() < TRADED:
            outcome = int(self._rng.random() < SECOND_OUTCOME)
            price = market.engine.best_bid
            market.remember_trade(outcome, Side.BUY, MICROS - price if outcome else price)

    def _place(self, seat: Seat, side: Side, outcome: int, now: int) -> list[Frame]:
        price = self._quote(seat, side, self._depth(seat))
        if price is None:
            return []
        own, at = (side, price) if not outcome else (opposite(side), MICROS - price)
        return seat.market.limit(outcome, own, at, self._size(seat), now).frames

    def _depth(self, seat: Seat) -> float:
        """Ticks behind the best quote: none while the spread is wider than usual."""
        engine = seat.market.engine
        bid, ask = engine.best_bid, engine.best_ask
        depth = self._rng.expovariate(DEPTH / _target(seat))
        if bid is None or ask is None:
            return depth
        is_wide = ask - bid > 2 * _half_spread(seat) * seat.market.state.tick
        return 0.0 if is_wide else depth

    def _take(self, seat: Seat, side: Side, outcome: int, now: int) -> list[Frame]:
        engine, tick = seat.market.engine, seat.market.state.tick
        best = engine.best_ask if side is Side.BUY else engine.best_bid
        if best is None or len(engine.depth(opposite(side))) <= FEWEST_LEVELS // 2:
            return []
        beyond = SLIPPAGE * tick * (1 if side is Side.BUY else -1)
        worst = min(max(best + beyond, 0), MICROS)
        size = self._size(seat) // 4
        if self._rng.random() < UNEVEN:  # an amount of money, so the shares are no round number
            size = self._rng.randint(2, 60) * MICROS * MICROS // best
        own, limit = (side, worst) if not outcome else (opposite(side), MICROS - worst)
        return seat.market.market(outcome, own, size, now, limit).frames

    def _cancel(self, seat: Seat, side: Side, outcome: int, now: int) -> list[Frame]:
        engine = seat.market.engine
        prices = sorted(engine.depth(side), reverse=side is Side.BUY)  # best first
        stale = self._is_stale(seat, side, prices[0])
        price = prices[0] if stale else self._rng.choice(prices)
        orders = engine.unowned(side, price)
        if not orders:
            return []
        return seat.market.cancel(self._rng.choice(orders), now, outcome)

    def _is_stale(self, seat: Seat, side: Side, best: int) -> bool:
        centre = seat.centre() * seat.market.state.tick
        return best > centre if side is Side.BUY else best < centre

    def _quote(self, seat: Seat, side: Side, depth: float) -> int | None:
        """A price on the grid, some spread and `depth` ticks off fair value; None off the grid."""
        tick = seat.market.state.tick
        away = self._rng.uniform(0.3, _half_spread(seat)) + depth
        ticks = (
            math.floor(seat.centre() - away)
            if side is Side.BUY
            else math.ceil(seat.centre() + away)
        )
        return ticks * tick if 0 < ticks * tick < MICROS else None

    def _size(self, seat: Seat) -> int:
        """Micro shares, mostly round, larger in busy markets."""
        if self._rng.random() < UNEVEN:
            return self._rng.randint(500, 40_000) * 10_000
        largest = 6 + round(seat.market.state.listed.liquidity * (len(ROUND_SIZES) - 6))
        return self._rng.choice(ROUND_SIZES[:largest]) * MICROS

    def _opening(self, seat: Seat, side: Side) -> dict[int, int]:
        """Levels at the start: near ones thin, far ones thick."""
        levels: dict[int, int] = {}
        depth = 0.0
        for _ in range(_target(seat)):
            price = self._quote(seat, side, depth)
            if price is None:
                break
            levels[price] = levels.get(price, 0) + self._size(seat)
            depth += self._rng.choice((1, 1, 1, 2, 5))
        return levels


def fair_values(event: ListedEvent) -> FairValues:
    chances = [market.chance for market in event.markets]
    if event.ladder:
        return Ladder(*event.ladder)
    return Exclusive(chances) if event.neg_risk else Independent(chances)


def _target(seat: Seat) -> int:
    """Levels a side that a market of this liquidity usually shows."""
    return FEWEST_LEVELS + round(seat.market.state.listed.liquidity * MOST_LEVELS)


def _half_spread(seat: Seat) -> float:
    """Ticks: about one for the most liquid, many for the others."""
    return 1.2 + 9 * (1 - seat.market.state.listed.liquidity) ** 3
