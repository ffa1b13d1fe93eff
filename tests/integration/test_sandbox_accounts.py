"""API keys of the sandbox's exchange: proofs are checked for real."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from infrastructure.polymarket.signing.headers import l1_headers, l2_headers
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.wallet import SignatureType, Wallet
from infrastructure.sandbox.exchange.accounts.typed_data import auth_digest, recovered
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_accounts import FUNDER, Person, person, tokens_of
from tests.support.sandbox_exchange import LIMIT, order, serving, still_exchange

KEY = SigningKey(b"\x11" * 32)


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
async def anna(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> Person:
    return await person(exchange, venue)


async def test_a_key_is_made_once_and_derived_the_same_again(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    headers = l1_headers(KEY, exchange.now_ms() // 1000)
    assert (await venue.get("/auth/derive-api-key", headers=headers)).status_code == 400
    made = await venue.post("/auth/api-key", headers=headers)
    assert set(made.json()) == {"apiKey", "secret", "passphrase"}
    assert (await venue.post("/auth/api-key", headers=headers)).status_code == 400
    assert (await venue.get("/auth/derive-api-key", headers=headers)).json() == made.json()
    other = l1_headers(KEY, exchange.now_ms() // 1000, nonce=1)
    assert (await venue.post("/auth/api-key", headers=other)).json() != made.json()


async def test_what_another_implementation_signed_names_the_same_key() -> None:
    signed = l1_headers(KEY, 1_790_658_674, nonce=7)
    signature = bytes.fromhex(signed["POLY_SIGNATURE"][2:])
    digest = auth_digest(KEY.address, "1790658674", 7)
    assert recovered(digest, signature) == KEY.address.lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLY_ADDRESS", "0x" + "33" * 20),
        ("POLY_NONCE", "1"),
        ("POLY_NONCE", "x"),
        ("POLY_SIGNATURE", "0x" + "11" * 65),
        ("POLY_SIGNATURE", "none"),
        ("POLY_TIMESTAMP", "1"),
    ],
)
async def test_headers_that_do_not_prove_the_wallet_are_refused(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, name: str, value: str
) -> None:
    headers = l1_headers(KEY, exchange.now_ms() // 1000) | {name: value}
    answer = await venue.post("/auth/api-key", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid L1 Request headers"})


async def test_an_old_proof_of_the_wallet_is_refused(venue: httpx.AsyncClient) -> None:
    answer = await venue.post("/auth/api-key", headers=l1_headers(KEY, 1_789_999_000))
    assert answer.status_code == 401


async def test_a_key_lists_and_ends_itself(anna: Person) -> None:
    assert await anna.read("/auth/api-keys") == {"apiKeys": [anna.api_key]}
    assert (await anna.ask("DELETE", "/auth/api-key")).json() == "OK"
    answer = await anna.ask("GET", "/auth/api-keys")
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized/Invalid api key"})


async def test_only_the_bytes_that_were_signed_are_accepted(
    anna: Person, venue: httpx.AsyncClient
) -> None:
    assert anna.credentials is not None
    body = json.dumps({"orderID": "0x1"}).encode()
    good = l2_headers(anna.credentials, anna.seconds, "DELETE", "/order", body)

    async def status(path: str = "/order", content: bytes = body, **changed: str) -> int:
        answer = await venue.request("DELETE", path, content=content, headers=good | changed)
        return answer.status_code

    assert await status() == 200
    assert await status(content=body + b" ") == 401
    assert await status(path="/orders") == 401
    assert await status(POLY_PASSPHRASE="wrong") == 401
    assert await status(POLY_TIMESTAMP=str(anna.seconds + 1)) == 401
    assert await status(POLY_ADDRESS="0x" + "33" * 20) == 401


async def test_the_clock_may_differ_a_little_but_not_by_two_minutes(
    anna: Person, venue: httpx.AsyncClient
) -> None:
    assert anna.credentials is not None
    for shift, status in ((50, 200), (-50, 200), (120, 401), (-120, 401)):
        headers = l2_headers(anna.credentials, anna.seconds + shift, "GET", "/auth/api-keys")
        assert (await venue.get("/auth/api-keys", headers=headers)).status_code == status


async def test_the_query_is_not_part_of_what_is_signed(anna: Person) -> None:
    told = await anna.read("/balance-allowance", asset_type="COLLATERAL", signature_type="0")
    assert told["balance"] == "1000000000"
    assert int(min(told["allowances"].values(), key=int)) == 2**256 - 1


async def test_where_accounts_open_by_themselves_a_first_key_brings_money() -> None:
    exchange = still_exchange(open_accounts=True)
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
    ):
        headers = l1_headers(KEY, exchange.now_ms() // 1000)
        await client.post("/auth/api-key", headers=headers)
        told = (await client.get("/control/wallet", params={"address": KEY.address})).json()
    assert told["cash"] == "1000"
    assert set(told["allowances"].values()) == {"max"}


async def test_such_an_account_trades_with_whatever_wallet_its_orders_name() -> None:
    exchange = still_exchange(open_accounts=True)
    token, _ = tokens_of(exchange)
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
    ):
        wallet = Wallet(SignatureType.DEPOSIT_WALLET, FUNDER, KEY.address, is_session=True)
        someone = Person(exchange, client, KEY, wallet)
        await someone.join()
        await order(client, "price", token=token, price="0.5")
        told = await someone.place(token, "BUY", "0.51", spend="10", kind="FOK")
        assert told["status"] == "matched"
        held = await client.get("/v2/positions", params={"user": FUNDER})
        asked = {"asset_type": "COLLATERAL", "signature_type": "3"}
        money = await someone.read("/balance-allowance", **asked)
    assert [row["token_id"] for row in held.json()["data"]] == [token]
    assert 989_000_000 < int(money["balance"]) < 990_000_000


async def test_there_a_first_key_that_asks_is_the_session_key_of_a_deposit_wallet() -> None:
    exchange = still_exchange(open_accounts=True)
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
    ):
        someone = Person(exchange, client, KEY, Wallet(SignatureType.EOA, KEY.address, KEY.address))
        await someone.join()
        told = await someone.read("/v1/user/session-signers")
        again = await someone.read("/v1/user/session-signers")
        found = await client.get("/control/wallet", params={"address": told["wallet"]})
    assert [(one["address"], one["scopes"]) for one in told["signers"]] == [
        (KEY.address.lower(), ["CLOB"])
    ]
    assert again == told
    assert (found.json()["cash"], found.json()["owner"]) != ("0", KEY.address.lower())


async def test_a_stranger_to_the_control_is_told_so(venue: httpx.AsyncClient) -> None:
    answer = await venue.get("/control/wallet", params={"address": KEY.address})
    assert (answer.status_code, answer.json()) == (400, {"error": "no such wallet"})
    assert (await venue.post("/control/wallet", json={"address": "me"})).status_code == 400


async def test_session_keys_of_a_wallet_are_listed_for_its_owner(
    anna: Person, venue: httpx.AsyncClient
) -> None:
    session = "0x" + "44" * 20
    address = anna.key.address
    await order(venue, "wallet", address=address, session_keys={session: 1_800_000_000})
    told = await anna.read("/v1/user/session-signers")
    signer = {"address": session, "scopes": ["CLOB"], "valid_until": 1_800_000_000}
    assert told == {"wallet": address, "signers": [signer]}
