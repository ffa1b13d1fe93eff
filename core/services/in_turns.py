"""Long work on the event loop, in turns with everybody else's.

A thread would hold the loop up for longer: it lets go of the interpreter every 5 ms only.
"""

import asyncio
import time
from typing import Final, TypeVar

from core.domain.steps import Steps

Result = TypeVar("Result")

TURN: Final = 0.001  # seconds until others get theirs


class Turns:
    """For work that is done piece by piece: others get theirs between two pieces."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + TURN

    async def rest(self) -> None:
        """Nothing, or a turn of the others where ours is over."""
        if time.perf_counter() >= self._until:
            await asyncio.sleep(0)
            self._until = time.perf_counter() + TURN


async def in_turns(steps: Steps[Result]) -> Result:
    """The result of all the steps; the loop is never held for much longer than one of them."""
    turns = Turns()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        await turns.rest()
