"""Updates of one user one after the other; of different users at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeAlias
from weakref import WeakValueDictionary

from telegram import Update
from telegram.ext import BaseUpdateProcessor

First: TypeAlias = Callable[[Update], Coroutine[Any, Any, None]]

AT_ONCE: Final = 64  # updates that are being answered, in all
WAITING: Final = 10_000  # updates that are answered or wait behind others of their user


class PerUserProcessor(BaseUpdateProcessor):
    """A lock a user; one that nobody waits for disappears by itself.

    Who waits for himself takes no place from others: a hundred taps of one user stop nobody else.
    """

    def __init__(self, at_once: int = AT_ONCE, first: First | None = None) -> None:
        """`first` is awaited for each update at once, also behind others of its user."""
        super().__init__(WAITING)
        self._first = first
        self._places = asyncio.Semaphore(at_once)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        user = update.effective_user if isinstance(update, Update) else None
        if user is None:
            async with self._places:
                await coroutine
            return
        lock = self._locks.get(user.id)
        if lock is None:
            lock = self._locks[user.id] = asyncio.Lock()
        first = self._begin(update)
        try:
            async with lock, self._places:
                await coroutine
        finally:
            if first is not None:
                await first

    def _begin(self, update: object) -> asyncio.Task[None] | None:
        """The first answer, on its way while the update waits for its turn."""
        if self._first is None or not isinstance(update, Update):
            return None
        return asyncio.create_task(self._first(update), name="first-answer")

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to put away."""
