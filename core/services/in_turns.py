"""Long work on the event loop, in turns with everybody else's.

A thread would hold the loop up for longer: it lets go of the interpreter every 5 ms only.
"""

import asyncio
import time
from typing import Final, TypeVar

from core.domain.steps import Steps

Result = TypeVar("Result")

TURN: Final = 0.001  # seconds until others get theirs


async def in_turns(steps: Steps[Result]) -> Result:
    """The result of all the steps; the loop is never held for much longer than one of them."""
    until = time.perf_counter() + TURN
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        if time.perf_counter() >= until:
            await asyncio.sleep(0)
            until = time.perf_counter() + TURN
