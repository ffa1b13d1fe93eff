"""What can go wrong with one order at the sandbox's exchange, and what was accepted meanwhile."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from infrastructure.polymarket.signing.headers import l2_headers
from infrastructure.polymarket.signing.signer import SignedOrder
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_accounts import Person, event, person, tokens_of
from tests.support.sandbox_exchange import LIMIT, order, serving, still_exchange

SHORT = 0.3  # seconds that an impatient client waits
ANSWERS = {
    "500": (500, "could not insert order"),
    "502-html": (502, "<html>"),
    "425": (425, "error"),
    "429": (429, "Too Many Requests"),
    "503-cancel-only": (503, "cancel-only"),
    "503-post-only": (503, "post_only_mode"),
    "503-disabled": (503, "disabled"),
    "wrong-id": (200, "0xbad0"),
    "success-true-with-error": (200, '"success":true'),
}


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
    first, _ = tokens_of(exchange)
    await order(venue, "price", token=first, price="0.5", levels=3, size="100")
    return first


@pytest.fixture
async def anna(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> Person:
    return await person(exchange, venue)


def resting(anna: Person, token: str) -> SignedOrder:
    return anna.signed(token, "BUY", "0.4", size="10")


async def accepted(venue: httpx.AsyncClient, signed: SignedOrder) -> bool:
    told = (await venue.get("/control/orders")).json()
    assert told[signed.hash]["posted"] == 1
    return bool(told[signed.hash]["accepted"])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ANSWERS)
async def test_an_answer_says_nothing_of_what_was_accepted(
    venue: httpx.AsyncClient, anna: Person, token: str, kind: str, when: str
) -> None:
    await order(venue, "order-faults", kind=kind, when=when)
    signed = resting(anna, token)
    answer = await anna.post(signed)
    status, words = ANSWERS[kind]
    assert (answer.status_code, words in answer.text) == (status, True)
    assert await accepted(venue, signed) is (when == "after")
    again = await anna.post(signed)
    assert again.status_code == (400 if when == "after" else 200)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_half_an_answer_is_no_json(
    venue: httpx.AsyncClient, anna: Person, token: str, when: str
) -> None:
    await order(venue, "order-faults", kind="truncated", when=when)
    signed = resting(anna, token)
    answer = await anna.post(signed)
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert await accepted(venue, signed) is (when == "after")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_can_be_reset(
    venue: httpx.AsyncClient, anna: Person, token: str, when: str
) -> None:
    await order(venue, "order-faults", kind="reset", when=when)
    signed = resting(anna, token)
    with pytest.raises(httpx.TransportError):
        await anna.post(signed)
    assert await accepted(venue, signed) is (when == "after")


async def impatient(anna: Person, signed: SignedOrder) -> None:
    assert anna.credentials is not None
    body = anna.body(signed)
    headers = l2_headers(anna.credentials, anna.seconds, "POST", "/order", body)
    with pytest.raises(httpx.ReadTimeout):
        await anna.venue.post("/order", content=body, headers=headers, timeout=SHORT)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_request_can_hang_until_the_client_gives_up(
    venue: httpx.AsyncClient, anna: Person, token: str, when: str
) -> None:
    await order(venue, "order-faults", kind="hang", when=when)
    signed = resting(anna, token)
    await impatient(anna, signed)
    assert await accepted(venue, signed) is (when == "after")


@pytest.mark.parametrize("kind", ["hang", "reset", "500"])
async def test_an_order_can_be_accepted_after_everybody_gave_it_up(
    venue: httpx.AsyncClient, anna: Person, token: str, kind: str
) -> None:
    await order(venue, "order-faults", kind=kind, when="late", seconds=0.1)
    signed = resting(anna, token)
    async with anna.listening() as socket:
        if kind == "hang":
            await impatient(anna, signed)
        elif kind == "reset":
            with pytest.raises(httpx.TransportError):
                await anna.post(signed)
        else:
            assert (await anna.post(signed)).status_code == 500
        looked_up = await anna.ask("GET", f"/data/order/{signed.hash}")
        assert looked_up.status_code == 404
        assert (await event(socket, "PLACEMENT"))["id"] == signed.hash
    assert await accepted(venue, signed)


async def test_cancels_have_the_same_faults(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    told = await anna.place(token, "BUY", "0.4", size="10")
    body = json.dumps({"orderID": told["orderID"]}).encode()
    for when, status in (("before", "LIVE"), ("after", "CANCELED")):
        await order(venue, "order-faults", kind="500", when=when, method="DELETE")
        assert (await anna.ask("DELETE", "/order", body)).status_code == 500
        row = await anna.read(f"/data/order/{told['orderID']}")
        assert row["status"] == status


async def test_look_ups_have_faults_by_path(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    told = await anna.place(token, "BUY", "0.4", size="10")
    path = f"/data/order/{told['orderID']}"
    for kind in ("502-html", "truncated", "wrong-id"):
        await order(venue, "order-faults", kind=kind, path="/data/*", method="GET")
    assert (await anna.ask("GET", path)).status_code == 502
    with pytest.raises(json.JSONDecodeError):
        (await anna.ask("GET", path)).json()
    assert (await anna.ask("GET", path)).json()["id"].startswith("0xbad0")
    assert (await anna.ask("GET", path)).json()["id"] == told["orderID"]


async def test_a_phase_lasts_and_spares_what_the_venue_spares(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    first = await anna.place(token, "BUY", "0.4", size="10")
    await order(venue, "order-faults", kind="503-post-only", lasting=60)
    for _ in range(3):
        assert (await anna.post(resting(anna, token))).status_code == 503
    assert (await anna.place(token, "BUY", "0.4", size="10", post_only=True))["status"] == "live"
    assert (await anna.cancel(first["orderID"]))["canceled"] == [first["orderID"]]
    await order(venue, "heal")
    assert (await anna.post(resting(anna, token))).status_code == 200
    met = (await venue.get("/control/order-faults")).json()
    assert met["waiting"] == []


async def test_look_ups_can_know_only_what_is_active(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    told = await anna.place(token, "BUY", "0.51", spend="10", kind="FAK")
    path = f"/data/order/{told['orderID']}"
    assert (await anna.read(path))["status"] == "MATCHED"
    await order(venue, "look-ups", active_only=True)
    assert (await anna.ask("GET", path)).status_code == 404
    (trade,) = (await anna.read("/data/trades"))["data"]
    assert trade["taker_order_id"] == told["orderID"]


async def test_silence_after_a_heartbeat_cancels_everything(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    await order(venue, "heartbeats", limit=0.2)
    told = await anna.place(token, "BUY", "0.4", size="10")

    async def beat(heartbeat_id: str) -> httpx.Response:
        body = json.dumps({"heartbeat_id": heartbeat_id}).encode()
        return await anna.ask("POST", "/v1/heartbeats", body)

    async with anna.listening() as socket:
        first = (await beat("")).json()["heartbeat_id"]
        second = (await beat(first)).json()["heartbeat_id"]
        wrong = await beat("wrong")
        expected = {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": second}
        assert (wrong.status_code, wrong.json()) == (400, expected)
        assert exchange.accounts.orders.orders[told["orderID"]].is_open
        ended = await event(socket, "CANCELLATION")
    assert (ended["id"], ended["status"]) == (told["orderID"], "CANCELED")


async def test_a_server_that_ends_lets_nothing_happen_later() -> None:
    exchange = still_exchange()
    token, _ = tokens_of(exchange)
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
    ):
        anna = await person(exchange, client)
        await order(client, "price", token=token, price="0.5", levels=3, size="100")
        await order(client, "order-faults", kind="500", when="late", seconds=0.05)
        signed = resting(anna, token)
        assert (await anna.post(signed)).status_code == 500
        assert exchange.accounts.agenda.pending == 1
    assert exchange.accounts.agenda.pending == 0
    assert signed.hash not in exchange.accounts.orders.orders
