"""Looking up an order of ours: by its hash, in the list, by its trades."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.errors import OtherWallet, Unavailable
from core.domain.order import OrderStatus
from core.domain.order_amounts import OrderKind
from core.ports import Exchange
from infrastructure.polymarket.trading.exchange import PolymarketExchange
from tests.support.account_answers import ORDER, TRADE, pages
from tests.support.account_venue import (
    API_KEY,
    BODY,
    HASH,
    AccountVenue,
    account,
    order,
    payload,
)
from tests.support.venue_rest import Answer, serving, status, text


@asynccontextmanager
async def exchange(venue: AccountVenue) -> AsyncIterator[Exchange]:
    async with serving(venue) as url, account(url) as http:
        yield PolymarketExchange(http)


async def test_an_order_is_looked_up_by_its_hash() -> None:
    venue = AccountVenue({f"/data/order/{HASH}": ORDER | {"associate_trades": ["t1"]}})
    async with exchange(venue) as one:
        report = await one.look_up(order(OrderKind.GTC), payload())
    assert report is not None
    assert (report.hash, report.status, report.trade_ids) == (HASH, OrderStatus.LIVE, ("t1",))
    assert len(venue.seen) == 1


async def test_an_order_of_another_wallet_is_neither_asked_for_nor_cancelled() -> None:
    venue = AccountVenue({f"/data/order/{HASH}": ORDER})
    theirs = BODY.replace(b'"side"', b'"maker":"0x' + b"77" * 20 + b'","side"')
    async with exchange(venue) as one:
        with pytest.raises(OtherWallet, match="given up"):
            await one.look_up(order(OrderKind.GTC), payload(body=theirs))
        with pytest.raises(OtherWallet, match="given up"):
            await one.cancel(order(OrderKind.GTC), replace(payload(), body=theirs))
    assert venue.seen == []


async def test_an_order_of_another_api_key_proves_nothing() -> None:
    venue = AccountVenue({"/data/orders": pages([]), "/data/trades": pages([])})
    ours, theirs = (
        replace(payload(), body=BODY[:-1] + b',"owner":"' + key.encode() + b'"}')
        for key in (API_KEY, "00000000-0000-4000-8000-000000000002")
    )
    async with exchange(venue) as one:
        assert await one.look_up(order(OrderKind.GTC), ours) is None
        asked = len(venue.seen)
        with pytest.raises(OtherWallet, match="given up"):
            await one.look_up(order(OrderKind.GTC), theirs)
        with pytest.raises(OtherWallet, match="given up"):
            await one.cancel(order(OrderKind.GTC), theirs)
    assert len(venue.seen) == asked


@pytest.mark.parametrize("nothing", [status(404), text("null"), text("{}"), text("")])
async def test_an_order_that_is_open_no_more_is_found_in_the_list(nothing: Answer) -> None:
    cancelled = ORDER | {"status": "CANCELED", "size_matched": "3"}
    venue = AccountVenue({f"/data/order/{HASH}": nothing, "/data/orders": pages([cancelled])})
    async with exchange(venue) as one:
        report = await one.look_up(order(OrderKind.GTC), payload())
    assert report is not None
    assert (report.status, report.matched) == (OrderStatus.CANCELLED, Decimal(3))
    assert f"id={HASH}" in venue.seen[1][1]


@pytest.mark.parametrize(
    ("kind", "sizes", "status_"),
    [
        (OrderKind.FAK, ("4", "6"), OrderStatus.FILLED),
        (OrderKind.FAK, ("4",), OrderStatus.PARTIAL),
        (OrderKind.GTC, ("10",), OrderStatus.FILLED),
        (OrderKind.GTC, ("4",), OrderStatus.PARTIAL),
    ],
)
async def test_an_order_that_no_list_names_is_told_by_its_trades(
    kind: OrderKind, sizes: tuple[str, ...], status_: OrderStatus
) -> None:
    trades = [TRADE | {"id": f"t{size}", "size": size} for size in sizes]
    foreign = TRADE | {"taker_order_id": "0x" + "99" * 32, "size": "500", "id": "other"}
    venue = AccountVenue({"/data/orders": pages([]), "/data/trades": pages([foreign, *trades])})
    async with exchange(venue) as one:
        report = await one.look_up(order(kind), payload())
    assert report is not None
    assert (report.status, report.matched) == (status_, sum(map(Decimal, sizes)))
    assert report.trade_ids == tuple(f"t{size}" for size in sizes)
    assert report.original == 10


async def test_a_failed_trade_counts_for_the_book() -> None:
    venue = AccountVenue(
        {"/data/orders": pages([]), "/data/trades": pages([TRADE | {"status": "FAILED"}])}
    )
    async with exchange(venue) as one:
        report = await one.look_up(order(), payload())
    assert report is not None
    assert (report.status, report.matched) == (OrderStatus.PARTIAL, Decimal(4))


async def test_the_venue_knows_nothing_only_if_it_says_so_three_times() -> None:
    venue = AccountVenue({"/data/orders": pages([]), "/data/trades": pages([])})
    async with exchange(venue) as one:
        assert await one.look_up(order(), payload()) is None
        for path in ("/data/orders", "/data/trades"):
            kept = venue.answers[path]
            venue.answers[path] = status(404)
            with pytest.raises(Unavailable):
                await one.look_up(order(), payload())
            venue.answers[path] = kept
        venue.answers[f"/data/order/{HASH}"] = status(500)
        with pytest.raises(Unavailable):
            await one.look_up(order(), payload())


async def test_another_order_than_the_one_asked_for_is_no_answer() -> None:
    venue = AccountVenue({f"/data/order/{HASH}": ORDER | {"id": "0x" + "ee" * 32}})
    async with exchange(venue) as one:
        with pytest.raises(Unavailable):
            await one.look_up(order(), payload())
