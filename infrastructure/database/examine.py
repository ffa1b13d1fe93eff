"""Looks at a database without changing anything in it, and without taking its lock."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.services.audit import prove_audit
from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.engine import create_engine, unavailable
from infrastructure.database.holder import Holder
from infrastructure.database.instance_lock import holder_of
from infrastructure.database.walls import missing_walls
from infrastructure.errors import DatabaseUnavailable

PATIENCE: Final = 4.0  # seconds to connect, and of each query
GUARDS_PATIENCE: Final = 30.0  # seconds; every row of the audit is read
VERSION_PATIENCE: Final = 4.0  # seconds
NAME: Final = "polycool doctor"

ABOUT: Final = """
SELECT current_setting('server_version') AS server,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       (SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()
           AND NOT pg_has_role(tableowner, 'USAGE')) AS foreign_tables,
       to_regclass('alembic_version') IS NOT NULL AS has_schema,
       to_regclass('facts') IS NOT NULL AS has_facts
"""

HAS_WALLS: Final = "SELECT to_regprocedure('enter_worker()') IS NOT NULL"


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """One look. `revision` is None while there is no schema, `holder` while nobody runs on it."""

    server: str  # Postgres's version
    may_migrate: bool
    revision: str | None
    venue: str | None
    holder: Holder | None
    missing_walls: str | None = None  # why people are not kept apart
    broken_audit: int | None = None  # the first row that does not fit to the one before


async def look_at(url: str) -> DatabaseFacts:
    """Raises: DatabaseUnavailable, which never holds the password."""
    address = database_url(url)
    settings = {"application_name": NAME, "default_transaction_read_only": "on"}
    try:
        connection = await asyncpg.connect(
            driver_dsn(address),
            timeout=PATIENCE,
            command_timeout=PATIENCE,
            server_settings=settings,
        )
        try:
            facts = await _facts(connection)
            has_walls = await connection.fetchval(HAS_WALLS)
        finally:
            connection.terminate()
        return await _with_guards(url, facts) if has_walls else facts
    except (
        OSError,
        TimeoutError,
        SQLAlchemyError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as error:
        raise unavailable(address, error) from error


async def _with_guards(url: str, facts: DatabaseFacts) -> DatabaseFacts:
    engine = create_engine(url, application_name=NAME)
    try:
        async with asyncio.timeout(GUARDS_PATIENCE):
            proof = await prove_audit(async_sessionmaker(engine))
            return replace(
                facts,
                missing_walls=await missing_walls(engine),
                broken_audit=proof.broken_at,
            )
    finally:
        await engine.dispose()


async def _facts(connection: "asyncpg.Connection[asyncpg.Record]") -> DatabaseFacts:
    about = await connection.fetchrow(ABOUT)
    if about is None:
        raise asyncpg.InterfaceError("a query without an answer")
    revision = venue = None
    if about["has_schema"]:
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    if about["has_facts"]:
        venue = await connection.fetchval("SELECT value FROM facts WHERE name = 'venue'")
    return DatabaseFacts(
        server=about["server"],
        may_migrate=about["may_create"] and not about["foreign_tables"],
        revision=revision,
        venue=venue,
        holder=await holder_of(connection),
    )


async def program_version(programs: Path) -> str:
    """What the embedded `postgres` says of itself, which proves that it runs on this machine.

    Raises: DatabaseUnavailable.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            str(programs / "postgres"),
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"LC_ALL": "C"},
        )
    except OSError as error:
        raise _broken(str(error.strerror)) from error
    try:
        async with asyncio.timeout(VERSION_PATIENCE):
            said, complaint = await process.communicate()
    except TimeoutError as error:
        raise _broken("it does not end") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise _broken((complaint.decode(errors="replace").splitlines() or ["no word"])[-1])
    return said.decode(errors="replace").strip().rpartition(" ")[2]


def cluster_version(cluster: Path) -> str | None:
    """The major version whose files lie there; None where there is no cluster yet."""
    try:
        return (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


def _broken(reason: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"the embedded Postgres does not run here ({reason}); install it anew with "
        "`make clean run`, or set DATABASE_URL to a server"
    )
