"""Long work in turns with everybody else's."""

import asyncio
import time

import pytest

from core.domain.steps import Steps, finished
from core.services.in_turns import TURN, in_turns


def counted(steps: int, seconds: float = 0.0) -> Steps[int]:
    for _ in range(steps):
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            pass
        yield
    return steps


async def test_the_result_is_that_of_all_steps() -> None:
    assert await in_turns(counted(1_000)) == finished(counted(1_000)) == 1_000


async def test_others_get_their_turns_while_it_goes_on() -> None:
    turns, work = 0, asyncio.create_task(in_turns(counted(20, TURN)))
    while not work.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns >= 20


async def test_what_a_step_raises_is_raised() -> None:
    def failing() -> Steps[None]:
        yield
        raise ValueError("no such step")

    with pytest.raises(ValueError, match="no such step"):
        await in_turns(failing())
