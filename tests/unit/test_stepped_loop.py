"""The stepped loop: time passes when nothing else is left to do, and only then."""

import asyncio
import itertools
import socket
import threading
import time

from tests.support.stepped_loop import STRIDE, run_stepped, stepped


def test_an_hour_passes_in_a_moment_and_timers_keep_their_order() -> None:
    async def main() -> list[float]:
        clock = stepped().time
        began, woken = clock(), list[float]()

        async def wake_after(seconds: float) -> None:
            await asyncio.sleep(seconds)
            woken.append(round(clock() - began, 6))

        async with asyncio.TaskGroup() as tasks:
            for seconds in (30.0, 0.1, 10.0, 0.2):
                tasks.create_task(wake_after(seconds))
        return woken

    real = time.monotonic()
    assert run_stepped(main()) == [0.1, 0.2, 10.0, 30.0]
    assert time.monotonic() - real < 30.0  # less than what passed, on the busiest machine


def test_a_timeout_ends_what_waits_for_ever() -> None:
    async def main() -> float:
        began = stepped().time()
        try:
            async with asyncio.timeout(20):
                await asyncio.Event().wait()
        except TimeoutError:
            return stepped().time() - began
        raise AssertionError("nothing ended it")

    assert round(run_stepped(main()), 6) == 20


def test_a_conversation_over_real_sockets_takes_no_time() -> None:
    async def main() -> float:
        loop = stepped()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.setblocking(False)

            async def echo() -> None:
                while heard := await loop.sock_recv(theirs, 64):
                    await loop.sock_sendall(theirs, heard)

            async with asyncio.TaskGroup() as tasks, asyncio.timeout(1):
                echoing = tasks.create_task(echo())
                began = loop.time()
                for number in range(200):
                    await loop.sock_sendall(ours, b"%d" % number)
                    assert await loop.sock_recv(ours, 64) == b"%d" % number
                echoing.cancel()
        return loop.time() - began

    assert run_stepped(main()) == 0


def test_time_stands_still_while_a_thread_works_or_somebody_holds_it() -> None:
    async def main() -> tuple[float, float]:
        loop, go = stepped(), threading.Event()
        began = loop.time()
        pause = asyncio.create_task(asyncio.sleep(5))
        working = loop.run_in_executor(None, go.wait)
        threading.Timer(0.1, go.set).start()  # longer than many jumps
        await working
        worked = loop.time() - began
        is_held, released = True, asyncio.Event()
        loop.hold(lambda: is_held)
        threading.Timer(0.1, lambda: loop.call_soon_threadsafe(released.set)).start()
        await released.wait()
        held = loop.time() - began
        is_held = False
        await pause
        return worked, held

    assert run_stepped(main()) == (0, 0)


def test_whoever_watches_sees_every_state_that_lasts() -> None:
    async def main() -> list[float]:
        loop, seen = stepped(), list[float]()
        loop.watch(lambda: seen.append(loop.time()))
        await asyncio.sleep(3)
        return seen

    seen = run_stepped(main())
    assert len(seen) == 3 / STRIDE
    assert all(later - earlier <= STRIDE for earlier, later in itertools.pairwise(seen))
