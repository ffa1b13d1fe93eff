"""Control of what happens all at once or out of time: bursts, crossed books, the venue's clock."""

import asyncio
from typing import Final

import msgspec
from aiohttp import web

from core.domain.book import NO_ASK, Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.control_errors import CannotDo, body_of
from infrastructure.sandbox.exchange.control_markets import traded_market
from infrastructure.sandbox.exchange.exchange import EXCHANGE
from infrastructure.sandbox.exchange.frames import price_change
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.matching import LevelChange

MOST_ORDERS: Final = 50_000
BURST_LEVELS: Final = 5  # lowest prices that a burst's orders rest at
LONGEST_CROSSING: Final = 60.0  # seconds
CROSSING_SIZE: Final = 5 * MICROS  # micro shares
LARGEST_SHIFT: Final = 3600.0  # seconds


class Burst(msgspec.Struct, forbid_unknown_fields=True):
    """So many orders far below the price of one token, each told in a frame of its own."""

    token: str
    orders: int = 1000


class Crossed(msgspec.Struct, forbid_unknown_fields=True):
    """A bid at the best ask, gone again after `seconds`: 0 = within the same burst of frames."""

    token: str
    seconds: float = 0.0


class Clock(msgspec.Struct, forbid_unknown_fields=True):
    """Seconds that the venue's timestamps are ahead of the true time; negative = behind."""

    shift: float


async def burst(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Burst)
    if not 0 < wish.orders <= MOST_ORDERS:
        raise CannotDo(f"orders must be between 1 and {MOST_ORDERS}")
    traded, outcome = traded_market(exchange, wish.token)
    for number in range(wish.orders):
        price = traded.state.tick * (1 + number % BURST_LEVELS)
        placed = traded.limit(outcome, Side.BUY, price, MICROS, exchange.now_ms())
        exchange.broadcast(placed.frames)
    return reply({"orders": wish.orders})


async def crossed(request: web.Request) -> web.Response:
    """As recorded: each frame's best prices and hash are those of the crossed book."""
    exchange, wish = request.app[EXCHANGE], await body_of(request, Crossed)
    if not 0 <= wish.seconds <= LONGEST_CROSSING:
        raise CannotDo(f"seconds must be between 0 and {LONGEST_CROSSING:.0f}")
    traded, outcome = traded_market(exchange, wish.token)
    state = traded.state
    at = state.books[0].best_ask_micros
    if at == NO_ASK:
        raise CannotDo("nothing is offered that a bid could cross")
    for size in (CROSSING_SIZE, 0):
        state.changed_at = str(exchange.now_ms())
        change = LevelChange(Side.BUY, at, size)
        exchange.broadcast([price_change(state, [change], outcome)])
        if size and wish.seconds:
            await asyncio.sleep(wish.seconds)
    return reply({"crossed": wish.token})


async def clock(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Clock)
    if abs(wish.shift) > LARGEST_SHIFT:
        raise CannotDo(f"shift must be within {LARGEST_SHIFT:.0f} seconds")
    exchange.shift = wish.shift
    exchange.accounts.orders.expire()
    return reply({"shift": wish.shift})
