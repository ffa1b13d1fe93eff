"""The operator's HTTP server: `/health`, `/metrics`, and `/webhook` where Telegram calls us."""

import errno
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

from aiohttp import web

from infrastructure.errors import PortInUse
from infrastructure.telemetry.metrics import CONTENT_TYPE

logger = logging.getLogger(__name__)

LONGEST_UPDATE = 1024 * 1024  # bytes
SHUTDOWN_TIMEOUT = 1.0  # seconds for a request that is being answered
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part of the program: `state` is for people, `ok` for monitors.

    `is_impaired`: it works, and people should read its state all the same.
    """

    ok: bool
    state: str
    is_impaired: bool = False


@dataclass(frozen=True, slots=True)
class TokenHealth:
    """A token whose price is wanted and not live; the age is None if it was never heard of."""

    token: str
    state: str
    age: float | None  # seconds
    why: str
    doubt: str | None = None  # the reason in one word, as the metrics have it
    epoch: int = 0  # how often its news was interrupted
    interrupted: float | None = None  # seconds since it stopped being live; None: it never was


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Healthy while every part is; the age is None before the first price."""

    parts: Mapping[str, PartHealth]
    newest_price_age: float | None = None  # seconds
    not_live: Sequence[TokenHealth] = ()
    details: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts.values())


Webhook: TypeAlias = Callable[[bytes, str | None], Awaitable[int]]
"""Takes a pushed update and the secret of its header; gives the HTTP status to answer with."""


@asynccontextmanager
async def ops_server(
    host: str,
    port: int,
    *,
    health: Callable[[], HealthReport],
    metrics: Callable[[], bytes],
    webhook: Webhook | None = None,
) -> AsyncIterator[int]:
    """Serve for the length of the block; the port that is served, also where `port` is 0.

    Raises: PortInUse, naming OPS_PORT or OPS_HOST.
    """
    application = web.Application(client_max_size=LONGEST_UPDATE)
    application.router.add_get("/health", _health_route(health))
    application.router.add_get("/metrics", _metrics_route(metrics))
    if webhook is not None:
        application.router.add_post("/webhook", _webhook_route(webhook))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT)
    await runner.setup()
    try:
        yield await _listen(runner, host, port)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> int:
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        is_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        variable = "OPS_HOST" if is_host else "OPS_PORT"
        raise PortInUse(variable, f"{host}:{port}", _reason(error)) from error
    bound: int = runner.addresses[0][1]
    return bound


def _reason(error: OSError) -> str:
    """In the system's own words: the event loop's repeat the address."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


Route = Callable[[web.Request], Awaitable[web.Response]]


def _health_route(health: Callable[[], HealthReport]) -> Route:
    async def answer(_: web.Request) -> web.Response:
        report = health()
        body = {
            "status": "ok" if report.ok else "unhealthy",
            "parts": {
                name: {"ok": part.ok, "state": part.state} for name, part in report.parts.items()
            },
            "newest_price_age_seconds": report.newest_price_age,
            "tokens_not_live": [asdict(token) for token in report.not_live],
            **report.details,
        }
        return web.json_response(body, status=200 if report.ok else 503)

    return answer


def _metrics_route(metrics: Callable[[], bytes]) -> Route:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=metrics(), headers={"Content-Type": CONTENT_TYPE})

    return answer


def _webhook_route(webhook: Webhook) -> Route:
    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        return web.Response(status=await webhook(body, request.headers.get(SECRET_HEADER)))

    return answer
