"""The exchange as a running server: for the sandbox's process and for tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from infrastructure.sandbox.exchange.app import exchange_app, run_flow
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.weather.settling import run_days

SHUTDOWN: Final = 1.0  # seconds that requests under way get


@contextlib.asynccontextmanager
async def serve_exchange(
    exchange: ExchangeSandbox, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """The base URL for Gamma, the CLOB and control, while the flow (or the replay) runs.

    The market socket is at the same address: `ws://…/ws/market`. Port 0 = any free one.
    Raises: OSError if the port is taken.
    """
    runner = web.AppRunner(exchange_app(exchange), shutdown_timeout=SHUTDOWN, access_log=None)
    await runner.setup()
    flow = asyncio.create_task(run_flow(exchange), name="exchange-flow")
    days = asyncio.create_task(run_days(exchange), name="exchange-weather")
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await _ended(days)
        await _ended(flow)


async def _ended(task: asyncio.Task[None]) -> None:
    """Stop it; if it had crashed, its error goes to whoever ran the server."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
