"""Serve the sandbox's Telegram on an address for as long as a block lasts."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from aiohttp import web

from infrastructure.sandbox.telegram.server import telegram_app
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.webhook import RETRY_DELAYS


@asynccontextmanager
async def served(
    desk: TelegramSandbox,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    allowed_hosts: Collection[str] = (),
    webhook_retry_delays: tuple[float, ...] = RETRY_DELAYS,
) -> AsyncIterator[str]:
    """The base URL, without a slash at its end; port 0 takes a free one.

    Raises: OSError if the address is in use.
    """
    app = telegram_app(desk, allowed_hosts=allowed_hosts, webhook_retry_delays=webhook_retry_delays)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound_port = runner.addresses[0][1]
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound_port}"
    finally:
        await runner.cleanup()
