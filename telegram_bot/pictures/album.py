"""Pictures that were drawn before are not drawn again, as long as there is room for them."""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from typing import Final, Protocol
from weakref import WeakValueDictionary

from core.domain.errors import Unavailable
from telegram_bot.pictures.plans import Picture
from telegram_bot.words import say

logger = logging.getLogger(__name__)

DRAW: Final = "telegram_bot.pictures.draw:draw"
WARM_UP: Final = "telegram_bot.pictures.draw:warm_up"
PATIENCE: Final = 8.0  # seconds
MOST_BYTES: Final = 16 * 1024 * 1024  # kept


class Caller(Protocol):
    """What calls functions by name in another process."""

    def get_ready(self) -> None: ...

    async def call(self, function: str, argument: object, patience: float) -> object:
        """Raises: Unavailable."""
        ...


class Album:
    def __init__(
        self, worker: Caller, *, patience: float = PATIENCE, most_bytes: int = MOST_BYTES
    ) -> None:
        self._worker = worker
        self._patience = patience
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._drawing: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self.kept_bytes = 0

    def get_ready(self) -> None:
        """Somebody may ask for a picture soon."""
        self._worker.get_ready()

    async def picture(self, plan: Picture) -> bytes:
        """The PNG of `plan`; who asks for the same at the same time waits for one drawing.

        Raises: Unavailable.
        """
        key = hashlib.blake2b(repr(plan).encode("utf-8", "replace"), digest_size=16).digest()
        lock = self._drawing.setdefault(key, asyncio.Lock())
        async with lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
            return self._keep(key, await self._drawn(plan))

    async def _drawn(self, plan: Picture) -> bytes:
        drawn = await self._worker.call(DRAW, plan, self._patience)
        if not isinstance(drawn, bytes):
            raise Unavailable(say("The picture came out wrong."))
        return drawn

    def _keep(self, key: bytes, drawn: bytes) -> bytes:
        self._kept[key] = drawn
        self.kept_bytes += len(drawn)
        while self.kept_bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self.kept_bytes -= len(oldest)
        return drawn
