"""An event loop without a world: its time jumps to the next timer as soon as nothing is left to do.

For models of hours that take seconds. Nothing in it may wait for a socket or a thread.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from telegram_bot.clock import SystemClock

Result = TypeVar("Result")


class _Nothing(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits for something that will not happen")
            self.now += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._nothing = _Nothing()
        super().__init__(self._nothing)

    def time(self) -> float:
        return self._nothing.now


class VirtualClock(SystemClock):
    """The time of the running loop."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()


def run_virtual(main: Coroutine[Any, Any, Result]) -> Result:
    """The result of `main`, in a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
