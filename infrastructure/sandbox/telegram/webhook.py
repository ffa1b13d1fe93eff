"""Delivery of updates to the bot's own address, one after the other, until it takes them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import aiohttp
from aiogram.types import Update

from infrastructure.sandbox.telegram.bells import Bells
from infrastructure.sandbox.telegram.updates import UpdateQueue, Webhook
from infrastructure.sandbox.telegram.wire import plain

TIMEOUT: Final = aiohttp.ClientTimeout(total=60)
RETRY_DELAYS: Final = (1.0, 2.0, 5.0, 15.0, 60.0)  # seconds; the last one repeats
IDLE: Final = 60.0  # seconds between looks while nothing happens
PROOF_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"


class WebhookDelivery:
    def __init__(
        self,
        updates: UpdateQueue,
        bells: Bells,
        now: Callable[[], datetime],
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
    ) -> None:
        self._updates = updates
        self._bells = bells
        self._now = now
        self._retry_delays = retry_delays

    async def run(self) -> None:
        """Deliver until cancelled or closed; an update that was not taken is tried again."""
        failures = 0
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            while not self._bells.is_closed:
                webhook, update = self._updates.webhook, self._updates.oldest()
                if webhook is None or update is None:
                    await self._updates.waiting(IDLE)
                elif await self._deliver(session, webhook, update):
                    failures = 0
                    self._updates.confirm(update.update_id + 1)
                else:
                    delay = self._retry_delays[min(failures, len(self._retry_delays) - 1)]
                    failures += 1
                    await self._updates.waiting(delay)

    async def _deliver(
        self, session: aiohttp.ClientSession, webhook: Webhook, update: Update
    ) -> bool:
        headers = {PROOF_HEADER: webhook.secret_token} if webhook.secret_token else {}
        try:
            async with session.post(
                webhook.url, json=plain(update), headers=headers, allow_redirects=False
            ) as answer:
                if answer.ok:
                    return True
                problem = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            problem = f"Connection failed: {type(error).__name__}"
        webhook.last_error, webhook.last_error_at = problem, self._now()
        return False
