"""Control of markets: prices, books, trades, orders, flow, endings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

import msgspec
from aiohttp import web

from core.domain.book import Side
from core.domain.units import MICROS, plain_decimal, price_micros
from infrastructure.sandbox.exchange.catalogue import Builder
from infrastructure.sandbox.exchange.control_errors import CannotDo, body_of
from infrastructure.sandbox.exchange.decimals import micros, text
from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.frames import rest_book
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.listing import ListedMarket
from infrastructure.sandbox.exchange.matching import Fill
from infrastructure.sandbox.exchange.plans import COARSE, EventPlan, MarketPlan
from infrastructure.sandbox.exchange.state import MarketState
from infrastructure.sandbox.exchange.trading import TradedMarket

USUAL_LEVELS: Final = 5
FASTEST: Final = 20_000.0  # orders a second
Via = Literal["deltas", "books"]
Levels = list[tuple[str, str]]


class SetPrice(msgspec.Struct, forbid_unknown_fields=True):
    """A book around `price`; the flow trades around it from then on."""

    token: str
    price: str
    spread: str | None = None
    size: str = "100"
    levels: int = USUAL_LEVELS
    via: Via = "deltas"


class SetBook(msgspec.Struct, forbid_unknown_fields=True):
    token: str
    bids: Levels
    asks: Levels
    via: Via = "deltas"


class PrintTrade(msgspec.Struct, forbid_unknown_fields=True):
    token: str
    price: str
    size: str
    side: Side = Side.BUY


class PlaceOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Without a price: take what is there."""

    token: str
    side: Side
    size: str
    price: str | None = None


class SetFlow(msgspec.Struct, forbid_unknown_fields=True):
    rate: float


class Resolve(msgspec.Struct, forbid_unknown_fields=True):
    """Payouts by outcome. `whole_event` ends its other markets with No."""

    market: str
    payouts: tuple[str, str] = ("1", "0")
    whole_event: bool = False


class Pause(msgspec.Struct, forbid_unknown_fields=True):
    market: str
    paused: bool = True


class Close(msgspec.Struct, forbid_unknown_fields=True):
    market: str


class SetTick(msgspec.Struct, forbid_unknown_fields=True):
    market: str
    tick: str


class NewMarket(msgspec.Struct, forbid_unknown_fields=True):
    question: str
    chance: float = 0.5


async def set_price(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, SetPrice)
    traded, outcome = traded_market(exchange, wish.token)
    at, size = price_micros(wish.price), micros(wish.size)
    tick = traded.state.tick
    spread = micros(wish.spread) if wish.spread else tick * (1 if at % tick else 2)
    best_bid, best_ask = at - spread // 2, at + (spread + 1) // 2
    bids = {best_bid - step * tick: size for step in range(wish.levels)}
    asks = {best_ask + step * tick: size for step in range(wish.levels)}
    _rewrite(exchange, wish.token, bids, asks, wish.via)
    chance = at / MICROS
    exchange.pin(traded.state.listed, 1 - chance if outcome else chance)
    return _told(exchange, wish.token)


async def set_book(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, SetBook)
    _rewrite(exchange, wish.token, _levels(wish.bids), _levels(wish.asks), wish.via)
    return _told(exchange, wish.token)


async def print_trade(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, PrintTrade)
    traded, outcome = traded_market(exchange, wish.token)
    price, size = price_micros(wish.price), micros(wish.size)
    now = exchange.now_ms()
    exchange.broadcast(traded.print_trade(outcome, wish.side, price, size, now))
    return _told(exchange, wish.token)


async def place_order(request: web.Request) -> web.Response:
    """The fills come back in terms of the token."""
    exchange, wish = request.app[EXCHANGE], await body_of(request, PlaceOrder)
    traded, outcome = traded_market(exchange, wish.token)
    size, now = micros(wish.size), exchange.now_ms()
    if not size:
        raise CannotDo("size must be positive")
    if wish.price is None:
        done = traded.market(outcome, wish.side, size, now)
    else:
        at = _on_grid(price_micros(wish.price), traded.state.tick)
        done = traded.limit(outcome, wish.side, at, size, now)
    exchange.broadcast(done.frames)
    fills = [_fill(fill, outcome) for fill in done.execution.fills]
    return reply({"fills": fills, "resting": done.execution.resting})


async def set_flow(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, SetFlow)
    if not 0 <= wish.rate <= FASTEST:
        raise CannotDo(f"rate must be between 0 and {FASTEST:.0f} orders a second")
    exchange.set_rate(wish.rate)
    return reply({"rate": exchange.rate})


async def resolve(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Resolve)
    market = _market(exchange, wish.market)
    first, second = (plain_decimal(payout) for payout in wish.payouts)
    if first + second != 1:
        raise CannotDo("payouts must add up to 1")
    exchange.resolve(market, (first, second))
    for other in exchange.catalogue.events[market.event_id].markets if wish.whole_event else ():
        if other is not market:
            exchange.resolve(other, (Decimal(0), Decimal(1)))
    return reply({"market": market.id, "payouts": wish.payouts})


async def pause(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Pause)
    market = _market(exchange, wish.market)
    exchange.state_of(market).accepts_orders = not wish.paused
    return reply({"market": market.id, "paused": wish.paused})


async def close(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Close)
    market = _market(exchange, wish.market)
    exchange.close(market)
    return reply({"market": market.id, "closed": True})


async def set_tick(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, SetTick)
    market, tick = _market(exchange, wish.market), price_micros(wish.tick)
    if not tick or MICROS % tick:
        raise CannotDo(f"{wish.tick} does not divide 1")
    traded, _ = traded_market(exchange, market.tokens[0])
    exchange.broadcast(traded.set_tick(tick, exchange.now_ms()))
    return reply({"market": market.id, "tick": text(traded.state.tick)})


async def new_market(request: web.Request) -> web.Response:
    """List a market now; its ids follow from how many there are already."""
    exchange, wish = request.app[EXCHANGE], await body_of(request, NewMarket)
    if not 0 < wish.chance < 1:
        raise CannotDo("chance must be between 0 and 1")
    if exchange.replay is not None:
        raise CannotDo("a replay lists no markets")
    plan = EventPlan(
        title=wish.question,
        category="Culture",
        rule="Listed by the control.",
        ends_at=exchange.now().replace(year=exchange.now().year + 1),
        markets=(MarketPlan(question=wish.question, chance=wish.chance),),
        tick=COARSE,
    )
    event = Builder.later(exchange.options.seed, exchange.now(), len(exchange.states)).event(plan)
    exchange.add_event(event)
    return reply({"market": event.markets[0].id, "tokens": event.markets[0].tokens})


async def state(request: web.Request) -> web.Response:
    exchange = request.app[EXCHANGE]
    return _told(exchange, request.query.get("token", ""))


def _told(exchange: ExchangeSandbox, token: str) -> web.Response:
    """Everything about a token, its book as REST would give it."""
    found, outcome = _found(exchange, token)
    price = found.price(outcome)
    return reply(
        {
            "market": found.listed.id,
            "question": found.listed.question,
            "outcome": found.listed.outcomes[outcome],
            "price": None if price is None else f"{price.normalize():f}",
            "book": rest_book(found, outcome),
            "accepts_orders": found.accepts_orders,
            "closed": found.is_closed,
            "payouts": None if found.payouts is None else [str(each) for each in found.payouts],
        }
    )


def _rewrite(
    exchange: ExchangeSandbox,
    token: str,
    bids: Mapping[int, int],
    asks: Mapping[int, int],
    via: Via,
) -> None:
    """Levels in terms of `token`; what lies outside the grid is left out."""
    traded, outcome = traded_market(exchange, token)
    tick = traded.state.tick
    bids, asks = (
        {_on_grid(price, tick): size for price, size in side.items() if 0 < price < MICROS}
        for side in (bids, asks)
    )
    if bids and asks and max(bids) >= min(asks):
        raise CannotDo("this book is crossed")
    if outcome:
        bids, asks = _mirrored(asks), _mirrored(bids)
    deltas = via == "deltas"
    exchange.broadcast(traded.rewrite(bids, asks, exchange.now_ms(), deltas=deltas))


def _found(exchange: ExchangeSandbox, token: str) -> tuple[MarketState, int]:
    found = exchange.find(token)
    if found is None:
        raise CannotDo("no such token")
    return found


def traded_market(exchange: ExchangeSandbox, token: str) -> tuple[TradedMarket, int]:
    """The market of a token and which of its outcomes it is. Raises: CannotDo."""
    found, outcome = _found(exchange, token)
    traded = exchange.traded.get(found.listed.condition_id)
    if traded is None:
        raise CannotDo("a replay has no orders to change")
    if found.payouts is not None:
        raise CannotDo("this market is resolved")
    return traded, outcome


def _market(exchange: ExchangeSandbox, name: str) -> ListedMarket:
    """By Gamma id, condition id, slug or one of its tokens."""
    for market in exchange.catalogue.markets.values():
        if name in {market.id, market.condition_id, market.slug, *market.tokens}:
            return market
    raise CannotDo("no such market")


def _levels(levels: Levels) -> dict[int, int]:
    return {price_micros(price): micros(size) for price, size in levels}


def _mirrored(levels: Mapping[int, int]) -> dict[int, int]:
    return {MICROS - price: size for price, size in levels.items()}


def _on_grid(price: int, tick: int) -> int:
    if price % tick or not 0 < price < MICROS:
        raise CannotDo(f"{text(max(price, 0))} is not on the grid of {text(tick)}")
    return price


def _fill(fill: Fill, outcome: int) -> dict[str, str]:
    price = MICROS - fill.price if outcome else fill.price
    return {"price": text(price), "size": text(fill.size)}
