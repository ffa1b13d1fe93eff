"""Where updates come from: asked for, or pushed to us."""

import asyncio
import hmac
import json
import logging
from typing import Final

from telegram import Bot, Update
from telegram.error import TelegramError

from telegram_bot.reaching import Reaching

logger = logging.getLogger(__name__)

ALLOWED_UPDATES: Final = ("message", "callback_query")
LARGEST_UPDATE: Final = 1_048_576  # bytes
CONFIRM_PATIENCE: Final = 1.0  # seconds


class Polling:
    """Long polls. An update counts as read once it is in our queue: a crash loses a tap rather
    than repeating it.
    """

    def __init__(self, bot: Bot, queue: asyncio.Queue[object], timeout: float) -> None:
        self._bot = bot
        self._queue = queue
        self._timeout = timeout
        self._offset: int | None = None

    async def run(self, reaching: Reaching) -> None:
        try:
            while True:
                for update in await reaching.until_answered(self._poll):
                    await self._queue.put(update)
                    self._offset = update.update_id + 1
        finally:
            await self._confirm()

    async def _poll(self) -> tuple[Update, ...]:
        return await self._bot.get_updates(
            offset=self._offset, timeout=int(self._timeout), allowed_updates=ALLOWED_UPDATES
        )

    async def _confirm(self) -> None:
        """Tell Telegram what has been read, so that the next start does not get it again."""
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(CONFIRM_PATIENCE):
                await self._bot.get_updates(offset=self._offset, limit=1, timeout=0)
        except (TelegramError, TimeoutError):
            logger.info("Telegram was not told which updates have been read")


class Webhook:
    """Updates pushed by Telegram, who proves itself with a secret that only it was told."""

    def __init__(self, bot: Bot, queue: asyncio.Queue[object], secret: str) -> None:
        self._bot = bot
        self._queue = queue
        self._secret = secret

    async def register(self, url: str) -> None:
        await self._bot.set_webhook(url, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES)

    async def receive(self, body: bytes, secret: str | None) -> int:
        """An HTTP status; anything but 200 makes Telegram push the update again later."""
        if not hmac.compare_digest((secret or "").encode(), self._secret.encode()):
            return 403
        if len(body) > LARGEST_UPDATE:
            return 413
        update = _update(body, self._bot)
        if update is None:
            return 400
        await self._queue.put(update)
        return 200


def _update(body: bytes, bot: Bot) -> Update | None:
    try:
        data = json.loads(body)
        return Update.de_json(data, bot) if isinstance(data, dict) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        logger.warning("an unreadable update was pushed to us")
        return None
