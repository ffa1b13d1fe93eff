"""The schema, brought up to date at start: one instance at a time, after a backup if asked."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.database.engine import create_engine, unavailable
from infrastructure.database.walls import lower_secret_walls, raise_walls
from infrastructure.errors import SchemaTooNew

logger = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parents[2] / "migrations"
LOCK = 0x706F6C79_6D696772  # "polymigr"
STATEMENT_TIMEOUT = 3600.0  # seconds; a change of a large table may take its time
LOCK_TIMEOUT = 120.0  # seconds for another instance to finish its migration


async def upgrade(
    engine: AsyncEngine,
    *,
    before: Callable[[], Awaitable[None]] | None = None,
    migrations: Path = MIGRATIONS,
    name: str | None = None,
) -> None:
    """Bring the schema to this release's, with its walls; an empty database gets all of it.

    `before` is awaited only when there is data and something to change: the place for a backup.
    Everything happens in one transaction, so a failed migration leaves the schema as it was.
    `name` is what the database is going to be called, where that is not what it is called now.
    Raises: SchemaTooNew, DatabaseUnavailable.
    """
    scripts = await asyncio.to_thread(ScriptDirectory, str(migrations))
    address = engine.url.render_as_string(hide_password=False)
    patient = create_engine(address, command_timeout=STATEMENT_TIMEOUT)
    try:
        await _upgrade(patient, scripts, before, name)
    except (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError) as error:
        raise unavailable(engine.url, error) from error
    finally:
        await patient.dispose()


def known_revisions(migrations: Path = MIGRATIONS) -> tuple[str, frozenset[str]]:
    """The schema of this release, and every one that it can migrate from."""
    scripts = ScriptDirectory(str(migrations))
    return scripts.get_current_head() or "", _known(scripts)


async def _upgrade(
    engine: AsyncEngine,
    scripts: ScriptDirectory,
    before: Callable[[], Awaitable[None]] | None,
    name: str | None,
) -> None:
    async with _alone(engine) as connection:
        current = await connection.run_sync(_current)
        if not _is_up_to_date(current, scripts):
            if current is not None and before is not None:
                await before()
            await _migrate(engine, scripts)
            head = scripts.get_current_head()
            logger.info("Schema migrated from %s to %s", current or "nothing", head)
        await raise_walls(engine, name)


async def _migrate(engine: AsyncEngine, scripts: ScriptDirectory) -> None:
    async with engine.begin() as connection:
        await lower_secret_walls(connection)
        await connection.run_sync(_run, scripts.dir)


@asynccontextmanager
async def _alone(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection that holds the advisory lock of migrations; the server frees it if we die."""
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(sa.text(f"SET lock_timeout = {int(LOCK_TIMEOUT * 1000)}"))
        await connection.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))
        try:
            yield connection
        finally:
            await connection.execute(sa.select(sa.func.pg_advisory_unlock(LOCK)))
            await connection.execute(sa.text("RESET lock_timeout"))


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _is_up_to_date(current: str | None, scripts: ScriptDirectory) -> bool:
    """Raises: SchemaTooNew."""
    if current is not None and current not in _known(scripts):
        raise SchemaTooNew(
            f"the database's schema ({current}) is newer than this release "
            f"({scripts.get_current_head()}); update with git pull, or restore a backup made before"
        )
    return current == scripts.get_current_head()


def _known(scripts: ScriptDirectory) -> frozenset[str]:
    return frozenset(script.revision for script in scripts.walk_revisions())


def _run(connection: Connection, migrations: str) -> None:
    config = Config()
    config.set_main_option("script_location", migrations.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
