"""Transactions that enter their role as they begin: never late, never with somebody else's."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from core.domain.units import UserId
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.database.engine import create_engine

WHO = sa.text("SELECT current_setting('app.user_id', true)")
PID = sa.text("SELECT pg_backend_pid()")


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    made = create_engine(database)
    yield made
    await made.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> Sessions:
    return async_sessionmaker(engine, expire_on_commit=False)


async def test_a_turn_without_a_statement_leaves_nothing_to_the_next_one(
    sessions: Sessions,
) -> None:
    async with as_user(sessions, UserId(7)):
        pass
    async with sessions.begin() as session:
        assert not await session.scalar(WHO)
    async with as_user(sessions, UserId(8)) as session:
        assert await session.scalar(WHO) == "8"
    async with as_worker(sessions) as session:
        assert await session.scalar(WHO) == ""


async def test_a_savepoint_at_the_beginning_is_entered_too(sessions: Sessions) -> None:
    async with as_user(sessions, UserId(7)) as session, session.begin_nested():
        assert await session.scalar(WHO) == "7"


async def test_a_connection_that_could_not_enter_is_not_used_without(
    engine: AsyncEngine, sessions: Sessions
) -> None:
    async with sessions() as session:
        before = await session.scalar(PID)
    async with engine.begin() as connection:
        await connection.execute(sa.text("DROP FUNCTION enter_app(bigint)"))
    with pytest.raises(DBAPIError, match="enter_app"):
        async with as_user(sessions, UserId(7)) as session:
            await session.scalar(WHO)
    async with sessions.begin() as session:
        assert not await session.scalar(WHO)
        assert await session.scalar(PID) != before
