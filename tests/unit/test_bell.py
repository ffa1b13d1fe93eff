"""What engines sleep on."""

import asyncio

from core.services.bell import Bell

PATIENCE = 20.0  # seconds
FAR = 1e9


async def test_a_ring_ends_the_sleep() -> None:
    bell = Bell(asyncio.get_running_loop().time)
    sleeper = asyncio.create_task(bell.wait(FAR))
    while not bell.is_silent:  # noqa: ASYNC110 - a turn of the loop puts it to sleep
        await asyncio.sleep(0)
    bell.ring()
    assert not bell.is_silent
    async with asyncio.timeout(PATIENCE):
        await sleeper


async def test_what_rang_before_the_sleep_ends_it_at_once_and_only_once() -> None:
    bell = Bell(asyncio.get_running_loop().time)
    bell.ring()
    async with asyncio.timeout(PATIENCE):
        await bell.wait(FAR)
    sleeper = asyncio.create_task(bell.wait(FAR))
    while not bell.is_silent:  # noqa: ASYNC110 - a turn of the loop puts it to sleep
        await asyncio.sleep(0)
    assert not sleeper.done()
    sleeper.cancel()


async def test_a_moment_that_has_passed_ends_the_sleep_without_a_ring() -> None:
    bell = Bell(lambda: 10.0)
    async with asyncio.timeout(PATIENCE):
        await bell.wait(5.0)
    assert not bell.is_silent  # nobody sleeps
