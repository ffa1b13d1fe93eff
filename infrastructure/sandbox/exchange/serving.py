"""Serve the sandbox's exchange on an address, and let it trade, for as long as a block lasts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from infrastructure.sandbox.exchange.app import exchange_app, run_flow
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox


@asynccontextmanager
async def exchange_served(
    exchange: ExchangeSandbox, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """The base URL of REST, without a slash at its end; port 0 takes a free one.

    Raises: OSError if the address is in use.
    """
    runner = web.AppRunner(exchange_app(exchange), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        flow = asyncio.create_task(run_flow(exchange), name="exchange-flow")
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{runner.addresses[0][1]}"
        finally:
            flow.cancel()
            with suppress(asyncio.CancelledError):
                await flow
    finally:
        await runner.cleanup()
