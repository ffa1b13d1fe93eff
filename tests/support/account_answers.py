"""What a scripted venue answers about one account, and our adapters that ask it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from core.domain.errors import PolycoolError
from core.domain.order_amounts import OrderKind
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.trading.exchange import PolymarketExchange
from infrastructure.polymarket.trading.reports import PolymarketReports
from infrastructure.polymarket.trading.transport import open_trading_client
from tests.support.account_venue import (
    API_KEY,
    HASH,
    MARKET,
    AccountVenue,
    KnownKeys,
    account,
    no_pause,
    order,
    payload,
)
from tests.support.signing import TOKEN
from tests.support.venue_rest import Answer, serving

GOOD = {
    "success": True,
    "errorMsg": "",
    "orderID": HASH,
    "status": "live",
    "makingAmount": "",
    "takingAmount": "",
}

ORDER: dict[str, Any] = {
    "id": HASH,
    "status": "LIVE",
    "owner": API_KEY,
    "market": "0x" + "ab" * 32,
    "asset_id": TOKEN,
    "side": "BUY",
    "original_size": "10",
    "size_matched": "0",
    "price": "0.5",
    "order_type": "GTC",
    "associate_trades": [],
    "created_at": 1773339043,
}

TRADE: dict[str, Any] = {
    "id": "t1",
    "taker_order_id": HASH,
    "market": "0x" + "ab" * 32,
    "asset_id": TOKEN,
    "side": "BUY",
    "size": "4",
    "price": "0.5",
    "status": "MATCHED",
    "match_time": "1773053984",
    "owner": API_KEY,
    "trader_side": "TAKER",
    "transaction_hash": "",
    "maker_orders": [],
}


def refusal(code: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=code, headers=headers)

    return answer


def pages(*rows: list[dict[str, Any]]) -> Answer:
    """One page for each list, in the venue's way of paging."""
    cursors = ["MA==", *(f"page{number}" for number in range(1, len(rows))), "LTE="]

    async def answer(request: web.Request) -> web.StreamResponse:
        at = cursors.index(request.query["next_cursor"])
        return web.json_response({"data": rows[at], "next_cursor": cursors[at + 1]})

    return answer


async def outcome(answer: Answer | object, kind: OrderKind = OrderKind.GTC) -> object:
    """What placing comes to: an execution, or the error."""
    venue = AccountVenue({"/order": answer})
    async with serving(venue) as url, account(url) as http:
        try:
            return await PolymarketExchange(http).place(order(kind), MARKET, payload())
        except PolycoolError as error:
            return error


@asynccontextmanager
async def reports(
    venue: AccountVenue, keys: KnownKeys | None = None
) -> AsyncIterator[PolymarketReports]:
    async with (
        serving(venue) as url,
        account(url, keys=keys) as http,
        open_trading_client() as client,
    ):
        yield PolymarketReports(http, VenueHttp(client, url, sleep=no_pause))
