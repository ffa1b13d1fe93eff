"""The roles of the walls: their names, and a server on which they cannot be made."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from core.storage.tenancy import as_user, as_worker
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.database.roles import LONGEST_NAME, roles_of
from infrastructure.database.walls import everyday_role, missing_walls
from tests.support import rows


@pytest.fixture
async def powerless(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """The same database, owned by somebody who may not make roles."""
    name = f"{engine.url.database}_owner"
    async with engine.begin() as connection:
        for statement in (
            f"CREATE ROLE {name} LOGIN NOCREATEROLE",
            f"GRANT {name} TO CURRENT_USER",
            "DROP SCHEMA public CASCADE",
            f"CREATE SCHEMA public AUTHORIZATION {name}",
        ):
            await connection.execute(sa.text(statement))
    other = create_engine(engine.url.set(username=name).render_as_string(hide_password=False))
    yield other
    await other.dispose()
    async with engine.begin() as connection:
        await connection.execute(sa.text(f"DROP OWNED BY {name} CASCADE"))
        await connection.execute(sa.text("CREATE SCHEMA public"))
        await connection.execute(sa.text(f"DROP ROLE {name}"))


async def test_where_roles_cannot_be_made_it_is_said_and_everything_else_works(
    powerless: AsyncEngine,
) -> None:
    await upgrade(powerless)
    reason = await missing_walls(powerless) or ""
    assert "there is no role" in reason
    assert "CREATEROLE" in reason
    assert await everyday_role(powerless) is None
    sessions = async_sessionmaker(powerless, expire_on_commit=False)
    async with as_worker(sessions) as session:
        users = [await rows.add_user(session, number) for number in (1, 2)]
    async with as_user(sessions, users[0]) as session:
        found = await session.scalars(sa.text("SELECT user_id FROM wallets ORDER BY user_id"))
        assert found.all() == users


@pytest.mark.parametrize("name", ["polycool", "p" * 63, "ä" * 31])
def test_the_roles_of_a_long_name_stay_apart_and_fit(name: str) -> None:
    roles = roles_of(name, "me")
    assert len(set(roles.entered)) == len(roles.entered)
    assert all(len(role.encode()) <= LONGEST_NAME for role in roles.entered)
    assert set(roles.entered).isdisjoint(roles_of(f"{name[:-1]}x", "me").entered)
