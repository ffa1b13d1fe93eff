"""A sign of work, typing or sending a photo, in chats whose answer takes a moment."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from telegram_bot.clock import Clock
from telegram_bot.messenger import Messenger

AFTER: Final = 0.7  # seconds; most answers are there by then
AGAIN: Final = 4.5  # seconds; Telegram takes the sign away after five
MOST: Final = 1_000  # acts under way; beyond them answers come without a sign


@dataclass(frozen=True, slots=True, eq=False)
class _Act:
    chat_id: int
    done: asyncio.Event = field(default_factory=asyncio.Event)


class TypingSign:
    def __init__(self, messenger: Messenger, clock: Clock) -> None:
        self._messenger = messenger
        self._clock = clock
        self._begun = asyncio.Queue[_Act](MOST)
        self._drawn_for = list[int]()  # chats

    @contextmanager
    def over(self, chat_id: int) -> Iterator[None]:
        """Something is being done for this chat for the length of the block."""
        act = _Act(chat_id)
        if not self._begun.full():
            self._begun.put_nowait(act)
        try:
            yield
        finally:
            act.done.set()

    @contextmanager
    def over_picture(self, chat_id: int) -> Iterator[None]:
        """What is being done for this chat is a picture, for the length of the block."""
        self._drawn_for.append(chat_id)
        try:
            yield
        finally:
            self._drawn_for.remove(chat_id)

    async def run(self) -> None:
        """Show the sign where it is due, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                act = await self._begun.get()
                if not act.done.is_set():
                    tasks.create_task(self._show(act), name="typing-sign")

    async def _show(self, act: _Act) -> None:
        await self._clock.wait(act.done, AFTER)
        while not act.done.is_set():
            is_picture = act.chat_id in self._drawn_for
            show = self._messenger.uploading if is_picture else self._messenger.typing
            await show(act.chat_id)
            await self._clock.wait(act.done, AGAIN)
