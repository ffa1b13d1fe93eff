"""Connections of the pool: one that the server has ended is never lent."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.database import engine as engines
from infrastructure.database.engine import create_engine
from infrastructure.telemetry.logs import configure_logging

PID = sa.text("SELECT pg_backend_pid()")
OTHERS = sa.text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
""")


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    made = create_engine(database)
    yield made
    await made.dispose()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the program's own log says; the process's logging is left as it was."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging("INFO", "console", (), stream)
    root.handlers += handlers
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level


async def pids(
    engine: AsyncEngine, number: int, ends: list[asyncio.Event] | None = None
) -> set[int]:
    """Of so many connections at once; `ends` get an event each that is set when one is cut."""
    async with AsyncExitStack() as stack:
        lent = [await stack.enter_async_context(engine.connect()) for _ in range(number)]
        if ends is not None:
            ends += [await when_cut(one) for one in lent]
        return {int(await one.scalar(PID) or 0) for one in lent}


async def when_cut(lent: AsyncConnection) -> asyncio.Event:
    """Set once the driver has seen that the server is gone: that is a moment after it went."""
    driver = (await lent.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)
    cut = asyncio.Event()
    driver.add_termination_listener(lambda _connection: cut.set())
    return cut


async def end_others(database: str) -> None:
    other = create_engine(database)
    async with other.connect() as connection:
        await connection.execute(OTHERS)
    await other.dispose()


async def test_connections_that_the_server_has_ended_are_replaced(
    engine: AsyncEngine, database: str
) -> None:
    ends: list[asyncio.Event] = []
    before = await pids(engine, 4, ends)
    await end_others(database)
    async with asyncio.timeout(20):
        for cut in ends:
            await cut.wait()
    after = await pids(engine, 4)
    assert (len(before), len(after)) == (4, 4)
    assert before.isdisjoint(after)


@pytest.mark.parametrize("doubted", [0.0, engines.DOUBTED])
async def test_one_that_works_is_lent_again_asked_or_not(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, doubted: float
) -> None:
    monkeypatch.setattr(engines, "DOUBTED", doubted)
    assert await pids(engine, 1) == await pids(engine, 1)


async def test_one_that_is_ended_and_asked_is_replaced(
    engine: AsyncEngine, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "DOUBTED", 0.0)
    before = await pids(engine, 2)
    await end_others(database)
    async with asyncio.TaskGroup() as tasks:
        found = [tasks.create_task(pids(engine, 1)) for _ in range(2)]
    assert all(before.isdisjoint(one.result()) for one in found)


async def test_one_that_is_still_given_back_is_closed_with_all_others(database: str) -> None:
    engine = create_engine(database)
    lent = await engine.connect()
    driver = (await lent.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)
    closing = asyncio.create_task(engines.close_engine(engine))
    await asyncio.sleep(0)
    assert not closing.done()
    await lent.close()
    await closing
    assert driver.is_closed()


async def test_a_closing_that_our_own_end_cuts_short_is_no_error_in_the_log(
    database: str, caplog: pytest.LogCaptureFixture, logged: io.StringIO
) -> None:
    for turns in range(1, 8):
        engine = create_engine(database)
        await pids(engine, 1)
        closing = asyncio.create_task(engine.dispose())
        for _ in range(turns):
            await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
    assert any(record.name.startswith("sqlalchemy.pool") for record in caplog.records)
    assert "Traceback" not in logged.getvalue()
    logging.getLogger("sqlalchemy.pool.any").error("another", exc_info=ValueError("still told"))
    assert "still told" in logged.getvalue()
