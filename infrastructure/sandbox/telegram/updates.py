"""Updates on their way to the bot: kept until it confirms them, by polling or by webhook."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final

from aiogram.types import Update

from infrastructure.sandbox.telegram.bells import Bells
from infrastructure.sandbox.telegram.errors import OTHER_POLLER, WEBHOOK_ACTIVE, conflict

FIRST_ID: Final = 700_000_001
# Sent only to those who ask for them by name.
UNREQUESTED: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
TOPIC: Final = "updates"


@dataclass(slots=True)
class Webhook:
    url: str
    secret_token: str | None = None
    max_connections: int = 40
    last_error_at: datetime | None = None
    last_error: str | None = None


class UpdateQueue:
    def __init__(self, bells: Bells) -> None:
        self.webhook: Webhook | None = None
        self.allowed: list[str] | None = None  # None: everything but the unrequested kinds
        self._bells = bells
        self._ids = count(FIRST_ID)
        self._pending: deque[Update] = deque()
        self._polls = 0

    def __len__(self) -> int:
        return len(self._pending)

    def next_id(self) -> int:
        return next(self._ids)

    def push(self, update: Update, *, is_forced: bool = False) -> None:
        """Queue it if the bot wants its kind; a forced one skips that question."""
        if is_forced or self._wants(update.event_type):
            self._pending.append(update)
            self._bells.ring(TOPIC)

    def allow(self, kinds: Sequence[str] | None) -> None:
        """What the bot wants from now on; None leaves it as it is, an empty list resets it."""
        if kinds is not None:
            self.allowed = list(kinds) or None

    def confirm(self, offset: int) -> None:
        """Forget all before `offset`; a negative one keeps only that many of the newest."""
        keep = -offset if offset < 0 else len(self._pending)
        while len(self._pending) > keep or (
            offset > 0 and self._pending and self._pending[0].update_id < offset
        ):
            self._pending.popleft()

    def clear(self) -> None:
        self._pending.clear()

    def oldest(self) -> Update | None:
        return self._pending[0] if self._pending else None

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Update]:
        """Pending updates from `offset` on, waiting for the first one.

        Raises: BotApiError if another poll starts meanwhile or a webhook is set.
        """
        self._polls += 1
        mine = self._polls
        self._bells.ring(TOPIC)  # a poll still waiting sees that it has been replaced
        self._must_be_polled()
        self.confirm(offset)
        if not self._pending and seconds > 0:
            await self._bells.wait(TOPIC, seconds)
        if mine != self._polls:
            raise conflict(OTHER_POLLER)
        self._must_be_polled()
        return list(self._pending)[:limit]

    async def waiting(self, seconds: float) -> None:
        """Return when something may have changed, or after `seconds`."""
        await self._bells.wait(TOPIC, seconds)

    def set_webhook(self, webhook: Webhook | None) -> None:
        self.webhook = webhook
        self._bells.ring(TOPIC)

    def _wants(self, kind: str) -> bool:
        return kind not in UNREQUESTED if self.allowed is None else kind in self.allowed

    def _must_be_polled(self) -> None:
        if self.webhook is not None:
            raise conflict(WEBHOOK_ACTIVE)
