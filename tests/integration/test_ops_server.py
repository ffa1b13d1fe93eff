"""The operator's HTTP server, over real sockets."""

import io
import json

import aiohttp
import pytest

from infrastructure.errors import PortInUse
from infrastructure.telemetry.metrics import Metrics
from infrastructure.telemetry.ops_server import (
    SECRET_HEADER,
    HealthReport,
    PartHealth,
    TokenHealth,
    ops_server,
)

HEALTHY = HealthReport(
    {"stream": PartHealth(ok=True, state="connected")},
    newest_price_age=0.5,
    not_live=[TokenHealth("71", "suspect", 2.5, "missed something", "missed", 3, 2.1)],
    details={"venue": "sandbox"},
)
SICK = HealthReport({"stream": PartHealth(ok=False, state="down"), "db": PartHealth(True, "up")})


def healthy() -> HealthReport:
    return HEALTHY


def sick() -> HealthReport:
    return SICK


def no_metrics() -> bytes:
    return b""


async def get(port: int, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session,
        session.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        return response.status, await response.text()


async def test_health_is_200_with_each_part_and_the_age_of_the_newest_price() -> None:
    async with ops_server("127.0.0.1", 0, health=healthy, metrics=no_metrics) as port:
        status, text = await get(port, "/health")
    assert status == 200
    assert json.loads(text) == {
        "status": "ok",
        "parts": {"stream": {"ok": True, "state": "connected"}},
        "newest_price_age_seconds": 0.5,
        "tokens_not_live": [
            {
                "token": "71",
                "state": "suspect",
                "age": 2.5,
                "why": "missed something",
                "doubt": "missed",
                "epoch": 3,
                "interrupted": 2.1,
            }
        ],
        "venue": "sandbox",
    }


async def test_health_is_503_as_soon_as_one_part_is_not_well() -> None:
    async with ops_server("127.0.0.1", 0, health=sick, metrics=no_metrics) as port:
        status, text = await get(port, "/health")
    assert status == 503
    assert '"state": "down"' in text
    assert '"newest_price_age_seconds": null' in text


async def test_metrics_show_the_promised_names_with_help_texts() -> None:
    metrics = Metrics()
    metrics.messages.labels(event="book").inc(3)
    metrics.subscriptions.set(7)
    metrics.update_latency.observe(0.02)
    async with ops_server("127.0.0.1", 0, health=healthy, metrics=metrics.render) as port:
        status, text = await get(port, "/metrics")
    assert status == 200
    assert 'websocket_messages_total{event="book"} 3.0' in text
    assert "websocket_subscriptions_total 7.0" in text
    assert "websocket_connections_active 0.0" in text
    assert "price_update_latency_seconds_count 1.0" in text
    helps = [line for line in text.splitlines() if line.startswith("# HELP")]
    assert len(helps) >= 13
    assert all(len(line.split()) > 4 for line in helps)


async def test_two_sets_of_metrics_do_not_share_their_counts() -> None:
    one, other = Metrics(), Metrics()
    one.reconnects.inc()
    assert b"websocket_reconnects_total 1.0" in one.render()
    assert b"websocket_reconnects_total 0.0" in other.render()


async def test_a_port_in_use_is_named_with_the_mend() -> None:
    async with ops_server("127.0.0.1", 0, health=healthy, metrics=no_metrics) as port:
        with pytest.raises(PortInUse, match=rf"^OPS_PORT: .*127\.0\.0\.1:{port}.*another port"):
            async with ops_server("127.0.0.1", port, health=healthy, metrics=no_metrics):
                pass


async def test_an_address_of_another_machine_is_blamed_on_the_host() -> None:
    with pytest.raises(PortInUse, match=r"^OPS_HOST: "):
        async with ops_server("192.0.2.1", 0, health=healthy, metrics=no_metrics):
            pass


async def test_the_port_is_free_again_after_the_block() -> None:
    async with ops_server("127.0.0.1", 0, health=healthy, metrics=no_metrics) as port:
        pass
    async with ops_server("127.0.0.1", port, health=healthy, metrics=no_metrics) as again:
        assert again == port


async def post(secret: str | None, body: bytes) -> tuple[int, list[tuple[bytes, str | None]]]:
    pushed: list[tuple[bytes, str | None]] = []

    async def door(update: bytes, given: str | None) -> int:
        pushed.append((update, given))
        return 200 if given == "right-secret" else 403

    headers = {SECRET_HEADER: secret} if secret is not None else {}
    async with (
        ops_server("127.0.0.1", 0, health=healthy, metrics=no_metrics, webhook=door) as port,
        aiohttp.ClientSession() as session,
        session.post(
            f"http://127.0.0.1:{port}/webhook", data=io.BytesIO(body), headers=headers
        ) as response,
    ):
        return response.status, pushed


@pytest.mark.parametrize(("secret", "status"), [("right-secret", 200), ("wrong", 403), (None, 403)])
async def test_a_pushed_update_is_handed_on_with_its_secret(
    secret: str | None, status: int
) -> None:
    assert await post(secret, b'{"update_id": 1}') == (status, [(b'{"update_id": 1}', secret)])


async def test_a_body_of_megabytes_is_refused() -> None:
    status, pushed = await post("right-secret", b'{"a": "' + b"x" * 2_000_000 + b'"}')
    assert (status, pushed) == (413, [])


async def test_without_a_webhook_there_is_no_route() -> None:
    async with (
        ops_server("127.0.0.1", 0, health=healthy, metrics=no_metrics) as port,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/webhook") as response,
    ):
        assert response.status == 404
