"""Two instances on one database: whoever was overtaken claims nothing, frozen or not."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.domain.errors import Rejected
from core.domain.units import UserId
from core.services.fence import Fence, Fenced
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.instance_lock import InstanceLock
from infrastructure.errors import InstanceRunning
from tests.support.claimer import passes

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds
END_LOCK = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'polycool %:%' AND datname = current_database()
"""


@dataclass
class Instance:
    """A process that claims what it is told to."""

    process: asyncio.subprocess.Process

    async def hears(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            return (await self.process.stdout.readline()).decode().strip()

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def claims(self, name: str) -> str:
        self.tell(name)
        return await self.hears()


Start = Callable[[], Awaitable[Instance]]


@pytest.fixture
async def start(database: str) -> AsyncIterator[Start]:
    """Starts instances that are in charge, and ends them."""
    started: list[asyncio.subprocess.Process] = []

    async def one() -> Instance:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.claimer", database, "10"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(process)
        instance = Instance(process)
        assert await instance.hears() == "in charge"
        return instance

    yield one
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def lock_is_lost(database: str) -> None:
    """The server ends the connection that holds it, as a broken network would."""
    connection = await asyncpg.connect(driver_dsn(database_url(database)), timeout=10)
    try:
        await connection.execute(END_LOCK)
    finally:
        await connection.close()


async def claimed(engine: AsyncEngine) -> list[str]:
    async with AsyncSession(engine) as session:
        query = "SELECT name FROM facts WHERE value = 'claimed' ORDER BY name"
        return list(await session.scalars(sa.text(query)))


async def test_a_frozen_instance_that_wakes_up_claims_nothing(
    database: str, engine: AsyncEngine, start: Start
) -> None:
    first = await start()
    assert await first.claims("one") == "claimed"
    first.process.send_signal(signal.SIGSTOP)
    await lock_is_lost(database)
    second = await start()
    assert await second.claims("two") == "claimed"
    first.process.send_signal(signal.SIGCONT)
    assert await first.claims("three") == "fenced"
    assert await claimed(engine) == ["one", "two"]


async def test_a_claim_that_was_frozen_half_way_never_commits(
    database: str, engine: AsyncEngine, start: Start
) -> None:
    first = await start()
    assert await first.claims("pause") == "checked"
    first.process.send_signal(signal.SIGSTOP)
    await lock_is_lost(database)
    second = await start()
    assert await second.claims("two") == "claimed"
    first.process.send_signal(signal.SIGCONT)
    assert await first.claims("go on") == "lost"
    assert await claimed(engine) == ["two"]


async def test_a_claim_under_way_ends_before_somebody_takes_over(
    database: str, sessions: Sessions, engine: AsyncEngine
) -> None:
    async with InstanceLock(database) as lock:
        fence = Fence(await lock.take_over())
        async with (
            asyncio.timeout(PATIENCE),
            asyncio.TaskGroup() as tasks,
            sessions.begin() as session,
        ):
            await passes(session, fence)
            overtaking = tasks.create_task(lock.take_over())
            await session.execute(
                sa.text("INSERT INTO facts (name, value) VALUES ('one', 'claimed')")
            )
            assert not overtaking.done()
        assert await claimed(engine) == ["one"]
        async with sessions() as session:
            with pytest.raises(Fenced, match="Another copy of this bot has taken over"):
                await passes(session, fence)
            await passes(session, Fence(overtaking.result()))


async def test_the_fence_binds_a_persons_turn_too(database: str, sessions: Sessions) -> None:
    async with InstanceLock(database) as lock:
        old, new = Fence(await lock.take_over()), Fence(await lock.take_over())
    async with as_user(sessions, UserId(1)) as session:
        await passes(session, new)
        with pytest.raises(Rejected):
            await passes(session, old)


async def test_an_instance_whose_lock_came_back_after_another_had_it_is_told_to_end(
    database: str,
) -> None:
    async with asyncio.timeout(PATIENCE), InstanceLock(database, heartbeat=0.05) as lock:
        await lock.take_over()
        await lock_is_lost(database)
        await lock.lost.wait()
        async with InstanceLock(database) as other:
            await other.take_over()
        with pytest.raises(InstanceRunning):
            await lock.run()


async def test_an_instance_whose_lock_came_back_untouched_goes_on(
    database: str, sessions: Sessions
) -> None:
    async with asyncio.timeout(PATIENCE), InstanceLock(database, heartbeat=0.05) as lock:
        fence = Fence(await lock.take_over())
        await lock_is_lost(database)
        await lock.lost.wait()
        watching = asyncio.create_task(lock.run())
        await lock.held.wait()
        async with sessions() as session:
            await passes(session, fence)
        watching.cancel()
