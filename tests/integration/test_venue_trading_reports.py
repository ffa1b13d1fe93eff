"""What the venue reports of an account: all of it, or an error."""

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web

from core.domain.book import Side
from core.domain.errors import Rejected, Unavailable
from core.domain.ledger import Settlement
from core.domain.order import OrderStatus
from core.domain.reports import LiquidityRole
from core.ports import AccountReports
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.reports import PolymarketReports
from infrastructure.polymarket.trading.transport import open_trading_client
from tests.support.account_answers import ORDER, TRADE, pages, reports
from tests.support.account_venue import (
    API_KEY,
    HASH,
    USER,
    AccountVenue,
    KnownKeys,
    account,
)
from tests.support.venue_rest import status, text


async def test_open_orders_are_those_of_all_pages() -> None:
    second = ORDER | {"id": "0x" + "EE" * 32, "size_matched": "2.5", "original_size": 10}
    venue = AccountVenue({"/data/orders": pages([ORDER], [second], [])})
    async with reports(venue) as account_reports:
        first, other = await account_reports.open_orders(USER)
    assert (first.hash, first.status, first.matched) == (HASH, OrderStatus.LIVE, Decimal(0))
    assert (other.hash, other.status) == ("0x" + "ee" * 32, OrderStatus.PARTIAL)
    assert (other.matched, other.original) == (Decimal("2.5"), Decimal(10))
    assert first.at == datetime(2026, 3, 12, 18, 10, 43, tzinfo=UTC)
    assert len(venue.seen) == 3


@pytest.mark.parametrize(
    "answer",
    [
        status(500),
        status(404),
        status(401),
        status(400),
        status(429, {"Retry-After": "60"}),
        status(425),
        text("<html></html>", "text/html"),
        text(""),
        {"data": [], "next_cursor": "MA=="},
        {"data": []},
        {"next_cursor": "LTE="},
        {"data": None, "next_cursor": "LTE="},
        {"data": [{}], "next_cursor": "LTE="},
        {"data": [ORDER, ORDER | {"status": "HAPPY"}], "next_cursor": "LTE="},
        {"data": [ORDER | {"side": "HOLD"}], "next_cursor": "LTE="},
        {"data": [ORDER | {"original_size": "NaN"}], "next_cursor": "LTE="},
        {"data": [ORDER | {"price": "50"}], "next_cursor": "LTE="},
    ],
)
async def test_a_report_that_failed_is_no_empty_report(answer: object) -> None:
    venue = AccountVenue({"/data/orders": answer, "/data/trades": answer})
    async with reports(venue) as account_reports:
        with pytest.raises(Unavailable):
            await account_reports.open_orders(USER)
        with pytest.raises(Unavailable):
            await account_reports.trades(USER, None)


async def test_a_row_that_spoils_a_report_is_named() -> None:
    venue = AccountVenue(
        {
            "/data/orders": pages([ORDER, ORDER | {"id": "0xbad", "side": "HOLD"}]),
            "/data/trades": pages([TRADE, TRADE | {"id": "worse", "price": "50"}]),
        }
    )
    async with reports(venue) as account_reports:
        with pytest.raises(Unavailable, match="The row is order 0xbad"):
            await account_reports.open_orders(USER)
        with pytest.raises(Unavailable, match="The row is trade worse"):
            await account_reports.trades(USER, None)


async def test_a_list_that_breaks_off_is_no_shorter_list() -> None:
    async def one_page(request: web.Request) -> web.StreamResponse:
        if request.query["next_cursor"] != "MA==":
            return web.Response(status=500)
        return web.json_response({"data": [ORDER], "next_cursor": "MTAw"})

    async with reports(AccountVenue({"/data/orders": one_page})) as account_reports:
        with pytest.raises(Unavailable):
            await account_reports.open_orders(USER)


async def test_a_passing_failure_is_asked_again_but_refused_credentials_are_not() -> None:
    answers = [500, 200]

    async def second_time(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [], "next_cursor": "LTE="}, status=answers.pop(0))

    venue = AccountVenue({"/data/orders": second_time})
    async with reports(venue) as account_reports:
        assert await account_reports.open_orders(USER) == ()
        venue.answers["/data/orders"] = status(401)
        with pytest.raises(Unavailable, match="API key"):
            await account_reports.open_orders(USER)
    assert len(venue.seen) == 3


async def test_an_account_without_a_usable_key_has_no_report() -> None:
    class NoKeys(KnownKeys):
        async def l2_headers(self, *_about: object, **_more: object) -> dict[str, str]:
            raise Rejected("The session key has expired.")

    keys = NoKeys(VenueClock())
    async with account(url := "http://127.0.0.1:1", keys=keys) as http, open_trading_client() as to:
        account_reports = PolymarketReports(http, VenueHttp(to, url))
        with pytest.raises(Unavailable, match="has expired"):
            await account_reports.open_orders(USER)


async def test_trades_since_a_time_are_asked_for_in_seconds() -> None:
    venue = AccountVenue({"/data/trades": pages([TRADE])})
    async with reports(venue) as account_reports:
        (trade,) = await account_reports.trades(USER, datetime(2026, 3, 1, tzinfo=UTC))
    assert "after=1772323199" in venue.seen[0][1]
    assert (trade.role, trade.settlement) == (LiquidityRole.TAKER, Settlement.PROVISIONAL)
    assert (trade.hash, trade.size, trade.price, trade.side) == (
        HASH,
        Decimal(4),
        Decimal("0.5"),
        Side.BUY,
    )


async def test_named_trades_are_asked_for_by_name_and_strangers_left_out() -> None:
    async def by_id(request: web.Request) -> web.StreamResponse:
        rows = {"t1": [TRADE], "t2": [], "t3": [TRADE]}[request.query["id"]]
        return web.json_response({"data": rows, "next_cursor": "LTE="})

    async with reports(AccountVenue({"/data/trades": by_id})) as account_reports:
        as_the_core_sees_it: AccountReports = account_reports
        found = await as_the_core_sees_it.trades_named(USER, ["t1", "t2", "t3", "t1"])
    assert [trade.trade_id for trade in found] == ["t1"]


async def test_the_recorded_history_is_read_whole(fixtures_dir: Path) -> None:
    """Four pages of one account; the sum of what is ours is recomputed here, plainly."""
    recorded = dict[str, bytes]()
    ours = dict[str, Decimal]()
    for number, cursor in enumerate(("MA==", "MzAw", "NjAw", "OTAw")):
        name = f"rest_clob_data_trades_page{number:02}.json.gz"
        raw = gzip.decompress((fixtures_dir / "polytrader" / name).read_bytes())
        body = json.loads(json.loads(raw)["response"]["body"])
        for trade in body["data"]:
            if trade["trader_side"] == "TAKER":
                ours[trade["id"]] = Decimal(trade["size"])
            else:
                mine = [one for one in trade["maker_orders"] if one["owner"] == API_KEY]
                ours[trade["id"]] = sum((Decimal(one["matched_amount"]) for one in mine), Decimal())
        body["next_cursor"] = "LTE=" if cursor == "OTAw" else body["next_cursor"]
        recorded[cursor] = json.dumps(body).encode()

    async def page(request: web.Request) -> web.StreamResponse:
        body = recorded[request.query["next_cursor"]]
        return web.Response(body=body, content_type="application/json")

    async with reports(AccountVenue({"/data/trades": page})) as account_reports:
        told = await account_reports.trades(USER, None)
    sums = dict[str, Decimal]()
    for report in told:
        sums[report.trade_id] = sums.get(report.trade_id, Decimal()) + report.size
    assert sums == ours
    assert len(sums) == 1200
    assert len({report.event_key for report in told}) == len(told)
    assert sum(report.settlement is Settlement.FAILED for report in told) >= 4
