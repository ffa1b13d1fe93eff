"""Cancels at a venue that checks our proofs: one, many, a market's, all."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web

from core.domain.errors import OutcomeUnknown, PolycoolError, Rejected, Unavailable
from core.domain.order import OrderHash, OrderStatus
from core.domain.order_amounts import OrderKind
from core.domain.units import ConditionId, TokenId
from infrastructure.polymarket.trading.buckets import Buckets
from infrastructure.polymarket.trading.cancels import Cancels
from infrastructure.polymarket.trading.exchange import PolymarketExchange
from tests.support.account_answers import refusal
from tests.support.account_venue import (
    HASH,
    USER,
    AccountVenue,
    account,
    no_pause,
    order,
    payload,
)
from tests.support.faulty_sockets import closed_port
from tests.support.venue_rest import serving, status, text

LISTED = {
    "id": HASH,
    "status": "MATCHED",
    "market": "0x" + "ab" * 32,
    "asset_id": "11",
    "side": "BUY",
    "original_size": "10",
    "size_matched": "10",
    "price": "0.5",
    "associate_trades": ["t1"],
}


async def test_an_order_is_cancelled_by_its_hash() -> None:
    venue = AccountVenue({"/order": {"canceled": [HASH.upper()], "not_canceled": {}}})
    async with serving(venue) as url, account(url) as http:
        done = await PolymarketExchange(http).cancel(order(OrderKind.GTC), payload())
    assert done.status is OrderStatus.CANCELLED
    assert venue.seen == [
        ("DELETE", "/order", json.dumps({"orderID": HASH}).replace(" ", "").encode())
    ]


async def test_what_will_not_be_cancelled_is_told_as_it_is() -> None:
    kept = {"canceled": [], "not_canceled": {HASH: "already canceled or matched"}}
    venue = AccountVenue({"/order": kept, f"/data/order/{HASH}": LISTED})
    async with serving(venue) as url, account(url) as http:
        done = await PolymarketExchange(http).cancel(order(OrderKind.GTC), payload())
        assert (done.status, done.matched_size) == (OrderStatus.FILLED, Decimal(10))
        assert (done.reason, done.trade_ids) == ("already canceled or matched", ("t1",))
        venue.answers |= {
            f"/data/order/{HASH}": status(404),
            "/data/orders": {"data": [], "next_cursor": "LTE="},
            "/data/trades": {"data": [], "next_cursor": "LTE="},
        }
        with pytest.raises(Rejected, match="nothing to cancel"):
            await PolymarketExchange(http).cancel(order(OrderKind.GTC), payload())


async def test_an_order_that_was_never_signed_has_nothing_to_cancel() -> None:
    async with account("http://127.0.0.1:1") as http:
        with pytest.raises(Rejected, match="never sent"):
            await PolymarketExchange(http).cancel(order(), None)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"canceled": [], "not_canceled": {}}, OutcomeUnknown),
        ({"canceled": ["0x" + "ee" * 32]}, OutcomeUnknown),
        ({}, OutcomeUnknown),
        (text("<html>"), OutcomeUnknown),
        (text('{"canceled": ["0x'), OutcomeUnknown),
        (status(500), OutcomeUnknown),
        (refusal(400, {"error": "words nobody knows"}), OutcomeUnknown),
        (refusal(401, {"error": "Unauthorized/Invalid api key"}), Rejected),
        (refusal(425, {}), Unavailable),
        (refusal(429, {}), Unavailable),
        (refusal(503, {"error": "Trading is currently disabled."}), Unavailable),
    ],
)
async def test_a_cancel_that_is_not_confirmed_is_none(
    answer: object, kind: type[PolycoolError]
) -> None:
    venue = AccountVenue({"/order": answer})
    async with serving(venue) as url, account(url) as http:
        with pytest.raises(kind):
            await PolymarketExchange(http).cancel(order(OrderKind.GTC), payload())


async def test_a_cancel_that_could_not_leave_did_nothing() -> None:
    async with account(f"http://127.0.0.1:{closed_port()}") as http:
        with pytest.raises(Unavailable, match="Nothing was sent"):
            await PolymarketExchange(http).cancel(order(OrderKind.GTC), payload())


async def test_many_cancels_go_out_as_the_venue_admits_them(fixtures_dir: Path) -> None:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    mixed = json.loads((folder / "rest_cancel_response_mixed.json").read_bytes())
    named = json.loads((folder / "rest_cancel_orders_request.json").read_bytes())

    async def all_of_them(request: web.Request) -> web.StreamResponse:
        return web.json_response({"canceled": await request.json(), "not_canceled": {}})

    venue = AccountVenue({"/orders": all_of_them})
    many = [OrderHash(f"0x{number:064x}") for number in range(250)]
    async with serving(venue) as url, account(url, buckets=Buckets(sleep=no_pause)) as http:
        done = await Cancels(http).many(USER, [*many, many[0]])
        assert done.cancelled == tuple(many)
        assert [len(json.loads(body)) for _, _, body in venue.seen] == [120, 120, 10]
        venue.answers["/orders"] = mixed
        done = await Cancels(http).many(USER, [OrderHash(one) for one in named])
    assert list(done.cancelled) == mixed["canceled"]
    assert done.kept == mixed["not_canceled"]


async def test_a_market_and_everything_can_be_cancelled_at_once(fixtures_dir: Path) -> None:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    asked = json.loads((folder / "rest_cancel_market_orders_request.json").read_bytes())
    good = {"canceled": [HASH], "not_canceled": {}}
    venue = AccountVenue({"/cancel-market-orders": good, "/cancel-all": good})
    async with serving(venue) as url, account(url) as http:
        cancels = Cancels(http)
        market, token = ConditionId(asked["market"]), TokenId(asked["asset_id"])
        done = [
            await cancels.of_market(USER, market, token),
            await cancels.of_market(USER, market),
            await cancels.all(USER),
        ]
    assert [one.cancelled for one in done] == [(HASH,)] * 3
    bodies = [json.loads(body) if body else None for _, _, body in venue.seen]
    assert bodies == [asked, {"market": market}, None]
