"""Updates of one user one after the other; of different users at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeAlias
from weakref import WeakValueDictionary

from telegram import Update
from telegram.ext import BaseUpdateProcessor

First: TypeAlias = Callable[[Update], Coroutine[Any, Any, None]]

PATIENCE: Final = 1.0  # seconds until somebody who waits behind himself is told so
AT_ONCE: Final = 64  # updates that are being answered, in all
WAITING: Final = 10_000  # updates that are answered or wait behind others of their user


class PerUserProcessor(BaseUpdateProcessor):
    """A lock a user; one that nobody waits for disappears by itself.

    Who waits for himself takes no place from others: a hundred taps of one user stop nobody else.
    """

    def __init__(
        self,
        at_once: int = AT_ONCE,
        first: First | None = None,
        still_waiting: First | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`first` is awaited for each update at once, also behind others of its user;
        `still_waiting` for each whose turn has not come after `patience` seconds.
        """
        super().__init__(WAITING)
        self._first = first
        self._still_waiting = still_waiting
        self._patience = patience
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
        its_turn = asyncio.Event()
        words = self._begin(update, its_turn)
        try:
            if words:
                await asyncio.sleep(0)  # they are first also where nothing else waits
            async with lock, self._places:
                its_turn.set()
                await coroutine
        finally:
            its_turn.set()
            for word in words:
                await word

    def _begin(self, update: object, its_turn: asyncio.Event) -> list[asyncio.Task[None]]:
        """What is said of the update, on its way while it waits for its turn."""
        words = list[asyncio.Task[None]]()
        if not isinstance(update, Update):
            return words
        if self._first is not None:
            words.append(asyncio.create_task(self._first(update), name="first-answer"))
        if self._still_waiting is not None:
            reminding = self._remind(update, self._still_waiting, its_turn)
            words.append(asyncio.create_task(reminding, name="still-waiting"))
        return words

    async def _remind(self, update: Update, remind: First, its_turn: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await its_turn.wait()
        except TimeoutError:
            await remind(update)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to put away."""
