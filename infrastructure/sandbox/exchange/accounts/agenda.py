"""What happens later by itself: settlements, expiries, delayed orders."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field


@dataclass(slots=True)
class Agenda:
    """Actions at their times on the running loop; all of them fall away at the end."""

    _timers: set[asyncio.TimerHandle] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def pending(self) -> int:
        return len(self._timers) + len(self._tasks)

    def after(self, delay: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """`delay` in seconds; 0 is right after what is going on now."""

        def act() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(max(delay, 0.0), act)
        self._timers.add(timer)
        return timer

    def drop(self, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._timers.discard(timer)

    def begin(self, work: Coroutine[None, None, None], name: str) -> None:
        """Work that outlives the request that began it."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def clear(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        self._timers.clear()
