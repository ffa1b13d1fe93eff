"""The SQLAlchemy engine over asyncpg, and one clear line when the database cannot be used."""

import asyncio
import time
from contextlib import suppress

import asyncpg
import sqlalchemy as sa
from sqlalchemy import URL, Dialect, PoolProxiedConnection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from core.storage.tenancy import ENTERS
from infrastructure.database.address import database_url
from infrastructure.database.entering import EnteringConnection, enter_at_begin
from infrastructure.errors import DatabaseUnavailable

CONNECT_TIMEOUT = 5  # seconds
COMMAND_TIMEOUT = 30.0  # seconds, of one statement
POOL_TIMEOUT = 2  # seconds to wait for a free connection
POOL_SIZE = 10
POOL_OVERFLOW = 10  # 20 in all: half of what the embedded server allows
RECYCLE = 1800  # seconds; proxies drop connections that stay idle for long
STATEMENTS = 400  # kept prepared by each connection, unless the URL says otherwise
KEPT = "prepared_statement_cache_size"
DOUBTED = 10.0  # seconds that a connection may lie idle without being asked whether it still works


def create_engine(
    url: str,
    *,
    application_name: str = "polycool",
    command_timeout: float = COMMAND_TIMEOUT,
    role: str | None = None,
) -> AsyncEngine:
    """An engine for any usual Postgres URL. Nothing is connected yet.

    `role` is what its connections are unless a transaction enters another one; the user of the URL
    has to be a member of it.
    Raises: DatabaseUnavailable for a URL that is none.
    """
    address = database_url(url)
    settings = {"application_name": application_name, "jit": "off"}
    if role is not None:
        settings["role"] = role
    kept = {} if KEPT in address.query else {KEPT: STATEMENTS}
    engine = create_async_engine(
        address,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT,
        pool_use_lifo=True,  # those in use have their statements prepared already
        pool_recycle=RECYCLE,
        hide_parameters=True,  # values of statements do not belong into errors and logs
        execution_options={ENTERS: True},
        connect_args={
            "timeout": CONNECT_TIMEOUT,
            "command_timeout": command_timeout,
            "server_settings": settings,
            "connection_class": EnteringConnection,
            **kept,
        },
    )
    _doubt_idle(engine)
    enter_at_begin(engine)
    return engine


def _doubt_idle(engine: AsyncEngine) -> None:
    """Lend no connection that is broken; ask the server only where ours may not have noticed.

    The library's own pre-ping takes three round trips of every transaction.
    """
    dialect: Dialect = engine.sync_engine.dialect

    @event.listens_for(engine.sync_engine, "checkin")
    def put_back(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def lend(
        connection: DBAPIConnection, record: ConnectionPoolEntry, _lent: PoolProxiedConnection
    ) -> None:
        driver = connection.driver_connection
        if isinstance(driver, asyncpg.Connection) and driver.is_closed():
            raise InvalidatePoolError
        idle_since = record.info.get("idle_since")
        if idle_since is None or time.monotonic() - idle_since < DOUBTED:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


async def close_engine(engine: AsyncEngine) -> None:
    """Close all its connections, those too that a task which was cancelled is still giving back.

    The library gives them back to a pool that is gone, where nobody closes them. The engine can be
    used again, and connects anew then.
    """
    if _lent(engine):
        await _given_back(engine)
    await engine.dispose()


async def _given_back(engine: AsyncEngine) -> None:
    """Wait until no connection is lent, with patience."""
    back = asyncio.Event()

    def note(*_: object) -> None:
        back.set()

    event.listen(engine.sync_engine, "checkin", note)
    with suppress(TimeoutError):
        async with asyncio.timeout(CONNECT_TIMEOUT):
            while _lent(engine):
                back.clear()
                await back.wait()
    event.remove(engine.sync_engine, "checkin", note)


def _lent(engine: AsyncEngine) -> int:
    pool = engine.pool
    return pool.checkedout() if isinstance(pool, QueuePool) else 0


async def check(engine: AsyncEngine) -> None:
    """Connect once. Raises: DatabaseUnavailable, which names DATABASE_URL and not its password."""
    try:
        async with asyncio.timeout(2 * CONNECT_TIMEOUT), engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))
    except (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError) as error:
        raise unavailable(engine.url, error) from error


def unavailable(url: URL, error: Exception) -> DatabaseUnavailable:
    """What a failed use of `url` means to the operator."""
    where = f"{url.host or url.query.get('host', '')}:{url.port or url.query.get('port', 5432)}"
    cause = _root(error)
    match cause:
        case asyncpg.InvalidPasswordError():
            problem = f"{where} refuses user {url.username!r} with this password; correct it"
        case asyncpg.InvalidAuthorizationSpecificationError():
            problem = f"{where} does not let user {url.username!r} in; correct user or pg_hba.conf"
        case asyncpg.InvalidCatalogNameError():
            problem = (
                f"{where} has no database {url.database!r}; create it: createdb {url.database}"
            )
        case asyncpg.InsufficientPrivilegeError() | asyncpg.InvalidSchemaNameError():
            problem = (
                f"user {url.username!r} lacks rights on database {url.database!r} ({cause}); make "
                f"it the owner: ALTER DATABASE {url.database} OWNER TO {url.username}"
            )
        case asyncpg.PostgresError():
            problem = f"{where} answers: {cause}"
        case _:
            reason = str(cause).splitlines()[0] if str(cause) else "no answer in time"
            problem = (
                f"no Postgres can be reached at {where} ({reason}); start it or correct the URL"
            )
    return DatabaseUnavailable(f"DATABASE_URL: {_without_password(problem, url)}")


def _root(error: Exception) -> BaseException:
    """The driver's own error below SQLAlchemy's wrappers."""
    cause: BaseException = error
    if isinstance(cause, DBAPIError) and cause.orig is not None:
        cause = cause.orig
    return cause.__cause__ if isinstance(cause.__cause__, asyncpg.PostgresError) else cause


def _without_password(text: str, url: URL) -> str:
    password = str(url.password or "")
    return " ".join((text.replace(password, "***") if password else text).split())
