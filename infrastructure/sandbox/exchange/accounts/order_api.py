"""Orders over HTTP: placing and cancelling, one or many."""

from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from core.domain.book import Side
from infrastructure.sandbox.exchange.accounts.asking import admitted, asking, with_headers
from infrastructure.sandbox.exchange.accounts.desk import Placed
from infrastructure.sandbox.exchange.accounts.keys import ApiKey
from infrastructure.sandbox.exchange.accounts.order_wire import (
    INVALID_PAYLOAD,
    Sent,
    read_order,
    read_orders,
)
from infrastructure.sandbox.exchange.accounts.records import AccountOrder
from infrastructure.sandbox.exchange.decimals import text
from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.refused import Refused

MOST_ORDERS: Final = 15
MOST_CANCELS: Final = 1000
BLOCKED: Final = (
    "Trading restricted in your region, please refer to available regions - "
    "https://docs.polymarket.com/developers/CLOB/geoblock"
)
UNKNOWN: Final = "order can't be found - already canceled or matched"


Wish = TypeVar("Wish")


class CancelOne(msgspec.Struct, frozen=True):
    orderID: str  # noqa: N815 - the venue's spelling


class CancelMarket(msgspec.Struct, frozen=True):
    market: str = ""
    asset_id: str = ""


async def post_order(request: web.Request) -> web.Response:
    exchange, key = await _trading(request)
    sent = read_order(await request.read())
    headers = admitted(request, key, "orders", 1)
    try:
        placed = exchange.accounts.orders.place(sent, key)
    except Refused as error:
        return with_headers(reply({"error": str(error)}, error.status), headers)
    return with_headers(reply(_placed(placed)), headers)


async def post_orders(request: web.Request) -> web.Response:
    exchange, key = await _trading(request)
    batch = read_orders(await request.read())
    if len(batch) > MOST_ORDERS:
        problem = f"Too many orders in payload: {len(batch)}, max allowed: {MOST_ORDERS}"
        raise Refused(400, problem)
    headers = admitted(request, key, "orders", len(batch))
    return with_headers(reply([_leg(exchange, sent, key) for sent in batch]), headers)


async def cancel_order(request: web.Request) -> web.Response:
    key = await asking(request)
    wish = _read(await request.read(), CancelOne)
    return _cancelled(request, key, [wish.orderID])


async def cancel_orders(request: web.Request) -> web.Response:
    key = await asking(request)
    ids = _read(await request.read(), list[str])
    if len(ids) > MOST_CANCELS:
        raise Refused(400, f"Too many orders in payload: {len(ids)}, max allowed: {MOST_CANCELS}")
    return _cancelled(request, key, ids)


async def cancel_all(request: web.Request) -> web.Response:
    key = await asking(request)
    return _cancelled_many(request, key, _open(request, key))


async def cancel_market(request: web.Request) -> web.Response:
    key = await asking(request)
    wish = _read(await request.read() or b"{}", CancelMarket)
    chosen = [
        order
        for order in _open(request, key)
        if wish.market in {"", order.state.listed.condition_id}
        and wish.asset_id in {"", order.token}
    ]
    return _cancelled_many(request, key, chosen)


async def _trading(request: web.Request) -> tuple[ExchangeSandbox, ApiKey]:
    """Raises: Refused."""
    exchange, key = request.app[EXCHANGE], await asking(request)
    if exchange.accounts.region.is_blocked:
        raise Refused(403, BLOCKED)
    return exchange, key


def _leg(exchange: ExchangeSandbox, sent: Sent, key: ApiKey) -> Json:
    """A refused leg of a batch has the form of a success, but for its error and lack of an id."""
    try:
        return _placed(exchange.accounts.orders.place(sent, key))
    except Refused as error:
        return {
            "errorMsg": str(error),
            "orderID": "",
            "takingAmount": "",
            "makingAmount": "",
            "status": "",
            "success": True,
        }


def _placed(placed: Placed) -> Json:
    order = placed.order
    money, shares = text(order.value), text(order.matched)
    making, taking = (money, shares) if order.terms.side is Side.BUY else (shares, money)
    answer: Json = {
        "errorMsg": "",
        "orderID": order.hash,
        "takingAmount": taking if order.matched else "",
        "makingAmount": making if order.matched else "",
        "status": placed.status,
        "success": True,
    }
    return answer | ({"tradeIDs": list(order.trades)} if order.trades else {})


def _open(request: web.Request, key: ApiKey) -> list[AccountOrder]:
    return request.app[EXCHANGE].accounts.orders.open_orders(key.id)


def _cancelled(request: web.Request, key: ApiKey, ids: list[str]) -> web.Response:
    """Ids that are unknown, or somebody else's, are not cancelled."""
    headers = admitted(request, key, "cancels", max(len(ids), 1))
    accounts = request.app[EXCHANGE].accounts
    found = {each: accounts.orders.orders.get(each) for each in dict.fromkeys(ids)}
    mine = [order for order in found.values() if order and order.key.id == key.id]
    done = accounts.cancel_all(mine)
    foreign = {each: UNKNOWN for each, order in found.items() if order not in mine}
    answer = {"canceled": done.canceled, "not_canceled": done.not_canceled | foreign}
    return with_headers(reply(answer), headers)


def _cancelled_many(
    request: web.Request, key: ApiKey, orders: Iterable[AccountOrder]
) -> web.Response:
    headers = admitted(request, key, "cancels", 1)
    accounts = request.app[EXCHANGE].accounts
    chosen = list(orders)
    accounts.limits.charge(key.address, "cancels", len(chosen))
    return with_headers(reply(accounts.cancel_all(chosen)._asdict()), headers)


def _read(body: bytes, kind: type[Wish]) -> Wish:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Refused(400, INVALID_PAYLOAD) from error
