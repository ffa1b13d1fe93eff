"""Where updates come from: asked for, or pushed to us."""

import asyncio
import hmac
import json
import logging
import math
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, Update
from telegram.error import TelegramError

from telegram_bot.clock import Clock
from telegram_bot.mailbox import Mailbox
from telegram_bot.reaching import Reaching

logger = logging.getLogger(__name__)

ALLOWED_UPDATES: Final = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "my_chat_member",
)
LARGEST_UPDATE: Final = 1_048_576  # bytes
AT_ONCE: Final = 100  # updates of one answer; a full one means that more may wait
GAP: Final = 30.0  # seconds without an answer after which old updates may wait at Telegram
SLACK: Final = 5.0  # seconds that an answer may take on top of what Telegram was asked to wait
CONFIRM_PATIENCE: Final = 1.0  # seconds
PROMPT_AFTER: Final = 60.0  # seconds in which Telegram has pushed what it kept for us


class Polling:
    """Long polls. Telegram may forget an update once it is stored, and not before."""

    def __init__(self, bot: Bot, mailbox: Mailbox, clock: Clock, timeout: float) -> None:
        self._bot = bot
        self._mailbox = mailbox
        self._clock = clock
        self._timeout = timeout
        self._offset: int | None = None
        self._asked_at = self._answered_at = self._clock.now()
        self._caught_up_at = -math.inf  # nothing that Telegram keeps is older

    async def run(self, reaching: Reaching) -> None:
        try:
            while True:
                updates = await reaching.until_answered(self._poll)
                silence = self._clock.now() - self._caught_up_at
                await self._mailbox.keep(updates, silence)
                self._note(updates)
        finally:
            await self._confirm()

    async def _poll(self) -> tuple[Update, ...]:
        """After a gap not a long one, so that what was sent meanwhile is told from what is new."""
        self._asked_at = self._clock.now()
        is_behind = self._asked_at - self._caught_up_at > GAP
        updates = await self._bot.get_updates(
            offset=self._offset,
            limit=AT_ONCE,
            timeout=0 if is_behind else int(self._timeout),
            allowed_updates=ALLOWED_UPDATES,
        )
        self._answered_at = self._clock.now()
        return updates

    def _note(self, updates: Sequence[Update]) -> None:
        if updates:
            self._offset = updates[-1].update_id + 1
        if len(updates) < AT_ONCE:
            # We may have been frozen over the answer: what it holds is as old as the question then.
            is_prompt = self._answered_at - self._asked_at <= self._timeout + SLACK
            self._caught_up_at = self._answered_at if is_prompt else self._asked_at

    async def _confirm(self) -> None:
        """Tell Telegram what is stored, so that the next start does not get it again."""
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(CONFIRM_PATIENCE):
                await self._bot.get_updates(offset=self._offset, limit=1, timeout=0)
        except (TelegramError, TimeoutError):
            logger.info("Telegram was not told which updates have been read")


class Webhook:
    """Updates pushed by Telegram, who proves itself with a secret that only it was told."""

    def __init__(self, bot: Bot, mailbox: Mailbox, clock: Clock, secret: str) -> None:
        self._bot = bot
        self._mailbox = mailbox
        self._clock = clock
        self._secret = secret
        self._behind_since = -math.inf  # when Telegram last had reason to keep updates for us

    async def register(self, url: str) -> None:
        await self._bot.set_webhook(url, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES)
        self._behind_since = self._clock.now()

    async def receive(self, body: bytes, secret: str | None) -> int:
        """An HTTP status; anything but 200 makes Telegram push the update again later."""
        if not hmac.compare_digest((secret or "").encode(), self._secret.encode()):
            return 403
        if len(body) > LARGEST_UPDATE:
            return 413
        update = _update(body, self._bot)
        if update is None:
            return 400
        is_prompt = self._clock.now() - self._behind_since > PROMPT_AFTER
        try:
            await self._mailbox.take([update], 0.0 if is_prompt else math.inf)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("A pushed update cannot be stored yet: %s", type(fault).__name__)
            self._behind_since = self._clock.now()
            return 503
        return 200


def _update(body: bytes, bot: Bot) -> Update | None:
    try:
        data = json.loads(body)
        return Update.de_json(data, bot) if isinstance(data, dict) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        logger.warning("an unreadable update was pushed to us")
        return None
