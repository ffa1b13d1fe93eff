"""Orders over sockets that break: what had left is unknown, what had not is known."""

import asyncio
import gzip
import json

import pytest

from core.domain.errors import OutcomeUnknown, Unavailable
from core.domain.order import OrderStatus
from core.domain.order_amounts import OrderKind
from infrastructure.polymarket.trading.exchange import PolymarketExchange
from tests.support.account_venue import HASH, MARKET, account, order, payload
from tests.support.faulty_sockets import (
    Act,
    answer,
    breaking,
    closed_port,
    read_request,
    reset,
)

GOOD = json.dumps(
    {"success": True, "errorMsg": "", "orderID": HASH, "status": "live", "tradeIDs": []}
).encode()


async def reset_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def reset_after_the_headers(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await reader.readuntil(b"\r\n\r\n")
    reset(writer)


async def reset_after_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    reset(writer)


async def close_after_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.close()


async def close_within_the_answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await read_request(reader)
    writer.write(answer(GOOD[:20], length=len(GOOD)))
    await writer.drain()
    writer.close()


async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await asyncio.Event().wait()


async def hang_within_the_answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await read_request(reader)
    writer.write(answer(GOOD[:20], length=len(GOOD)))
    await writer.drain()
    await asyncio.Event().wait()


async def never_read(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"220 mail.example.com ESMTP\r\n")
    await writer.drain()


async def spoilt_gzip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(answer(gzip.compress(GOOD)[:-12], extra=b"Content-Encoding: gzip\r\n"))
    await writer.drain()


async def not_gzip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(answer(GOOD, extra=b"Content-Encoding: gzip\r\n"))
    await writer.drain()


@pytest.mark.parametrize(
    "act",
    [
        reset_at_once,
        reset_after_the_headers,
        reset_after_the_body,
        close_after_the_body,
        close_within_the_answer,
        hang,
        hang_within_the_answer,
        never_read,
        no_http,
        spoilt_gzip,
        not_gzip,
    ],
)
async def test_once_bytes_may_have_left_the_outcome_is_unknown(act: Act) -> None:
    async with breaking(act) as url, account(url, patience=0.3) as http:
        with pytest.raises(OutcomeUnknown):
            await PolymarketExchange(http).place(order(), MARKET, payload())


async def test_the_deadline_counts_even_while_bytes_trickle_in() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(b"", length=10_000))
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with breaking(trickle) as url, account(url, deadline=0.3) as http:
        with pytest.raises(OutcomeUnknown):
            await PolymarketExchange(http).place(order(), MARKET, payload())


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
async def test_a_venue_that_cannot_be_reached_was_sent_nothing(host: str) -> None:
    url = f"http://{host}:{closed_port()}"
    async with account(url) as http:
        with pytest.raises(Unavailable, match="Nothing was sent"):
            await PolymarketExchange(http).place(order(), MARKET, payload())


@pytest.mark.parametrize("act", [never_read, no_http, reset_at_once])
async def test_a_tls_handshake_that_fails_or_hangs_has_sent_nothing(act: Act) -> None:
    async with breaking(act, "https") as url, account(url) as http:
        with pytest.raises(Unavailable, match="Nothing was sent"):
            await PolymarketExchange(http).place(order(), MARKET, payload())


async def test_who_waits_in_vain_for_a_connection_has_sent_nothing() -> None:
    arrived = asyncio.Event()

    async def busy(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        arrived.set()
        await asyncio.Event().wait()

    async with breaking(busy) as url, account(url, deadline=1.5, queue=0.3) as http:
        exchange = PolymarketExchange(http)

        async def place() -> str:
            try:
                await exchange.place(order(), MARKET, payload())
            except (Unavailable, OutcomeUnknown) as error:
                return type(error).__name__
            return "placed"

        placing = [asyncio.create_task(place()) for _ in range(30)]
        outcomes = await asyncio.gather(*placing)
    assert arrived.is_set()
    assert (outcomes.count("OutcomeUnknown"), outcomes.count("Unavailable")) == (20, 10)


async def test_a_connection_that_the_venue_closed_in_between_is_not_used_again() -> None:
    ends = asyncio.Queue[bytes]()

    async def one_answer_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        writer.write(answer(GOOD))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        ends.put_nowait(request)

    async with breaking(one_answer_each) as url, account(url) as http:
        exchange = PolymarketExchange(http)
        for _ in range(3):
            done = await exchange.place(order(OrderKind.GTC), MARKET, payload())
            assert done.status is OrderStatus.LIVE
            async with asyncio.timeout(20):
                assert (await ends.get()).startswith(b"POST /order ")


async def test_an_order_finds_the_connection_of_the_one_before() -> None:
    connections = list[int]()

    async def keep_alive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        while True:
            await read_request(reader)
            writer.write(answer(GOOD))
            await writer.drain()

    async with breaking(keep_alive) as url, account(url) as http:
        exchange = PolymarketExchange(http)
        for _ in range(3):
            await exchange.place(order(), MARKET, payload())
    assert len(connections) == 1


async def test_no_proxy_of_the_environment_sees_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")

    async def good(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(gzip.compress(GOOD), extra=b"Content-Encoding: gzip\r\n"))
        await writer.drain()

    async with breaking(good) as url, account(url) as http:
        done = await PolymarketExchange(http).place(order(OrderKind.GTC), MARKET, payload())
    assert done.status is OrderStatus.LIVE


async def test_the_client_speaks_http_1_1_and_follows_no_redirect() -> None:
    async def away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        assert b" HTTP/1.1\r\n" in request
        writer.write(b"HTTP/1.1 307 Away\r\nLocation: /order\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with breaking(away) as url, account(url) as http:
        with pytest.raises(OutcomeUnknown):
            await PolymarketExchange(http).place(order(), MARKET, payload())
