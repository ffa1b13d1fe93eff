"""Databases for tests: copies of one template, emptied and lent again instead of copied anew.

Copying the some hundred files of a schema for each test took most of the suite's time.
"""

import itertools
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import asyncpg
from sqlalchemy import make_url

from infrastructure.database.address import database_url, driver_dsn

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

PATIENCE = 100  # attempts to drop a database that Postgres itself is busy in
SMALL = 262_144  # bytes of a table that is quicker emptied row by row

# Whatever a test may have done to a database besides its rows changes this text.
SHAPE = """
SELECT md5(concat_ws('|',
    (SELECT string_agg(concat_ws(',', c.oid, relname, relrowsecurity, relforcerowsecurity, relacl,
        reloptions, relowner), ';' ORDER BY c.oid)
     FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(concat_ws(',', attrelid, attname, atttypid, attnotnull, attacl), ';'
        ORDER BY attrelid, attnum)
     FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
     WHERE relnamespace = 'public'::regnamespace AND attnum > 0),
    (SELECT string_agg(p::text, ';' ORDER BY p.oid) FROM pg_policy AS p),
    (SELECT string_agg(concat_ws(',', oid, tgenabled), ';' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(concat_ws(',', oid, conrelid), ';' ORDER BY oid) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace),
    (SELECT string_agg(concat_ws(',', oid, prosrc, proacl, prosecdef), ';' ORDER BY oid)
     FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
    (SELECT string_agg(concat_ws(',', oid, nspname, nspacl, nspowner), ';' ORDER BY oid)
     FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'),
    (SELECT string_agg(concat_ws(',', setrole, setconfig), ';' ORDER BY setrole)
     FROM pg_db_role_setting
     WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())),
    (SELECT string_agg(concat_ws(',', objoid, classoid, objsubid, description), ';'
        ORDER BY objoid, classoid, objsubid)
     FROM pg_description WHERE objoid >= 16384 OR objoid = 'public'::regnamespace),
    (SELECT concat_ws(',', datacl, datdba) FROM pg_database WHERE datname = current_database())))
"""
TABLES = """
SELECT relname, pg_relation_size(oid) AS bytes FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
RESTART = """
SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence JOIN pg_class ON oid = seqrelid
WHERE relnamespace = 'public'::regnamespace
"""
SEND_AWAY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Server:
    """`url` is an owner who may create databases; `admin_url` a superuser, where there is one."""

    url: str
    admin_url: str | None


@dataclass
class Databases:
    """Lends databases that look like `template`, which must be one with a name of ours."""

    server: Server
    template: str
    _free: list[str] = field(default_factory=list)
    _made: list[str] = field(default_factory=list)
    _shape: str = ""
    _rows: Mapping[str, str] = field(default_factory=dict)  # what the template holds, as JSON
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[str]:
        """The URL of a migrated, empty database for the length of the block."""
        name = self._free.pop() if self._free else await self._copy()
        try:
            yield database_named(self.server.url, name)
        finally:
            if await self._is_clean_again(name):
                self._free.append(name)
            else:
                await drop(self.server.url, name)
                self._made.remove(name)

    async def close(self) -> None:
        for name in self._made:
            await drop(self.server.url, name)

    async def _copy(self) -> str:
        name = f"polycool_test_{os.getpid()}_{next(self._numbers)}"
        await administrate(
            self.server.url, f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY FILE_COPY"
        )
        self._made.append(name)
        if not self._shape and self.server.admin_url is not None:
            async with connected(database_named(self.server.admin_url, name)) as fresh:
                self._shape = await fresh.fetchval(SHAPE)
                self._rows = await _contents(fresh)
        return name

    async def _is_clean_again(self, name: str) -> bool:
        """False for a database that had better be dropped."""
        admin_url = self.server.admin_url
        if admin_url is None:
            return False
        try:
            async with connected(database_named(admin_url, name)) as connection:
                await connection.execute(SEND_AWAY)
                if await connection.fetchval(SHAPE) != self._shape:
                    return False
                await self._empty(connection)
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    async def _empty(self, connection: Connection) -> None:
        tables = await connection.fetch(TABLES)
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute("SET LOCAL lock_timeout = '5s'")
            for table in tables:
                if table["bytes"]:
                    await connection.execute(_emptying(table["relname"], table["bytes"]))
            for name, rows in self._rows.items():
                await connection.execute(
                    f"INSERT INTO {name} OVERRIDING SYSTEM VALUE "  # noqa: S608 - our own names
                    f"SELECT * FROM jsonb_populate_recordset(NULL::{name}, $1::jsonb)",
                    rows,
                )
            await connection.execute(RESTART)
        await connection.execute("SELECT pg_stat_reset()")


def _emptying(table: str, size: int) -> str:
    if size <= SMALL:
        return f"DELETE FROM {table}"  # noqa: S608 - our own names
    return f"TRUNCATE {table} CASCADE"


async def _contents(connection: Connection) -> dict[str, str]:
    found = {}
    for table in await connection.fetch(TABLES):
        name = table["relname"]
        rows = await connection.fetchval(f"SELECT jsonb_agg(t)::text FROM {name} AS t")  # noqa: S608 - our own names
        if rows is not None:
            found[name] = rows
    return found


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(driver_dsn(database_url(url)), timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


def database_named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def drop(url: str, name: str) -> None:
    """An autovacuum worker may be in there, which only a superuser can send away."""
    for _ in range(PATIENCE):
        try:
            return await administrate(url, f"DROP DATABASE {name} WITH (FORCE)")
        except asyncpg.InsufficientPrivilegeError:
            await administrate(url, "SELECT pg_sleep(0.05)")
    raise AssertionError(f"{name} could not be dropped")


async def administrate(url: str, statement: str) -> None:
    async with connected(url) as connection:
        await connection.execute(statement)
