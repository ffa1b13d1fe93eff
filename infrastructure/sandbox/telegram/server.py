"""The sandbox's Telegram as one web application: Bot API, user side, chat page."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from aiohttp import web

from infrastructure.sandbox.telegram.bot_api import BotApi
from infrastructure.sandbox.telegram.control_api import ControlApi
from infrastructure.sandbox.telegram.group_api import GroupApi
from infrastructure.sandbox.telegram.guards import add_headers, guard
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.user_api import UserApi
from infrastructure.sandbox.telegram.webhook import RETRY_DELAYS, WebhookDelivery

PAGE: Final = Path(__file__).parent / "page"
LARGEST_BODY: Final = 55 * 1024 * 1024  # a document of 50 MB with its form around it


def telegram_app(
    desk: TelegramSandbox,
    *,
    allowed_hosts: Collection[str] = (),
    webhook_retry_delays: tuple[float, ...] = RETRY_DELAYS,
) -> web.Application:
    """The application of one sandbox; serve it once, with the access log off (it shows tokens).

    Loopback names are always served; `allowed_hosts` adds names or addresses, `"*"` means any.
    """
    app = web.Application(middlewares=[guard(allowed_hosts)], client_max_size=LARGEST_BODY)
    app.add_routes(BotApi(desk).routes())
    app.add_routes(UserApi(desk).routes())
    app.add_routes(GroupApi(desk).routes())
    app.add_routes(ControlApi(desk).routes())
    app.add_routes([web.get("/", _page), web.static("/page", PAGE)])
    app.on_response_prepare.append(add_headers)

    async def close(_app: web.Application) -> None:
        desk.close()

    async def deliver_webhooks(_app: web.Application) -> AsyncIterator[None]:
        delivery = WebhookDelivery(desk.updates, desk.bells, desk.now, webhook_retry_delays)
        # No TaskGroup: aiohttp may run the two halves of this generator in different tasks.
        task = asyncio.create_task(delivery.run(), name="telegram-sandbox-webhook")
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app.on_shutdown.append(close)
    app.cleanup_ctx.append(deliver_webhooks)
    return app


async def _page(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")
