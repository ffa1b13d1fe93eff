"""Row-level security: put up after every migration, looked at whenever somebody relies on it."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.database.roles import (
    Roles,
    ensure_roles,
    literal,
    our_roles,
    quoted,
    role_faults,
)
from infrastructure.database.wall_faults import catalogue_faults
from infrastructure.database.wall_plan import (
    WALLS,
    entrances,
    function_statements,
    table_statements,
    wall_of,
)

logger = logging.getLogger(__name__)

FOR: Final = " for "  # before the database's name in the mark that says which walls these are
TRIES: Final = 5
DEADLOCK: Final = "40P01"

_TABLES = sa.text("""
    SELECT class.relname, array_agg(attribute.attname::text) AS columns
    FROM pg_class AS class JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
    WHERE class.relnamespace = 'public'::regnamespace AND class.relkind IN ('r', 'p')
      AND pg_get_userbyid(class.relowner) = session_user
      AND attribute.attnum > 0 AND NOT attribute.attisdropped
    GROUP BY class.relname ORDER BY class.relname
""")
_POLICIES = sa.text("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'")
_VIEWS = sa.text("""
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
      AND pg_get_userbyid(relowner) = session_user
""")
_HAS_ENTRANCES = sa.text("SELECT to_regprocedure('public.enter_app(bigint)') IS NOT NULL")
_MARK = sa.text("SELECT obj_description('public.enter_app(bigint)'::regprocedure, 'pg_proc')")


async def raise_walls(engine: AsyncEngine, database: str | None = None) -> None:
    """Put the walls up around every table, unless exactly these stand already.

    `database` is the name it is going to have, where that is another than now. Where the roles
    cannot be made nothing is walled in, everything else works, and `missing_walls` says why.
    """
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        if not await connection.scalar(_HAS_ENTRANCES):
            return
        roles = await our_roles(connection, database)
        if not await _faults(connection, roles):
            return
    await _raise(engine, roles)


async def _raise(engine: AsyncEngine, roles: Roles) -> None:
    """Readers of several tables may hold them in another order than we take them."""
    for tries_left in reversed(range(TRIES)):
        try:
            async with engine.begin() as connection:
                if await _roles_are_there(connection, roles):
                    await _build(connection, roles)
                else:
                    await _open(connection)
        except DBAPIError as error:
            if not tries_left or not _is_deadlock(error):
                raise
            logger.info("somebody reads while the walls go up; trying again")
        else:
            return


def _is_deadlock(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == DEADLOCK


async def lower_secret_walls(connection: AsyncConnection) -> None:
    """For the length of a migration, which may have to move the rows of every table."""
    tables = await _tables(connection)
    for table in tables:
        if table in WALLS and WALLS[table].is_secret:
            await _execute(connection, f"ALTER TABLE {quoted(table)} NO FORCE ROW LEVEL SECURITY")


async def missing_walls(engine: AsyncEngine) -> str | None:
    """Why the database does not keep people apart, in a sentence; None while it does."""
    async with engine.connect() as connection:
        roles = await _roles_in_use(connection)
        faults = await _faults(connection, roles)
    if not faults:
        return None
    return (
        f"DATABASE_URL: {faults[0]}; let {roles.owner} have CREATEROLE, or make NOLOGIN roles "
        f"{', '.join(roles.entered)} and grant them to {roles.owner}, then start again"
    )


async def everyday_role(engine: AsyncEngine) -> str | None:
    """What connections should be between their turns: less than the owner; None without walls."""
    async with engine.connect() as connection:
        roles = await _roles_in_use(connection)
        return None if await _faults(connection, roles) else roles.worker


async def _faults(connection: AsyncConnection, roles: Roles) -> Sequence[str]:
    faults = await role_faults(connection, roles)
    if faults:
        return faults
    tables = await _tables(connection)
    if await connection.scalar(_MARK) != _mark(tables, roles):
        return ["its walls are not those of this release"]
    return await catalogue_faults(connection, roles, tables)


async def _roles_in_use(connection: AsyncConnection) -> Roles:
    """Those that the walls were built for: a copy of a database has its roles from there."""
    if not await connection.scalar(_HAS_ENTRANCES):
        return await our_roles(connection)
    mark: str | None = await connection.scalar(_MARK)
    return await our_roles(connection, (mark or "").partition(FOR)[2] or None)


async def _roles_are_there(connection: AsyncConnection, roles: Roles) -> bool:
    try:
        async with connection.begin_nested():
            await ensure_roles(connection, roles)
    except DBAPIError as error:
        logger.warning("Rows of different people are not walled off: %s", error.orig)
        return False
    return True


async def _build(connection: AsyncConnection, roles: Roles) -> None:
    await _remove_policies(connection)
    tables = await _tables(connection)
    for table, columns in tables.items():
        for statement in table_statements(table, wall_of(table, columns), roles):
            await _execute(connection, statement)
    for view in await connection.scalars(_VIEWS):
        await _execute(connection, f"ALTER VIEW {quoted(view)} SET (security_invoker = true)")
    await _build_entrances(connection, roles)
    mark = literal(_mark(tables, roles))
    await _execute(connection, f"COMMENT ON FUNCTION enter_app(bigint) IS {mark}")
    logger.info("Walls stand around %d tables", len(tables))


async def _build_entrances(connection: AsyncConnection, roles: Roles) -> None:
    everybody = ", ".join(quoted(role) for role in roles.entered)
    await _execute(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    await _execute(connection, f"GRANT USAGE ON SCHEMA public TO {everybody}")
    for statement in (*entrances(roles), *function_statements(roles)):
        await _execute(connection, statement)


async def _open(connection: AsyncConnection) -> None:
    """No roles, no walls: what an older or a restored database still has of them is in the way."""
    await _remove_policies(connection)
    for table in await _tables(connection):
        await _execute(connection, f"ALTER TABLE {quoted(table)} DISABLE ROW LEVEL SECURITY")
    for statement in entrances(None):
        await _execute(connection, statement)
    await _execute(connection, "COMMENT ON FUNCTION enter_app(bigint) IS NULL")


async def _remove_policies(connection: AsyncConnection) -> None:
    ours = await _tables(connection)
    for table, policy in await connection.execute(_POLICIES):
        if table in ours:
            await _execute(connection, f"DROP POLICY {quoted(policy)} ON {quoted(table)}")


async def _tables(connection: AsyncConnection) -> Mapping[str, Sequence[str]]:
    """Those of ours, with their columns."""
    found = await connection.execute(_TABLES)
    return {row.relname: row.columns for row in found}


def _mark(tables: Mapping[str, Sequence[str]], roles: Roles) -> str:
    """Changes whenever the walls would."""
    statements = [
        *entrances(roles),
        *function_statements(roles),
        *(
            statement
            for table, columns in tables.items()
            for statement in table_statements(table, wall_of(table, columns), roles)
        ),
    ]
    digest = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    return f"walls {digest}{FOR}{roles.database}"


async def _execute(connection: AsyncConnection, statement: str) -> None:
    await connection.exec_driver_sql(statement)
