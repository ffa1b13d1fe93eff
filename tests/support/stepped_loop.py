"""An event loop whose time passes only when nothing else is left to do.

Timeouts and pauses of half a minute take milliseconds, and a slow machine does not make them
shorter: the clock stands still while a socket is ready, a callback is due, a thread works or
somebody holds it (a database that is being asked). Only when the selector finds nothing for a
moment of real time does the clock jump towards the next timer, by `STRIDE` at the most, so that
whoever looks at it between the jumps sees every state that lasts.

Sockets are real: both ends may live in this loop, where whatever was sent is readable at once.
Processes beyond this one need a hold, since waiting for them is not idleness. Everything that asks
for the time must ask `loop.time`.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Final, TypeVar, TypeVarTuple

QUIET: Final = 0.002  # real seconds without anything ready before time may pass
STRIDE: Final = 0.25  # seconds that one jump may take
HELD: Final = 0.05  # real seconds between two looks at whether a hold is over
LONGEST_HOLD: Final = 10.0  # real seconds: what is held longer is stuck, and timeouts must act
START: Final = 1000.0  # seconds; a monotonic clock begins anywhere but at zero

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class _Selector(selectors.DefaultSelector):
    """Waits a moment of real time where the loop wants to wait for long, and moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.holds: list[Callable[[], bool]] = []
        self.watchers: list[Callable[[], None]] = []
        self._held_since: float | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        is_held = self._is_held()
        ready = super().select(HELD if is_held else QUIET)
        if not ready and not is_held:
            for look in self.watchers:
                look()
            self.now += min(timeout, STRIDE)
        return ready

    def _is_held(self) -> bool:
        if not any(is_busy() for is_busy in self.holds):
            self._held_since = None
            return False
        self._held_since = self._held_since or time.monotonic()
        return time.monotonic() - self._held_since < LONGEST_HOLD


class SteppedLoop(asyncio.SelectorEventLoop):
    """For `asyncio.Runner(loop_factory=SteppedLoop)`."""

    def __init__(self) -> None:
        self._steps = _Selector()
        self._threads = 0
        super().__init__(self._steps)
        self.hold(lambda: self._threads > 0)

    def time(self) -> float:
        """Seconds; moves only in steps."""
        return self._steps.now

    def hold(self, is_busy: Callable[[], bool]) -> None:
        """Let no time pass while `is_busy()`: an answer from beyond this process is under way."""
        self._steps.holds.append(is_busy)

    def watch(self, look: Callable[[], None]) -> None:
        """Call `look` before each jump, when everything that could happen has happened."""
        self._steps.watchers.append(look)

    def stall(self, seconds: float) -> None:
        """As if the program had stood still: time passes, and nothing happens meanwhile."""
        self._steps.now += seconds

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[*Arguments], Result],
        *args: *Arguments,
    ) -> asyncio.Future[Result]:
        """As usual; time stands still until the thread is done."""
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _: object) -> None:
        self._threads -= 1


def run_stepped(main: Coroutine[object, object, Result]) -> Result:
    """The result of `main`, run in a loop of its own whose time is stepped."""
    with asyncio.Runner(loop_factory=SteppedLoop) as runner:
        return runner.run(main)


def stepped() -> SteppedLoop:
    """The running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SteppedLoop)
    return loop
