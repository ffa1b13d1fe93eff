"""One instance per database, also on a server that we do not own: a lock held by a connection."""

import asyncio
import logging
import os
import socket
from types import TracebackType
from typing import Self

import asyncpg

from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.engine import CONNECT_TIMEOUT, unavailable
from infrastructure.database.holder import Holder, holder_from
from infrastructure.errors import DatabaseUnavailable, InstanceRunning

logger = logging.getLogger(__name__)

LOCK = 0x706F6C79_696E7374  # "polyinst"
HEARTBEAT = 5.0  # seconds between two proofs that the connection lives
RETRY = 1.0  # seconds
EPOCH_LOCK = 0x706F6C79_66656E63  # "polyfenc"; claims under way share it
CLAIM_PATIENCE = 5.0  # seconds for claims of a predecessor; then their connections are ended
LONGEST_NAME = 63  # bytes; Postgres cuts longer application names

HOLDER = """
SELECT activity.application_name
FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 1
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (lock.classid::bigint << 32) | lock.objid::bigint = $1
"""
RAISE_EPOCH = """
INSERT INTO instance (id, epoch, holder) VALUES (1, 1, $1)
ON CONFLICT (id) DO UPDATE SET epoch = instance.epoch + 1, holder = $1, taken_at = now()
RETURNING epoch
"""
END_CLAIMS = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (classid::bigint << 32) | objid::bigint = $1
"""


class InstanceLock:
    """Held for the length of an `async with`, on a connection of its own that names us.

    `held` is set while it is, `lost` while it is not: the connection broke, and somebody else may
    have taken over.
    `run` notices that, also on a link that died silently, and takes the lock again.
    `take_over` makes every predecessor unable to claim anything, one that is only frozen included.
    """

    def __init__(self, url: str, *, wait: float = 10.0, heartbeat: float = HEARTBEAT) -> None:
        self._url = database_url(url)
        self._wait = wait
        self._heartbeat = heartbeat
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._epoch: int | None = None  # ours, once we have taken over
        self.lost = asyncio.Event()
        self.held = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Raises: InstanceRunning after `wait` seconds, DatabaseUnavailable."""
        await self._acquire(self._wait)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.remove_termination_listener(self._on_termination)
            await _close(self._connection)

    async def take_over(self, patience: float = CLAIM_PATIENCE) -> int:
        """Raise the epoch, once the schema is there: from now on only claims under it succeed.

        Raises: DatabaseUnavailable.
        """
        connection = self._connection
        if connection is None:
            raise DatabaseUnavailable("DATABASE_URL: the lock on the database is not held")
        try:
            self._epoch = await _raise_epoch(connection, patience)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise unavailable(self._url, error) from error
        return self._epoch

    async def run(self) -> None:
        """Watch the lock until cancelled, and take it again when it was lost.

        Raises: InstanceRunning if another instance has or had it meanwhile: this one must end.
        """
        while True:
            await self._until_lost()
            logger.error("Lost the lock on the database, taking it again")
            while self.lost.is_set():
                try:
                    await self._acquire(self._wait)
                    await self._refuse_if_overtaken()
                except DatabaseUnavailable:
                    await asyncio.sleep(RETRY)
            logger.info("Holding the lock on the database again")

    async def _until_lost(self) -> None:
        while not self.lost.is_set():
            try:
                async with asyncio.timeout(self._heartbeat):
                    await self.lost.wait()
            except TimeoutError:
                await self._prove_life()

    async def _refuse_if_overtaken(self) -> None:
        """Raises: InstanceRunning if somebody was in charge while we did not hold the lock."""
        connection = self._connection
        if self._epoch is None or connection is None:
            return
        try:
            newest = await connection.fetchrow(
                "SELECT epoch, holder FROM instance", timeout=CONNECT_TIMEOUT
            )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._lose()
            connection.terminate()
            return
        if newest is not None and newest["epoch"] != self._epoch:
            raise InstanceRunning(*_named(newest["holder"]))

    async def _prove_life(self) -> None:
        if self._connection is None:
            return
        try:
            await self._connection.execute("SELECT 1", timeout=CONNECT_TIMEOUT)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._lose()
            self._connection.terminate()

    async def _acquire(self, wait: float) -> None:
        connection = await self._connect()
        try:
            await connection.execute(f"SET lock_timeout = {max(1, int(wait * 1000))}")
            await connection.execute(f"SELECT pg_advisory_lock({LOCK})", timeout=wait + 5)
        except asyncpg.LockNotAvailableError as error:
            holder = await holder_of(connection)
            await _close(connection)
            raise InstanceRunning(*(holder or holder_from("", ""))) from error
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            connection.terminate()
            raise unavailable(self._url, error) from error
        connection.add_termination_listener(self._on_termination)
        self._connection = connection
        self.lost.clear()
        self.held.set()

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        settings = {"application_name": _our_name(), "idle_session_timeout": "0"}
        try:
            return await asyncpg.connect(
                driver_dsn(self._url), timeout=CONNECT_TIMEOUT, server_settings=settings
            )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise unavailable(self._url, error) from error

    def _on_termination(self, connection: object) -> None:
        if connection is self._connection:
            self._lose()

    def _lose(self) -> None:
        self.held.clear()
        self.lost.set()


async def holder_of(connection: "asyncpg.Connection[asyncpg.Record]") -> Holder | None:
    """Who holds the lock of the connection's database now; None if nobody does."""
    row = await connection.fetchrow(HOLDER, LOCK, timeout=CONNECT_TIMEOUT)
    return None if row is None else _named(row["application_name"])


async def _raise_epoch(connection: "asyncpg.Connection[asyncpg.Record]", patience: float) -> int:
    """Wait for claims under way, and end those that a frozen predecessor would never finish."""
    while True:
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {max(1, int(patience * 1000))}")
                await connection.execute(
                    f"SELECT pg_advisory_xact_lock({EPOCH_LOCK})",
                    timeout=patience + CONNECT_TIMEOUT,
                )
                return int(
                    await connection.fetchval(RAISE_EPOCH, _our_name(), timeout=CONNECT_TIMEOUT)
                )
        except asyncpg.LockNotAvailableError:
            logger.warning("a claim of another instance does not end; ending its connection")
            await connection.execute(END_CLAIMS, EPOCH_LOCK, timeout=CONNECT_TIMEOUT)


async def _close(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await connection.close(timeout=CONNECT_TIMEOUT)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


def _our_name() -> str:
    pid = f":{os.getpid()}"
    host = socket.gethostname().encode("ascii", "replace").decode()
    return f"polycool {host}"[: LONGEST_NAME - len(pid)] + pid


def _named(application_name: str | None) -> Holder:
    host, _, pid = (application_name or "").removeprefix("polycool ").rpartition(":")
    return holder_from(host, pid)
