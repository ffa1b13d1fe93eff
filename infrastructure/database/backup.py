"""Backups with Postgres's own programs, and a restore that changes nothing unless it succeeds."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.sentences import excerpt, worded
from core.services.after_restore import make_harmless
from core.storage.tenancy import as_worker
from infrastructure.database.address import (
    database_url,
    driver_dsn,
    libpq_variables,
    pgpass_line,
)
from infrastructure.database.binaries import wheel_programs
from infrastructure.database.engine import create_engine, unavailable
from infrastructure.database.migrate import upgrade
from infrastructure.database.sealing import sealed_into, unsealed
from infrastructure.database.wall_plan import BACKUP
from infrastructure.errors import CannotStart
from infrastructure.security.backup_key import BackupKey

DUMP_TIMEOUT = 1800.0  # seconds
# Roles and policies belong to a server, and are made anew wherever a backup comes to.
WITHOUT_WALLS = ("--no-acl", "--no-policies")
# The owner copies what the policies show to it, which is everything while this is on.
ALL_ROWS = {"PGOPTIONS": f"-c {BACKUP}=on"}
KNOWS_ITS_SETTINGS = 170000  # the first server that has all settings that our programs set
NEW_SETTINGS = (b"transaction_timeout",)  # and that older ones refuse
TOP = 4096  # bytes of a script in which settings stand
BEFORE_UPGRADE = "before-upgrade-"
BEFORE_RESTORE = "before-restore-"
SEALED = ".dump.sealed"
KEEP = 5  # backups of upgrades; those made by hand are never removed


class BackupFailed(CannotStart):
    """A backup or a restore did not happen; the database is as it was."""


async def backup(url: str, target: Path, key: BackupKey | None = None) -> None:
    """Write the database at `url` into the file `target`, readable by us alone, sealed with `key`.

    Raises: BackupFailed, KeyFileRefused, DatabaseUnavailable.
    """
    unfinished = target.with_name(target.name + ".unfinished")
    if key is not None:
        key.refuse_beside(target)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        descriptor = os.open(unfinished, flags, 0o600)
        try:
            await _dump(url, descriptor, key)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        unfinished.replace(target)
    except OSError as error:
        raise BackupFailed(
            worded("cannot write {file}: {why}; give FILE=…", file=str(target), why=error.strerror)
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


async def _dump(url: str, output: int, key: BackupKey | None) -> None:
    options = ("--format=custom", "--enable-row-security", *WITHOUT_WALLS)
    if key is None:
        await _run(database_url(url), "pg_dump", *options, output=output)
        return
    with closing(key.read()) as secret:
        async with sealed_into(output, secret) as pipe:
            await _run(database_url(url), "pg_dump", *options, output=pipe)


async def backup_before_upgrade(
    url: str, folder: Path, now: datetime, key: BackupKey | None = None
) -> Path:
    """A backup in `folder`, named for `now`; of such ones the newest `KEEP` stay."""
    target = folder / file_name(now, key, BEFORE_UPGRADE)
    await backup(url, target, key)
    await asyncio.to_thread(_keep_newest, folder)
    return target


def _keep_newest(folder: Path) -> None:
    found = [*folder.glob(f"{BEFORE_UPGRADE}*.dump"), *folder.glob(f"{BEFORE_UPGRADE}*{SEALED}")]
    for old in sorted(found)[:-KEEP]:
        old.unlink()


def file_name(now: datetime, key: BackupKey | None = None, prefix: str = "") -> str:
    """Of a backup of that moment: whether it is sealed shows."""
    return f"{prefix}{stamp(now)}.dump" if key is None else f"{prefix}{stamp(now)}{SEALED}"


def stamp(now: datetime) -> str:
    return now.strftime("%Y%m%dT%H%M%SZ")


async def restore(
    url: str,
    source: Path,
    *,
    owner: str | None = None,
    key: BackupKey | None = None,
    script_below: int = KNOWS_ITS_SETTINGS,
) -> bool:
    """Replace the database at `url` by the backup `source`, brought to this release's schema.

    It is built under another name and takes the place of the old one in one transaction, so a
    failure at any point changes nothing. Nobody may be connected to the old one. `owner` is who is
    to own everything, where `url` names a superuser. With `key` the backup is a sealed one. Servers
    of a version below `script_below` are told by a script what newer ones read from the backup.
    Returns whether it knows of real money, and so begins halted.
    Raises: BackupFailed, KeyFileRefused, SealedFileRefused, SchemaTooNew, DatabaseUnavailable.
    """
    address = database_url(url)
    fresh = f"{address.database}_restored"
    async with _administrator(address) as administrator:
        await administrator.execute(f"DROP DATABASE IF EXISTS {_quoted(fresh)}")
        belongs = f" OWNER {_quoted(owner)}" if owner else ""
        await administrator.execute(f"CREATE DATABASE {_quoted(fresh)} TEMPLATE template0{belongs}")
        try:
            role = [f"--role={owner}"] if owner else []
            async with _opened(source, key) as dump:
                await _load(address.set(database=fresh), dump, role, script_below)
            name = str(address.database)
            is_halted = await _bring_up(address.set(database=fresh), source, owner, name)
            await _swap(administrator, name, fresh)
        finally:
            await administrator.execute(f"DROP DATABASE IF EXISTS {_quoted(fresh)} WITH (FORCE)")
    return is_halted


@asynccontextmanager
async def _opened(source: Path, key: BackupKey | None) -> AsyncIterator[int]:
    """Where the dump can be read; of a sealed one no plain copy is on the disk."""
    try:
        descriptor = os.open(source, os.O_RDONLY)
    except OSError as error:
        raise BackupFailed(f"cannot read {source}: {error.strerror}") from error
    try:
        if key is None:
            yield descriptor
            return
        with closing(key.read()) as secret:
            async with unsealed(descriptor, secret) as pipe:
                yield pipe
    finally:
        os.close(descriptor)


async def _load(fresh: URL, dump: int, role: Sequence[str], script_below: int) -> None:
    options = ["--no-owner", *WITHOUT_WALLS, *role]
    if await server_version(fresh) < script_below:
        await _play(fresh, dump, options)
        return
    strict = ("--single-transaction", "--exit-on-error", f"--dbname={fresh.database}")
    await _run(fresh, "pg_restore", *strict, *options, source=dump)


async def _play(fresh: URL, dump: int, options: Sequence[str]) -> None:
    """As a script, from which is left out what the server would not understand."""
    with tempfile.TemporaryDirectory(prefix="polycool-") as folder:
        script = Path(folder, "restore.sql")
        await _run(fresh, "pg_restore", *options, f"--file={script}", source=dump)
        await asyncio.to_thread(leave_out_new_settings, script)
        strict = ("--single-transaction", "--set=ON_ERROR_STOP=1", "--no-psqlrc", "--quiet")
        await _run(fresh, "psql", *strict, f"--file={script}")


def leave_out_new_settings(script: Path) -> None:
    """Make comments of them, in place: the rest may be large."""
    with script.open("r+b") as file:
        top = file.read(TOP)
        for name in NEW_SETTINGS:
            start = top.find(b"\nSET " + name + b" ")
            if start >= 0:
                file.seek(start + 1)
                file.write(b"-- ")


async def server_version(url: URL) -> int:
    """As a number that can be compared: 170002 is 17.2."""
    connection = await asyncpg.connect(driver_dsn(url), timeout=10)
    try:
        return int(await connection.fetchval("SHOW server_version_num"))
    finally:
        await connection.close(timeout=10)


async def _bring_up(fresh: URL, source: Path, owner: str | None, name: str) -> bool:
    """Of this release, and unable to repeat what happened after the backup was made."""
    if not await _is_ours(fresh):
        raise BackupFailed(f"{source} is no backup of Polycool; the database is unchanged")
    engine = create_engine((fresh.set(username=owner) if owner else fresh).render_as_string(False))
    try:
        await upgrade(engine, name=name)
        async with as_worker(async_sessionmaker(engine)) as session:
            return await make_harmless(session, datetime.now(UTC))
    finally:
        await engine.dispose()


async def _is_ours(url: URL) -> bool:
    connection = await asyncpg.connect(driver_dsn(url), timeout=10)
    try:
        return bool(await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"))
    finally:
        await connection.close(timeout=10)


async def _swap(administrator: asyncpg.Connection, current: str, fresh: str) -> None:
    old = f"{current}_replaced"
    await administrator.execute(f"DROP DATABASE IF EXISTS {_quoted(old)} WITH (FORCE)")
    async with administrator.transaction():
        await administrator.execute(f"ALTER DATABASE {_quoted(current)} RENAME TO {_quoted(old)}")
        await administrator.execute(f"ALTER DATABASE {_quoted(fresh)} RENAME TO {_quoted(current)}")
    await administrator.execute(f"DROP DATABASE {_quoted(old)} WITH (FORCE)")


@asynccontextmanager
async def _administrator(address: URL) -> AsyncIterator[asyncpg.Connection]:
    """A connection beside the database, because one cannot rename what one is connected to."""
    beside = address.set(database="postgres")
    try:
        connection = await asyncpg.connect(driver_dsn(beside), timeout=10, command_timeout=120)
        try:
            yield connection
        finally:
            await connection.close(timeout=10)
    except (OSError, TimeoutError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        raise unavailable(beside, error) from error
    except asyncpg.PostgresError as error:
        raise BackupFailed(f"the database is unchanged: {error}") from error


async def _run(
    url: URL,
    program: str,
    *options: str,
    source: int = asyncio.subprocess.DEVNULL,
    output: int = asyncio.subprocess.DEVNULL,
) -> None:
    async with tool_environment(url) as variables:
        process = await asyncio.create_subprocess_exec(
            str(_program(program)),
            *options,
            stdin=source,
            stdout=output,
            stderr=asyncio.subprocess.PIPE,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", **ALL_ROWS, **variables},
        )
        try:
            async with asyncio.timeout(DUMP_TIMEOUT):
                _, said = await process.communicate()
        except TimeoutError as late:
            raise BackupFailed(
                worded(
                    "{program} took more than {seconds} s; the database is unchanged",
                    program=program,
                    seconds=f"{DUMP_TIMEOUT:.0f}",
                )
            ) from late
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode != 0:
        raise BackupFailed(
            worded(
                "{program} failed: {words}; the database is unchanged",
                program=program,
                words=excerpt(_reason(said.decode(errors="replace"))),
            )
        )


def _reason(said: str) -> str:
    """What is wrong, without the server's address before it."""
    first = next(iter(said.strip().splitlines()), "")
    return first.rpartition("FATAL:")[2].strip()


def _program(name: str) -> Path:
    """Raises: BackupFailed where it is not installed, DatabaseUnavailable."""
    program = wheel_programs() / name
    if not program.exists():
        raise BackupFailed(
            worded("the program {name} is not installed here; the database is unchanged", name=name)
        )
    return program


@asynccontextmanager
async def tool_environment(url: URL) -> AsyncIterator[Mapping[str, str]]:
    """Variables with which psql and its kin reach `url`; the password is in a file, not in them."""
    with tempfile.NamedTemporaryFile("w", prefix="polycool-", encoding="utf-8") as file:
        if url.password is not None:
            file.write(pgpass_line(str(url.password)) + "\n")
            file.flush()
        yield {**libpq_variables(url), "PGPASSFILE": file.name}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
