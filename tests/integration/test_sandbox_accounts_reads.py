"""What an account, and everybody, can read at the sandbox's exchange."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_accounts import FUNDER, Person, person, tokens_of
from tests.support.sandbox_exchange import LIMIT, order, serving, still_exchange


@pytest.fixture
def exchange() -> ExchangeSandbox:
    return still_exchange(page_size=2)


@pytest.fixture
async def venue(exchange: ExchangeSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
    ):
        yield client


@pytest.fixture
async def token(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> str:
    first, _ = tokens_of(exchange)
    await order(venue, "price", token=first, price="0.5", levels=3, size="100")
    await order(venue, "trades", settle="hold")
    return first


@pytest.fixture
async def anna(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> Person:
    return await person(exchange, venue)


async def every_page(anna: Person, path: str, **params: str) -> list[list[str]]:
    """Ids by page, from `MA==` to `LTE=`."""
    pages, cursor = [], "MA=="
    while cursor != "LTE=":
        told = await anna.read(path, next_cursor=cursor, **params)
        assert told["count"] == len(told["data"])
        pages.append([row["id"] for row in told["data"]])
        cursor = told["next_cursor"]
    return pages


async def test_orders_come_in_pages_and_once_each(anna: Person, token: str) -> None:
    placed = [(await anna.place(token, "BUY", "0.4", size="5"))["orderID"] for _ in range(5)]
    pages = await every_page(anna, "/data/orders")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [each for page in pages for each in page] == placed
    assert await every_page(anna, "/data/orders", asset_id="1") == [[]]
    answer = await anna.ask("GET", "/data/orders", next_cursor="nonsense")
    assert answer.status_code == 400


async def test_trades_come_newest_first_and_between_two_times(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    made: list[str] = []
    for shift in range(3):
        await order(venue, "clock", shift=shift)
        told = await anna.place(token, "BUY", "0.51", spend="5", kind="FAK")
        made += told["tradeIDs"]
    pages = await every_page(anna, "/data/trades")
    assert pages == [[made[2], made[1]], [made[0]]]
    start = str(anna.seconds - 2)
    assert await every_page(anna, "/data/trades", after=start) == [[made[2], made[1]]]
    assert await every_page(anna, "/data/trades", before=start) == [[]]
    assert await every_page(anna, "/data/trades", id=made[1]) == [[made[1]]]


async def test_an_order_by_its_id_is_told_to_its_owner_alone(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    ben = await person(exchange, venue, 2)
    told = await anna.place(token, "BUY", "0.51", spend="5", kind="FAK")
    found = await anna.read("/data/orders", id=told["orderID"])
    assert [row["status"] for row in found["data"]] == ["MATCHED"]
    assert (await anna.read("/data/orders"))["data"] == []
    assert (await ben.ask("GET", f"/data/order/{told['orderID']}")).status_code == 404
    assert (await ben.read("/data/trades"))["data"] == []


async def test_balances_are_in_millionths_and_by_token(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    await order(venue, "wallet", address=anna.key.address, allowance="7.5", shares={token: "3"})
    told = await anna.read("/balance-allowance", asset_type="COLLATERAL", signature_type="0")
    assert set(told["allowances"].values()) == {"7500000"}
    told = await anna.read(
        "/balance-allowance", asset_type="CONDITIONAL", token_id=token, signature_type="0"
    )
    assert told["balance"] == "3000000"
    told = await anna.read("/balance-allowance", asset_type="COLLATERAL", signature_type="3")
    assert told["balance"] == "0"  # this key has no deposit wallet
    answer = await anna.ask("GET", "/balance-allowance", asset_type="GOLD")
    assert answer.status_code == 400


async def data(venue: httpx.AsyncClient, path: str, user: str, **params: str) -> Any:
    answer = await venue.get(f"/v2/{path}", params={"user": user, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_positions_are_folded_from_trades(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    await anna.place(token, "BUY", "0.51", size="100")
    await order(venue, "price", token=token, price="0.6", levels=3, size="100")
    await anna.place(token, "SELL", "0.59", size="40", kind="FAK")
    (row,) = (await data(venue, "positions", anna.wallet.funder))["data"]
    paid = float((await venue.get("/control/trades")).json()[1]["fee"])
    assert (row["token_id"], row["current_size"], row["avg_price"]) == (token, 60, 0.51)
    assert row["realized_pnl"] == pytest.approx(40 * 0.08 - paid)
    assert row["current_value"] == pytest.approx(60 * 0.6)
    assert (row["status"], row["redeemable"]) == ("OPEN", False)
    value = await data(venue, "value", anna.wallet.funder)
    assert value["data"]["value"] == row["current_value"]


async def test_a_trade_that_failed_leaves_no_position(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    told = await anna.place(token, "BUY", "0.51", size="100")
    await order(venue, "trades", id=told["tradeIDs"][0], status="FAILED")
    assert (await data(venue, "positions", anna.wallet.funder))["data"] == []
    assert (await data(venue, "trades", anna.wallet.funder))["data"] == []


async def test_public_trades_come_by_cursor_and_know_who_took(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    for _ in range(3):
        await anna.place(token, "BUY", "0.51", spend="5", kind="FAK")
    await anna.place(token, "BUY", "0.5", size="10")
    await order(venue, "order", token=token, side="SELL", size="10")
    user = anna.wallet.funder
    assert len((await data(venue, "trades", user))["data"]) == 3
    first = await data(venue, "trades", user, taker_only="false", limit="3")
    assert first["pagination"]["has_more"] is True
    cursor = first["pagination"]["next_cursor"]
    second = await data(venue, "trades", user, taker_only="false", cursor=cursor)
    assert (len(first["data"]), len(second["data"])) == (3, 1)
    assert second["pagination"]["next_cursor"] is None


async def test_a_market_that_ended_is_redeemed_once_and_stands_in_the_activity(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    await anna.place(token, "BUY", "0.51", size="100")
    market = exchange.catalogue.by_token[token][0]
    await order(venue, "resolve", market=market.id, payouts=["1", "0"])
    user = anna.wallet.funder
    (row,) = (await data(venue, "positions", user))["data"]
    assert (row["status"], row["redeemable"], row["current_price"]) == ("REDEEMABLE", True, 1)
    before = float((await anna.money())["cash"])
    told = await order(venue, "redeem", address=user, market=market.id)
    assert told["paid"] == "100"
    assert float(told["cash"]) == pytest.approx(before + 100)
    assert (await order(venue, "redeem", address=user))["paid"] == "0"
    assert (await data(venue, "positions", user))["data"] == []
    (closed,) = (await data(venue, "positions", user, status="CLOSED"))["data"]
    assert closed["realized_pnl"] == pytest.approx(49)
    (redeemed,) = (await data(venue, "activity", user, type="REDEEM"))["data"]
    assert (redeemed["usdc_size"], redeemed["outcome_index"]) == (100, 999)


async def test_a_lost_position_can_be_told_from_a_won_one(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    await anna.place(token, "BUY", "0.51", size="10")
    market = exchange.catalogue.by_token[token][0]
    await order(venue, "resolve", market=market.id, payouts=["0", "1"])
    (row,) = (await data(venue, "positions", anna.wallet.funder))["data"]
    assert (row["status"], row["current_value"]) == ("REDEEMABLE_LOST", 0)


async def test_approvals_are_told_by_contract(venue: httpx.AsyncClient, anna: Person) -> None:
    told = (await data(venue, "approvals", anna.wallet.funder))["data"]
    assert told["chain_id"] == 137
    assert all(row["approved"] for row in told["contracts"])
    await order(venue, "wallet", address=anna.key.address, allowance="0")
    told = (await data(venue, "approvals", anna.wallet.funder))["data"]
    assert not any(row["approved"] for row in told["contracts"])
    stranger = (await data(venue, "approvals", FUNDER))["data"]
    assert len(stranger["contracts"]) == len(told["contracts"])


async def test_the_data_api_names_what_is_missing(venue: httpx.AsyncClient) -> None:
    answer = await venue.get("/data-api/v2/positions")
    expected = {"error": "required query param 'user' or 'condition' not provided"}
    assert (answer.status_code, answer.json()) == (400, expected)
    assert (await venue.get("/v2/trades", params={"user": "me"})).status_code == 400


async def test_the_clob_answers_below_its_prefix_too(anna: Person, token: str) -> None:
    signed = anna.signed(token, "BUY", "0.4", size="10")
    body = anna.body(signed)
    headers = (await anna.ask("GET", "/version")).request.headers
    assert "POLY_SIGNATURE" in headers
    anna.venue.base_url = anna.venue.base_url.join("/clob/")
    answer = await anna.ask("POST", "/order", body)
    assert answer.json()["orderID"] == signed.hash
