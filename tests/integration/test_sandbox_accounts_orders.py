"""Orders at the sandbox's exchange: whose they are, what the rules refuse, what matching does."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from websockets.asyncio.client import connect

from infrastructure.polymarket.signing.body import order_body
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.order import UnsignedOrder
from infrastructure.polymarket.signing.wallet import Address, SignatureType, Wallet
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_accounts import Person, neg_risk_tokens, person, tokens_of
from tests.support.sandbox_exchange import (
    LIMIT,
    hear,
    informed,
    order,
    serving,
    socket_url,
    still_exchange,
    subscribe,
)


@pytest.fixture
def exchange() -> ExchangeSandbox:
    return still_exchange()


@pytest.fixture
async def venue(exchange: ExchangeSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
    ):
        yield client


@pytest.fixture
async def token(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> str:
    """Bids at 0.49 and below, asks at 0.51 and above, 100 shares each."""
    first, _ = tokens_of(exchange)
    await order(venue, "price", token=first, price="0.5", levels=3, size="100")
    return first


@pytest.fixture
async def anna(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> Person:
    return await person(exchange, venue)


@pytest.fixture
async def ben(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> Person:
    return await person(exchange, venue, 2)


@pytest.mark.parametrize(
    ("kind", "session"), [*((kind, 0) for kind in SignatureType), (SignatureType.DEPOSIT_WALLET, 9)]
)
async def test_every_kind_of_signature_is_taken_under_the_id_that_was_expected(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    token: str,
    kind: SignatureType,
    session: int,
) -> None:
    someone = await person(exchange, venue, 5, kind, session=session)
    told = await someone.place(token, "BUY", "0.4", size="10")
    assert told["orderID"] == someone.sent[0].hash
    assert told["status"] == "live"
    rows = await someone.read("/data/orders")
    assert [row["maker_address"] for row in rows["data"]] == [someone.wallet.funder]


async def test_markets_of_the_other_contract_are_signed_for_it(
    exchange: ExchangeSandbox, anna: Person
) -> None:
    token, _ = neg_risk_tokens(exchange)
    price = exchange.states[exchange.catalogue.by_token[token][0].condition_id].tick / 1_000_000
    assert (await anna.place(token, "BUY", f"{price:g}", size="10"))["status"] == "live"


async def resigned(anna: Person, token: str, contract: str, version: str) -> httpx.Response:
    """An order signed for another contract, in the body of the right one."""
    good = anna.signed(token, "BUY", "0.4", size="10")
    wrong = replace(good.order.exchange, contract=Address(contract), version=version)
    order_there: UnsignedOrder = replace(good.order, exchange=wrong)
    forged = replace(good, signature="0x" + anna.key.sign(order_there.digest).hex())
    return await anna.ask("POST", "/order", order_body(forged, anna.api_key))


async def test_an_order_for_another_contract_or_version_is_refused(
    anna: Person, token: str
) -> None:
    neg_risk = "0xe2222d279d744050d28e00520010520000310F59"
    third = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
    assert (await resigned(anna, token, neg_risk, "2")).json() == {"error": "invalid signature"}
    assert (await resigned(anna, token, third, "3")).json() == {"error": "order_version_mismatch"}


async def test_a_session_key_signs_until_it_is_revoked(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, token: str
) -> None:
    kind = SignatureType.DEPOSIT_WALLET
    someone = await person(exchange, venue, 5, kind, session=9)
    await someone.place(token, "BUY", "0.4", size="10")
    owner = SigningKey((5).to_bytes(32, "big")).address
    await order(
        venue,
        "wallet",
        address=owner,
        funder=someone.wallet.funder,
        session_keys={someone.key.address: 0},
    )
    assert await someone.refused(token, "BUY", "0.4", size="10") == "invalid signature"


async def test_a_foreign_key_cannot_sign_for_a_wallet(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, token: str
) -> None:
    owner = await person(exchange, venue, 5, SignatureType.DEPOSIT_WALLET)
    thief = await person(exchange, venue, 6)
    thief.wallet = Wallet(SignatureType.DEPOSIT_WALLET, owner.wallet.funder, thief.key.address)
    assert await thief.refused(token, "BUY", "0.4", size="10") == "invalid signature"


async def test_the_owner_named_must_be_the_key_that_asks(
    anna: Person, ben: Person, token: str
) -> None:
    signed = anna.signed(token, "BUY", "0.4", size="10")
    answer = await anna.ask("POST", "/order", order_body(signed, ben.api_key))
    assert answer.json() == {"error": "the order owner has to be the owner of the API KEY"}
    answer = await ben.ask("POST", "/order", order_body(signed, ben.api_key))
    expected = "the order signer address has to be the address of the API KEY"
    assert answer.json() == {"error": expected}


async def test_the_same_order_twice_is_a_duplicate_even_if_it_was_killed(
    anna: Person, venue: httpx.AsyncClient, token: str
) -> None:
    live = anna.signed(token, "BUY", "0.4", size="10")
    killed = anna.signed(token, "BUY", "0.4", spend="10", kind="FOK")
    assert [(await anna.post(each)).status_code for each in (live, killed)] == [200, 400]
    for each in (live, killed):
        answer = await anna.post(each)
        expected = f"order {each.hash} is invalid. Duplicated."
        assert (answer.status_code, answer.json()) == (400, {"error": expected})
    told = (await venue.get("/control/orders")).json()
    assert told[live.hash]["posted"] == told[killed.hash]["posted"] == 2
    assert told[live.hash]["bodies"] == 1
    assert told[live.hash]["status"] == "LIVE"
    assert told[killed.hash]["status"].startswith("CANCELED_order couldn't")


def changed(anna: Person, token: str, **fields: object) -> bytes:
    """The body of a good order with other fields, signed again as what it then says."""
    good = anna.signed(token, "BUY", "0.4", size="10")
    order_then: UnsignedOrder = replace(good.order, **fields)  # type: ignore[arg-type] # any field
    signature = "0x" + anna.key.sign(order_then.digest).hex()
    return order_body(replace(good, order=order_then, signature=signature), anna.api_key)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"maker_amount": 4_050_000}, "Price (0.405) breaks minimum tick size rule: 0.01"),
        ({"maker_amount": 12_000_000}, "Price (1.2) breaks minimum tick size rule: 0.01"),
        ({"maker_amount": 1_600_000, "taker_amount": 4_000_000}, "Size (4) lower than the min"),
        ({"maker_amount": 4_000_400, "taker_amount": 10_001_000}, "max accuracy of 4 decimals"),
        ({"maker_amount": 0}, "Invalid order payload"),
        ({"signer": "0x" + "33" * 20}, "the order signer address has to be"),
        ({"maker": "0x" + "33" * 20}, "Invalid order payload"),
    ],
)
async def test_amounts_and_addresses_outside_the_rules_are_refused_in_the_venues_words(
    anna: Person, token: str, fields: dict[str, object], words: str
) -> None:
    answer = await anna.ask("POST", "/order", changed(anna, token, **fields))
    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"maker_amount": 10_005_000}, "maker amount supports a max accuracy of 2 decimals"),
        ({"taker_amount": 20_000_010}, "taker amount a max of 4 decimals"),
    ],
)
async def test_what_takes_has_coarser_amounts_than_what_rests(
    anna: Person, token: str, fields: dict[str, object], words: str
) -> None:
    good = anna.signed(token, "BUY", "0.5", spend="10", kind="FAK")
    order_then: UnsignedOrder = replace(good.order, **fields)  # type: ignore[arg-type] # any field
    signature = "0x" + anna.key.sign(order_then.digest).hex()
    body = order_body(replace(good, order=order_then, signature=signature), anna.api_key)
    answer = await anna.ask("POST", "/order", body)
    assert words in answer.json()["error"]


async def test_a_body_that_is_no_order_is_refused(anna: Person, token: str) -> None:
    good = json.loads(anna.body(anna.signed(token, "BUY", "0.4", size="10")))
    wrong = [b"{", b"[]", b'"x"', json.dumps(good | {"orderType": "IOC"}).encode()]
    for field, value in (("salt", "7"), ("signatureType", 4), ("makerAmount", 5), ("side", 0)):
        wrong.append(json.dumps(good | {"order": good["order"] | {field: value}}).encode())
    for body in wrong:
        answer = await anna.ask("POST", "/order", body)
        assert (answer.status_code, answer.json()) == (400, {"error": "Invalid order payload"})


async def test_money_and_shares_that_are_not_there_cannot_be_offered(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, token: str
) -> None:
    poor = await person(exchange, venue, cash="10", shares={token: "6"})
    short = "not enough balance / allowance"
    assert short in await poor.refused(token, "BUY", "0.4", size="26")
    await poor.place(token, "BUY", "0.4", size="20")
    assert "sum of active orders: 8000000" in await poor.refused(token, "BUY", "0.4", size="10")
    assert short in await poor.refused(token, "SELL", "0.6", size="6.01")
    await poor.place(token, "SELL", "0.6", size="6")
    assert (await poor.money())["reserved"] == "8"


async def test_without_an_allowance_nothing_is_taken(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, token: str
) -> None:
    anna = await person(exchange, venue, allowance="3", shares={token: "10"})
    assert "the allowance is not enough" in await anna.refused(token, "BUY", "0.4", size="10")
    await anna.place(token, "BUY", "0.51", size="5")
    await order(venue, "wallet", address=anna.key.address, allowance="0")
    assert "the allowance is not enough" in await anna.refused(token, "SELL", "0.6", size="5")


async def test_money_for_the_fee_is_needed_too(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, token: str
) -> None:
    anna = await person(exchange, venue, cash="10")
    assert "not enough" in await anna.refused(token, "BUY", "0.51", spend="10", kind="FAK")
    await order(venue, "wallet", address=anna.key.address, cash="10.26")
    await anna.place(token, "BUY", "0.51", spend="10", kind="FAK")


async def test_a_buy_that_takes_spends_at_least_a_dollar(anna: Person, token: str) -> None:
    refused = await anna.refused(token, "BUY", "0.51", spend="0.99", kind="FAK")
    assert refused.startswith("invalid amount for a marketable BUY order ($0.99)")
    assert (await anna.place(token, "BUY", "0.51", spend="1", kind="FAK"))["status"] == "matched"


async def test_a_taking_buy_spends_its_money_at_better_prices(
    exchange: ExchangeSandbox, anna: Person, token: str
) -> None:
    told = await anna.place(token, "BUY", "0.53", spend="20", kind="FAK")
    assert told["status"] == "matched"
    assert (told["makingAmount"], told["takingAmount"]) == ("20", "39.215686")
    money = await anna.money()
    assert money["shares"] == {token: "39.215686"}
    rate = exchange.find(token)[0].listed.fees.rate  # type: ignore[index, union-attr] # it has
    fee = round(39.215686 * rate * 0.51 * 0.49, 5)
    assert float(money["cash"]) == pytest.approx(1000 - 20 - fee, abs=1e-6)


async def test_a_taking_sale_brings_money_less_the_fee(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, token: str
) -> None:
    anna = await person(exchange, venue, cash="0", shares={token: "150"})
    told = await anna.place(token, "SELL", "0.48", size="150", kind="FOK")
    assert (told["makingAmount"], told["takingAmount"]) == ("150", "73")
    assert len(told["tradeIDs"]) == 2
    trades = (await venue.get("/control/trades")).json()
    paid = sum(float(each["fee"]) for each in trades)
    assert float((await anna.money())["cash"]) == pytest.approx(73 - paid)
    assert paid > 0


async def test_fok_is_all_or_nothing_and_fak_takes_what_there_is(anna: Person, token: str) -> None:
    killed = await anna.refused(token, "BUY", "0.51", spend="60", kind="FOK")
    assert killed == "order couldn't be fully filled. FOK orders are fully filled or killed."
    unmet = await anna.refused(token, "BUY", "0.5", spend="60", kind="FAK")
    assert unmet.startswith("no orders found to match with FAK order.")
    told = await anna.place(token, "BUY", "0.51", spend="60", kind="FAK")
    assert (told["makingAmount"], told["takingAmount"]) == ("51", "100")
    row = await anna.read(f"/data/order/{told['orderID']}")
    assert (row["status"], row["size_matched"]) == ("CANCELED", "100")


async def test_post_only_orders_rest_or_are_refused(anna: Person, token: str) -> None:
    words = "invalid post-only order: order crosses book"
    assert await anna.refused(token, "BUY", "0.51", size="10", post_only=True) == words
    told = await anna.place(token, "BUY", "0.5", size="10", post_only=True)
    assert told["status"] == "live"


async def test_a_resting_remainder_is_seen_on_the_market_channel_with_true_hashes(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    async with connect(socket_url(venue), max_size=None) as socket:
        dump = await subscribe(socket, *exchange.catalogue.by_token[token][0].tokens)
        told = await anna.place(token, "BUY", "0.51", size="120")
        frames = [await hear(socket) for _ in range(3)]
    assert told["status"] == "matched"
    assert told["takingAmount"] == "100"
    oracle = informed(exchange, dump, *frames)
    assert not oracle.pending
    assert oracle.books[token].best() == ("0.51", "0.52")
    assert oracle.books[token].bids[max(oracle.books[token].bids)] == ("0.51", "20")
    row = await anna.read(f"/data/order/{told['orderID']}")
    assert (row["status"], row["original_size"], row["size_matched"]) == ("LIVE", "120", "100")


async def test_the_crowd_fills_what_rests_and_the_maker_pays_no_fee(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    told = await anna.place(token, "BUY", "0.5", size="30")
    done = await order(venue, "order", token=token, side="SELL", size="12")
    assert done["fills"] == [{"price": "0.5", "size": "12"}]
    money = await anna.money()
    assert (money["cash"], money["reserved"]) == ("994", "9")
    assert money["shares"] == {token: "12"}
    await order(venue, "order", token=token, side="SELL", size="40")
    row = await anna.read(f"/data/order/{told['orderID']}")
    assert (row["status"], row["size_matched"]) == ("MATCHED", "30")


async def test_a_price_that_passes_through_an_order_fills_it(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    await anna.place(token, "BUY", "0.45", size="30")
    async with connect(socket_url(venue), max_size=None) as socket:
        dump = await subscribe(socket, *exchange.catalogue.by_token[token][0].tokens)
        await order(venue, "price", token=token, price="0.4", levels=2, size="50")
        frames = [await hear(socket) for _ in range(4)]
    oracle = informed(exchange, dump, *frames)
    assert not oracle.pending
    assert oracle.books[token].best() == ("0.39", "0.41")
    assert (await anna.money())["shares"] == {token: "30"}


async def test_the_flow_trades_with_accounts_but_never_cancels_their_orders(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    generous = await anna.place(token, "BUY", "0.5", size="10")
    far = await anna.place(token, "BUY", "0.01", size="10")
    await order(venue, "price", token=token, price="0.49", levels=3, size="100", spread="0.02")
    for _ in range(30_000):
        exchange.step()
        if not await _is_open(exchange, generous["orderID"]):
            break
    assert exchange.accounts.orders.orders[generous["orderID"]].status == "MATCHED"
    assert exchange.accounts.orders.orders[far["orderID"]].status == "LIVE"


async def _is_open(exchange: ExchangeSandbox, order_id: str) -> bool:
    await asyncio.sleep(0)
    return exchange.accounts.orders.orders[order_id].is_open


async def test_two_accounts_meet_across_complementary_tokens(
    exchange: ExchangeSandbox, anna: Person, ben: Person, token: str
) -> None:
    other = exchange.catalogue.by_token[token][0].tokens[1]
    await anna.place(token, "BUY", "0.5", size="10")
    await ben.place(other, "BUY", "0.5", spend="5", kind="FOK")
    assert (await anna.money())["shares"] == {token: "10"}
    assert (await ben.money())["shares"] == {other: "10"}
    (seen,) = (await anna.read("/data/trades"))["data"]
    assert (seen["trader_side"], seen["asset_id"], seen["owner"]) == ("MAKER", other, ben.api_key)
    (part,) = seen["maker_orders"]
    assert (part["owner"], part["asset_id"], part["side"]) == (anna.api_key, token, "BUY")
    assert (part["price"], part["matched_amount"]) == ("0.5", "10")


async def test_an_order_ends_at_its_time(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    ends = anna.seconds + 260  # a minute of which is the venue's security
    told = await anna.place(token, "BUY", "0.4", size="10", kind="GTD", expires_at=ends)
    await order(venue, "clock", shift=199)
    assert exchange.accounts.orders.orders[told["orderID"]].status == "LIVE"
    await order(venue, "clock", shift=200)
    assert exchange.accounts.orders.orders[told["orderID"]].status == "CANCELED_EXPIRED_ORDER"


async def test_a_time_too_near_is_refused(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    ends = anna.seconds + 190
    signed = anna.signed(token, "BUY", "0.4", size="10", kind="GTD", expires_at=ends)
    await order(venue, "clock", shift=140)
    assert (await anna.post(signed)).json() == {"error": "invalid expiration"}


async def test_one_many_all_or_a_markets_orders_are_cancelled(
    exchange: ExchangeSandbox, anna: Person, ben: Person, token: str
) -> None:
    ids = [(await anna.place(token, "BUY", "0.4", size="5"))["orderID"] for _ in range(5)]
    theirs = (await ben.place(token, "BUY", "0.4", size="5"))["orderID"]
    other, _ = neg_risk_tokens(exchange)
    tick = exchange.states[exchange.catalogue.by_token[other][0].condition_id].tick / 1_000_000
    elsewhere = (await anna.place(other, "BUY", f"{tick:g}", size="5"))["orderID"]
    assert await anna.cancel(ids[0]) == {"canceled": [ids[0]], "not_canceled": {}}
    told = await anna.cancel(ids[0], ids[1], theirs)
    assert told["canceled"] == [ids[1]]
    assert set(told["not_canceled"]) == {ids[0], theirs}
    market = exchange.catalogue.by_token[token][0].condition_id
    body = json.dumps({"market": market}).encode()
    answer = (await anna.ask("DELETE", "/cancel-market-orders", body)).json()
    assert answer == {"canceled": ids[2:], "not_canceled": {}}
    answer = (await anna.ask("DELETE", "/cancel-all")).json()
    assert answer == {"canceled": [elsewhere], "not_canceled": {}}
    assert (await anna.read("/data/orders"))["data"] == []
    assert len((await ben.read("/data/orders"))["data"]) == 1


async def test_a_refused_leg_of_a_batch_looks_like_a_success_without_an_id(
    anna: Person, token: str
) -> None:
    good = anna.signed(token, "BUY", "0.4", size="10")
    poor = anna.signed(token, "BUY", "0.4", size="10000")
    body = b"[" + b",".join(anna.body(each) for each in (good, poor)) + b"]"
    first, second = (await anna.ask("POST", "/orders", body)).json()
    assert (first["success"], first["orderID"]) == (True, good.hash)
    assert (second["success"], second["orderID"]) == (True, "")
    assert "not enough balance" in second["errorMsg"]
    many = b"[" + b",".join([anna.body(good)] * 16) + b"]"
    answer = await anna.ask("POST", "/orders", many)
    assert answer.json() == {"error": "Too many orders in payload: 16, max allowed: 15"}


async def test_where_takers_wait_the_answer_is_delayed_and_the_match_comes_later(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    await order(venue, "taker-delay", market=token, seconds=0.05)
    async with anna.listening() as socket:
        told = await anna.place(token, "BUY", "0.51", spend="10", kind="FAK")
        assert (told["status"], told["makingAmount"]) == ("delayed", "")
        assert exchange.accounts.orders.orders[told["orderID"]].status == "DELAYED"
        trade = await hear(socket)
    assert (trade["event_type"], trade["taker_order_id"]) == ("trade", told["orderID"])


async def test_a_market_that_ends_lets_its_orders_go(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    told = await anna.place(token, "BUY", "0.4", size="10")
    market = exchange.catalogue.by_token[token][0]
    await order(venue, "pause", market=market.id)
    assert "not yet ready" in await anna.refused(token, "BUY", "0.4", size="10")
    await order(venue, "resolve", market=market.id)
    row = await anna.read(f"/data/order/{told['orderID']}")
    assert row["status"] == "CANCELED_MARKET_RESOLVED"
    assert "does not exist" in await anna.refused(token, "BUY", "0.4", size="10")


async def test_a_tick_that_changes_refuses_the_old_grid_and_sweeps_it(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    market = exchange.catalogue.by_token[token][0].id
    await order(venue, "tick", market=market, tick="0.001")
    fine = await anna.place(token, "BUY", "0.401", size="10")
    late = anna.signed(token, "BUY", "0.402", size="10")
    await order(venue, "tick", market=market, tick="0.01")
    assert exchange.accounts.orders.orders[fine["orderID"]].status == "INVALID"
    answer = await anna.post(late)
    assert "breaks minimum tick size rule: 0.01" in answer.json()["error"]


async def test_what_a_wallet_can_no_longer_pay_is_taken_out_of_the_book(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, token: str
) -> None:
    anna = await person(exchange, venue, cash="10")
    first = await anna.place(token, "BUY", "0.4", size="10")
    second = await anna.place(token, "BUY", "0.4", size="10")
    await order(venue, "wallet", address=anna.key.address, cash="5")
    rows = [await anna.read(f"/data/order/{each['orderID']}") for each in (first, second)]
    assert [row["status"] for row in rows] == ["LIVE", "CANCELED_NOT_ENOUGH_BALANCE"]


async def test_closed_only_and_banned_wallets_are_told_so(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    assert await anna.read("/auth/ban-status/closed-only") == {"closed_only": False}
    await order(venue, "wallet", address=anna.key.address, closed_only=True, shares={token: "9"})
    assert await anna.read("/auth/ban-status/closed-only") == {"closed_only": True}
    words = f"'{anna.wallet.funder}' address in closed only mode"
    assert await anna.refused(token, "BUY", "0.4", size="10") == words
    await anna.place(token, "SELL", "0.6", size="9")
    await order(venue, "wallet", address=anna.key.address, banned=True)
    assert "address banned" in await anna.refused(token, "SELL", "0.7", size="9")


async def test_a_blocked_region_is_refused_whoever_asks(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    assert (await venue.get("/api/geoblock")).json()["blocked"] is False
    await order(venue, "geoblock", blocked=True, country="US", region="NY")
    told = (await venue.get("/api/geoblock")).json()
    assert (told["blocked"], told["country"]) == (True, "US")
    answer = await anna.post(anna.signed(token, "BUY", "0.4", size="10"))
    assert answer.status_code == 403
    assert "Trading restricted in your region" in answer.json()["error"]


async def test_the_limit_of_a_signer_is_told_and_kept(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    signed = [anna.signed(token, "BUY", "0.01", size="5") for _ in range(61)]
    answers = [await anna.post(each) for each in signed]
    assert answers[0].headers["Poly-RateLimit-Remaining"] == "59"
    assert answers[0].headers["Poly-RateLimit-Tier"] == "standard"
    assert [each.status_code for each in answers[-2:]] == [200, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert (await anna.cancel(signed[0].hash))["canceled"] == [signed[0].hash]
    await order(venue, "rate-limits", tier="gold")
    assert (await anna.post(signed[-1])).status_code == 200
