"""The worker process, really spawned: it works, dies, comes back, and never outlives us."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.domain.errors import Unavailable
from infrastructure.worker.worker import MOST_WAITING, Worker

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds
LOWEST = 19  # priority
NEGATE = "operator:neg"  # nothing of ours has to be imported for it
DIE = "tests.support.dying:die"


@dataclass
class House:
    """A worker at work, and the processes that it starts."""

    worker: Worker
    started: asyncio.Queue[int] = field(default_factory=asyncio.Queue)

    async def negate(self, number: object) -> object:
        return await self.worker.call(NEGATE, number, PATIENCE)

    async def next_process(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.started.get()


@asynccontextmanager
async def working(**options: Any) -> AsyncIterator[House]:
    started = asyncio.Queue[int]()
    worker = Worker(on_start=started.put_nowait, **options)
    task = asyncio.create_task(worker.run())
    try:
        yield House(worker, started)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with working() as running:
        yield running


async def test_it_starts_when_it_is_needed_and_ends_with_us() -> None:
    async with working() as house:
        await asyncio.sleep(0)
        assert house.started.empty()
        assert await house.negate(21) == -21
        pid = await house.next_process()
        assert Path(f"/proc/{pid}").exists()
    assert not Path(f"/proc/{pid}").exists()


async def test_a_job_that_fails_costs_neither_the_process_nor_the_next_job(house: House) -> None:
    with pytest.raises(Unavailable, match="could not be done"):
        await house.negate("no number")
    assert await house.negate(1) == -1
    assert house.started.qsize() == 1


async def test_a_process_that_dies_between_jobs_is_replaced_at_once(house: House) -> None:
    assert await house.negate(1) == -1
    os.kill(await house.next_process(), signal.SIGKILL)
    assert await house.next_process()  # although nobody has asked for anything
    assert await house.negate(2) == -2


async def test_a_job_survives_the_death_of_its_process(house: House) -> None:
    waiting = asyncio.create_task(house.worker.call("time:sleep", 0.5, PATIENCE))
    os.kill(await house.next_process(), signal.SIGKILL)
    assert await waiting is None
    assert await house.next_process()


async def test_a_job_that_kills_its_process_is_given_up_and_the_next_is_done(house: House) -> None:
    with pytest.raises(Unavailable, match="could not be done"):
        await house.worker.call(DIE, None, PATIENCE)
    house.worker.get_ready()
    for _ in range(3):
        await house.next_process()
    assert await house.negate(3) == -3


async def test_a_job_that_takes_too_long_ends_its_process_and_only_its_own_caller() -> None:
    async with working(patience=1.0) as house:
        with pytest.raises(Unavailable, match="too long"):
            await house.worker.call("time:sleep", 60, PATIENCE)
        assert await house.negate(5) == -5


async def test_a_process_that_has_grown_too_large_is_replaced() -> None:
    async with working(most_memory=1) as house:
        assert await house.negate(1) == -1
        assert await house.negate(2) == -2
        assert len({await house.next_process() for _ in range(3)}) == 3


async def test_more_than_can_wait_is_refused(house: House) -> None:
    first = asyncio.create_task(house.worker.call("time:sleep", 1, PATIENCE))
    await house.next_process()
    others = [asyncio.create_task(house.negate(number)) for number in range(MOST_WAITING + 1)]
    done, _ = await asyncio.wait(others, timeout=PATIENCE)
    refused = [task for task in done if task.exception() is not None]
    assert [type(task.exception()) for task in refused] == [Unavailable]
    assert await first is None


async def test_a_worker_that_cannot_start_refuses_instead_of_keeping_people_waiting() -> None:
    async with working(first=DIE) as house:
        with pytest.raises(Unavailable, match="started again"):
            await house.negate(1)


def test_the_program_itself_never_loads_the_drawing_library() -> None:
    code = (
        "import sys, telegram_bot.main, telegram_bot.handlers.pictures;"
        "print([name for name in ('matplotlib', 'numpy', 'PIL') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    assert told.stdout.decode().strip() == "[]"


def test_the_process_ends_when_its_parent_is_gone() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "infrastructure.worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(PATIENCE) == 0


async def test_it_gives_way_to_the_loop_of_its_parent_also_between_sessions() -> None:
    async with working() as house:
        await house.negate(1)
        process = await house.next_process()
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, process) == min(ours + 10, LOWEST)
        assert os.getsid(process) == process
        group = Path(f"/proc/{process}/autogroup")
        if group.exists():
            assert int(group.read_text().split()[-1]) >= 10
