"""What the CLOB's requests ask for, and how they are refused."""

from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.state import MarketState

MOST_TOKENS: Final = 500  # in one batch
NO_BOOK: Final = "No orderbook exists for the requested token id"

Found = tuple[MarketState, int]


class TokenRequest(msgspec.Struct, frozen=True):
    """An entry of a batch."""

    token_id: str
    side: str = ""


_BATCH: Final = msgspec.json.Decoder(list[TokenRequest])


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns `Refused` into the CLOB's error body."""
    try:
        return await handler(request)
    except Refused as error:
        refusal = reply({"error": str(error)}, error.status)
        refusal.headers.update(error.headers)
        return refusal


def book_of(exchange: ExchangeSandbox, token: str) -> Found | None:
    """A token's market, if it has a book."""
    found = exchange.find(token)
    return found if found and found[0].has_book(found[1]) else None


def with_book(request: web.Request) -> Found:
    found = book_of(request.app[EXCHANGE], _token(request))
    if found is None:
        raise Refused(404, NO_BOOK)
    return found


def known(request: web.Request) -> Found:
    """A token's market, open or not."""
    found = request.app[EXCHANGE].find(_token(request))
    if found is None:
        raise Refused(404, "market not found")
    return found


def _token(request: web.Request) -> str:
    token = request.match_info.get("token") or request.query.get("token_id", "")
    if not (token.isascii() and token.isdigit()):
        raise Refused(400, "Invalid token id")
    return token


def market_of(request: web.Request) -> MarketState:
    state = request.app[EXCHANGE].states.get(request.match_info["condition_id"])
    if state is None:
        raise Refused(404, "market not found")
    return state


async def batch(request: web.Request) -> list[TokenRequest]:
    try:
        entries = _BATCH.decode(await request.read())
    except msgspec.DecodeError as error:
        raise Refused(400, "Invalid payload") from error
    if len(entries) > MOST_TOKENS:
        raise Refused(400, "Payload exceeds the limit")
    return entries
