"""The CLOB's public paths: books, prices, history, market parameters."""

from collections.abc import Callable

from aiohttp import web

from core.domain.book import Side
from infrastructure.sandbox.exchange import clob_json
from infrastructure.sandbox.exchange.clob_history import prices_history
from infrastructure.sandbox.exchange.clob_requests import (
    NO_BOOK,
    batch,
    book_of,
    known,
    market_of,
    with_book,
)
from infrastructure.sandbox.exchange.decimals import number, text
from infrastructure.sandbox.exchange.exchange import EXCHANGE
from infrastructure.sandbox.exchange.frames import rest_book
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.state import MarketState


async def server_time(request: web.Request) -> web.Response:
    return reply(request.app[EXCHANGE].now_ms() // 1000)


async def ok(_: web.Request) -> web.Response:
    return reply("OK")


async def book(request: web.Request) -> web.Response:
    state, outcome = with_book(request)
    return reply(rest_book(state, outcome))


async def books(request: web.Request) -> web.Response:
    """Unknown tokens are left out."""
    found = [book_of(request.app[EXCHANGE], each.token_id) for each in await batch(request)]
    return reply([rest_book(*each) for each in found if each is not None])


async def price(request: web.Request) -> web.Response:
    state, outcome = with_book(request)
    side = request.query.get("side", "").upper()
    if side not in set(Side):
        raise Refused(400, "Invalid side")
    found = _best(state, outcome, side)
    if found is None:
        raise Refused(404, NO_BOOK)
    return reply({"price": found})


async def prices(request: web.Request) -> web.Response:
    """By token, then by side."""
    answer: dict[str, dict[str, str]] = {}
    for each in await batch(request):
        found = book_of(request.app[EXCHANGE], each.token_id)
        best = _best(*found, each.side.upper()) if found else None
        if best is not None:
            answer.setdefault(each.token_id, {})[each.side.upper()] = best
    return reply(answer)


async def midpoint(request: web.Request) -> web.Response:
    found = _midpoint(*with_book(request))
    if found is None:
        raise Refused(404, NO_BOOK)
    return reply({"mid": found})


async def midpoints(request: web.Request) -> web.Response:
    return reply(await _by_token(request, _midpoint))


async def spread(request: web.Request) -> web.Response:
    found = _spread(*with_book(request))
    if found is None:
        raise Refused(404, NO_BOOK)
    return reply({"spread": found})


async def spreads(request: web.Request) -> web.Response:
    return reply(await _by_token(request, _spread))


async def last_trade_price(request: web.Request) -> web.Response:
    state, outcome = with_book(request)
    trade = state.own_trades[outcome]
    if trade is None:
        return reply({"price": "0.5", "side": ""})
    return reply({"price": text(trade.price), "side": trade.side.value})


async def tick_size(request: web.Request) -> web.Response:
    return reply({"minimum_tick_size": number(known(request)[0].tick)})


async def neg_risk(request: web.Request) -> web.Response:
    return reply({"neg_risk": known(request)[0].listed.neg_risk})


async def fee_rate(request: web.Request) -> web.Response:
    return reply({"base_fee": 0 if known(request)[0].listed.fees is None else 1000})


async def clob_market(request: web.Request) -> web.Response:
    return reply(clob_json.details_json(market_of(request)))


async def market(request: web.Request) -> web.Response:
    state, exchange = market_of(request), request.app[EXCHANGE]
    return reply(clob_json.market_json(state, exchange.catalogue.events[state.listed.event_id]))


async def market_by_token(request: web.Request) -> web.Response:
    listed = known(request)[0].listed
    first, second = listed.tokens
    return reply(
        {
            "condition_id": listed.condition_id,
            "primary_token_id": first,
            "secondary_token_id": second,
        }
    )


async def simplified_markets(request: web.Request) -> web.Response:
    states = request.app[EXCHANGE].states.values()
    return reply(clob_json.page_json([clob_json.simplified_json(state) for state in states]))


async def markets(request: web.Request) -> web.Response:
    exchange = request.app[EXCHANGE]
    events = exchange.catalogue.events
    return reply(
        clob_json.page_json(
            [
                clob_json.market_json(state, events[state.listed.event_id])
                for state in exchange.states.values()
            ]
        )
    )


def clob_routes(prefix: str = "") -> list[web.RouteDef]:
    return [
        web.get(f"{prefix}/time", server_time),
        web.get(f"{prefix}/ok", ok),
        web.get(f"{prefix}/book", book),
        web.post(f"{prefix}/books", books),
        web.get(f"{prefix}/price", price),
        web.post(f"{prefix}/prices", prices),
        web.get(f"{prefix}/midpoint", midpoint),
        web.post(f"{prefix}/midpoints", midpoints),
        web.get(f"{prefix}/spread", spread),
        web.post(f"{prefix}/spreads", spreads),
        web.get(f"{prefix}/last-trade-price", last_trade_price),
        web.get(f"{prefix}/prices-history", prices_history),
        web.get(f"{prefix}/tick-size", tick_size),
        web.get(f"{prefix}/tick-size/{{token}}", tick_size),
        web.get(f"{prefix}/neg-risk", neg_risk),
        web.get(f"{prefix}/fee-rate", fee_rate),
        web.get(f"{prefix}/clob-markets/{{condition_id}}", clob_market),
        web.get(f"{prefix}/markets-by-token/{{token}}", market_by_token),
        web.get(f"{prefix}/markets/{{condition_id:0x[0-9a-fA-F]*}}", market),
        web.get(f"{prefix}/simplified-markets", simplified_markets),
    ]


async def _by_token(
    request: web.Request, answer: Callable[[MarketState, int], str | None]
) -> dict[str, str]:
    answers: dict[str, str] = {}
    for each in await batch(request):
        found = book_of(request.app[EXCHANGE], each.token_id)
        told = answer(*found) if found else None
        if told is not None:
            answers[each.token_id] = told
    return answers


def _best(state: MarketState, outcome: int, side: str) -> str | None:
    """BUY is the best bid, SELL the best ask."""
    own = state.books[outcome]
    found = own.best_bid if side == Side.BUY else own.best_ask
    return None if found is None else f"{found.normalize():f}"


def _midpoint(state: MarketState, outcome: int) -> str | None:
    own = state.books[outcome]
    if own.is_empty:
        return None
    return text((own.best_bid_micros + own.best_ask_micros) // 2)


def _spread(state: MarketState, outcome: int) -> str | None:
    own = state.books[outcome]
    if own.best_bid is None or own.best_ask is None:
        return None
    return text(own.best_ask_micros - own.best_bid_micros)
