"""Both official clients trade at the sandbox's exchange: their reading of the protocol is ours."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.clients import AsyncSecureClient

from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.sandbox.exchange.accounts.contracts import Settler
from infrastructure.sandbox.exchange.accounts.signatures import order_hash, signer_of
from infrastructure.sandbox.exchange.accounts.typed_data import OrderStruct
from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_accounts import FUNDER, tokens_of
from tests.support.sandbox_exchange import LIMIT, order, serving
from tests.support.signing import KNOWN_SECRET, known_key

SECRET: Final = "0x" + KNOWN_SECRET.hex()
SAFE: Final = 2
DEPOSIT_WALLET: Final = 3
OWNER: Final = known_key().address

# py-clob-client-v2 has no types, and is imported in a way that asks for none
_package: Final = "py_clob_client_v2"
_clob: Final = importlib.import_module(_package)
_types: Final = importlib.import_module(f"{_package}.clob_types")


@pytest.fixture
def exchange() -> ExchangeSandbox:
    """On the true time, which both clients use."""
    return ExchangeSandbox(ExchangeOptions(rate=0))


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
    return first


async def official(venue: httpx.AsyncClient, wallet: str) -> AsyncSecureClient:
    url = str(venue.base_url).rstrip("/")
    config = replace(PRODUCTION_CONFIG, clob_url=url, gamma_url=url, data_url=url, relayer_url=url)
    environment = create_environment(name="sandbox", config=config)
    return await AsyncSecureClient.create(
        private_key=SECRET, wallet=wallet, environment=environment
    )


@pytest.mark.parametrize(("kind", "funder"), [(0, OWNER), (DEPOSIT_WALLET, FUNDER)])
async def test_the_official_client_buys_reads_and_cancels(
    venue: httpx.AsyncClient, token: str, kind: int, funder: str
) -> None:
    """It takes the key of a deposit wallet that it did not derive itself for a session key."""
    sessions = {} if kind == 0 else {OWNER: None}
    address = OWNER if kind == 0 else "0x" + "77" * 20
    await order(
        venue,
        "wallet",
        address=address,
        signature_type=kind,
        funder=funder,
        cash="100",
        session_keys=sessions,
    )
    async with asyncio.timeout(LIMIT), await official(venue, funder) as client:
        live = await client.place_limit_order(token_id=token, price="0.4", size="10", side="BUY")
        taken = await client.place_market_order(token_id=token, amount="10", side="BUY")
        orders = [each async for page in client.list_open_orders() for each in page.items]
        trades = [each async for page in client.list_account_trades() for each in page.items]
        held = [each async for page in client.list_positions() for each in page.items]
        assert (live.status, taken.status) == ("live", "matched")  # type: ignore[union-attr] # both were taken
        assert [each.id for each in orders] == [live.order_id]  # type: ignore[union-attr] # as above
        assert [each.id for each in trades] == list(taken.trade_ids)  # type: ignore[union-attr] # as above
        assert [str(each.asset_id) for each in held] == [token]
        assert list((await client.cancel_all()).canceled) == [live.order_id]  # type: ignore[union-attr] # as above


def trade_with_the_other_client(url: str, token: str) -> dict[str, Any]:
    """Blocking, as it is."""
    client = _clob.ClobClient(url, 137, key=SECRET, signature_type=SAFE, funder=FUNDER)
    client.set_api_creds(client.create_or_derive_api_key())
    rests = _types.OrderArgsV2(token_id=token, price=0.4, size=10, side="BUY")
    takes = _types.MarketOrderArgsV2(token_id=token, amount=10, side="BUY", order_type="FOK")
    return {
        "live": client.create_and_post_order(rests),
        "taken": client.create_and_post_market_order(takes),
        "trades": client.get_trades(),
        "beat": client.post_heartbeat(""),
        "cancelled": client.cancel_all(),
    }


async def test_the_other_official_client_does_too(venue: httpx.AsyncClient, token: str) -> None:
    await order(venue, "trades", delay=0.01)  # it waits for what it bought
    await order(venue, "wallet", address=OWNER, signature_type=SAFE, funder=FUNDER, cash="100")
    url = str(venue.base_url).rstrip("/")
    told = await asyncio.to_thread(trade_with_the_other_client, url, token)
    assert told["live"]["status"] == "live"
    assert told["taken"]["takingAmount"] == "19.607843"
    assert [each["id"] for each in told["trades"]] == told["taken"]["tradeIDs"]
    assert told["cancelled"]["canceled"] == [told["live"]["orderID"]]


def test_every_recorded_signature_names_its_key(fixtures_dir: Path) -> None:
    vectors = json.loads((fixtures_dir / "vectors/order_v2_v3_eip712.json").read_text())
    owner = SigningKey(bytes.fromhex(vectors["private_key"][2:])).address.lower()
    ours = [each for each in vectors["cases"] if each["typed_data"]["domain"]["chainId"] == 137]
    for case in ours:
        domain, message = case["typed_data"]["domain"], case["typed_data"]["message"]
        struct = OrderStruct(
            salt=int(message["salt"]),
            maker=message["maker"],
            signer=message["signer"],
            token=int(message["tokenId"]),
            maker_amount=int(message["makerAmount"]),
            taker_amount=int(message["takerAmount"]),
            side=int(message["side"]),
            signature_type=int(message["signatureType"]),
            timestamp=int(message["timestamp"]),
            metadata=bytes.fromhex(message["metadata"][2:]),
            builder=bytes.fromhex(message["builder"][2:]),
        )
        settler = Settler(domain["verifyingContract"], domain["version"])
        assert order_hash(struct, settler) == case["order_hash"]
        signer = signer_of(struct, settler, bytes.fromhex(case["signature"][2:]))
        assert signer is not None
        assert signer.address == owner
    assert len(ours) > 20
