"""Backups sealed with the key of BACKUP_KEY_FILE: made, kept, refused and restored."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.backup import (
    BackupFailed,
    backup,
    backup_before_upgrade,
    restore,
)
from infrastructure.database.sealing import sealed_into
from infrastructure.security.backup_key import BackupKey
from infrastructure.security.errors import KeyFileRefused, SealedFileRefused
from infrastructure.security.sealed_stream import is_sealed
from infrastructure.security.secret_key import SecretKey
from tests.integration.test_database_commands import ANSWER, ROOT, query, run

PATIENCE = 30  # seconds
DUMPS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'pg_dump' AND datname = $1"
WAITING = DUMPS + " AND wait_event_type = 'Lock'"


@pytest.fixture
def key(tmp_path: Path) -> BackupKey:
    made = BackupKey(tmp_path / "keys" / "backup-key")
    made.make()
    return made


@pytest.fixture
async def filled(database: str) -> str:
    await query(database, "CREATE TABLE remembered AS SELECT 42 AS answer")
    return database


@pytest.fixture
async def dump(filled: str, tmp_path: Path, key: BackupKey) -> Path:
    """A sealed backup; the database is another one since."""
    target = tmp_path / "a.dump.sealed"
    await backup(filled, target, key)
    await query(filled, "UPDATE remembered SET answer = 43")
    return target


async def test_a_sealed_backup_brings_everything_back(
    filled: str, dump: Path, key: BackupKey
) -> None:
    top = dump.read_bytes()[:5]
    assert is_sealed(top)
    assert top != b"PGDMP"
    assert dump.stat().st_mode & 0o777 == 0o600
    await restore(filled, dump, key=key)
    assert await query(filled, ANSWER) == 42
    await query(filled, "UPDATE remembered SET answer = 43")
    await restore(filled, dump, key=key, script_below=10**9)
    assert await query(filled, ANSWER) == 42


async def test_the_commands_make_a_key_seal_with_it_and_open_with_it(
    filled: str, tmp_path: Path
) -> None:
    key = tmp_path / "apart" / "key"
    environ = {
        "DATABASE_URL": filled,
        "DATA_DIR": str(tmp_path / "d"),
        "BACKUP_KEY_FILE": str(key),
    }
    made = await run(environ, "backup-key")
    assert made.stdout.startswith(f"{key}\n")
    assert (await run(environ, "backup-key")).returncode == 2
    saved = await run(environ, "backup")
    dump = Path(saved.stdout.strip())
    assert (saved.returncode, dump.name.endswith(".dump.sealed")) == (0, True)
    await query(filled, "UPDATE remembered SET answer = 43")
    restored = await run(environ, "restore", dump)
    assert restored.returncode == 0, restored.stderr
    assert await query(filled, ANSWER) == 42
    (kept,) = dump.parent.glob("before-restore-*")
    assert is_sealed(kept.read_bytes()[:5])


async def test_a_backup_that_was_altered_or_cut_changes_nothing(
    filled: str, dump: Path, key: BackupKey
) -> None:
    whole = dump.read_bytes()
    altered = bytearray(whole)
    altered[-40] ^= 1
    for wrong in (bytes(altered), whole[:-1], whole[: len(whole) // 2], whole + b"\0"):
        dump.write_bytes(wrong)
        with pytest.raises(SealedFileRefused, match="altered or is not whole"):
            await restore(filled, dump, key=key)
        assert await query(filled, ANSWER) == 43
    left = "SELECT count(*) FROM pg_database WHERE datname LIKE current_database() || '\\_re%'"
    assert await query(filled, left) == 0


async def test_a_backup_that_is_not_there_is_no_database_that_is_away(
    filled: str, key: BackupKey, tmp_path: Path
) -> None:
    with pytest.raises(BackupFailed, match=r"cannot read .*No such file"):
        await restore(filled, tmp_path / "gone.dump.sealed", key=key)


async def test_without_its_key_or_with_another_nothing_is_begun(
    filled: str, dump: Path, tmp_path: Path
) -> None:
    environ = {"DATABASE_URL": filled, "DATA_DIR": str(tmp_path / "d")}
    keyless = await run(environ, "restore", dump)
    assert (keyless.returncode, keyless.stderr.count("\n")) == (2, 1)
    assert "set BACKUP_KEY_FILE" in keyless.stderr
    other = BackupKey(tmp_path / "keys" / "other")
    other.make()
    refused = await run(environ | {"BACKUP_KEY_FILE": str(other.path)}, "restore", dump)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "another key" in refused.stderr
    assert await query(filled, ANSWER) == 43
    assert not (tmp_path / "d" / "backups").exists()


async def test_a_plain_backup_is_taken_on_demand_alone_where_backups_are_sealed(
    filled: str, key: BackupKey, tmp_path: Path
) -> None:
    plain = tmp_path / "a.dump"
    await backup(filled, plain)
    await query(filled, "UPDATE remembered SET answer = 43")
    environ = {
        "DATABASE_URL": filled,
        "DATA_DIR": str(tmp_path / "d"),
        "BACKUP_KEY_FILE": str(key.path),
    }
    refused = await run(environ, "restore", plain)
    assert (refused.returncode, await query(filled, ANSWER)) == (2, 43)
    assert "PLAIN=yes" in refused.stderr
    restored = await run(environ, "restore", plain, "--plain")
    assert restored.returncode == 0, restored.stderr
    assert await query(filled, ANSWER) == 42


async def test_no_backup_is_written_beside_its_key_or_without_it(
    filled: str, key: BackupKey, tmp_path: Path
) -> None:
    with pytest.raises(KeyFileRefused, match="two folders"):
        await backup(filled, key.path.with_name("a.dump"), key)
    assert [file.name for file in key.path.parent.iterdir()] == ["backup-key"]
    key.path.unlink()
    with pytest.raises(KeyFileRefused, match="backup-key"):
        await backup(filled, tmp_path / "a.dump", key)
    assert not list(tmp_path.glob("a.dump*"))


async def test_a_backup_that_is_killed_in_the_middle_leaves_nothing_under_its_name(
    filled: str, key: BackupKey, tmp_path: Path
) -> None:
    target = tmp_path / "a.dump.sealed"
    environ = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": filled,
        "DATA_DIR": str(tmp_path / "d"),
        "BACKUP_KEY_FILE": str(key.path),
    }
    command = (sys.executable, "-m", "scripts.database", "backup", str(target))
    async with held_up(filled) as waits:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL
        )
        try:
            await waits(is_dumping=True)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
    assert not target.exists()
    await backup(filled, target, key)
    await restore(filled, target, key=key)
    assert await query(filled, ANSWER) == 42
    assert not list(tmp_path.glob("*.unfinished"))


async def test_a_backup_that_is_broken_off_ends_at_once_and_leaves_nothing(
    filled: str, key: BackupKey, tmp_path: Path
) -> None:
    async with held_up(filled) as waits, asyncio.timeout(PATIENCE):
        making = asyncio.create_task(backup(filled, tmp_path / "a.dump.sealed", key))
        await waits(is_dumping=True)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
    assert not list(tmp_path.glob("a.dump*"))


async def test_a_disk_that_is_full_fails_the_backup() -> None:
    with Path("/dev/full").open("wb") as full, pytest.raises(OSError, match="No space left"):
        async with sealed_into(full.fileno(), SecretKey(bytes(range(32)))) as pipe:
            os.write(pipe, b"rows")


async def test_of_backups_before_upgrades_the_newest_stay_sealed_or_not(
    filled: str, key: BackupKey, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for hour, end in enumerate((".dump", ".dump", ".dump", ".dump.sealed", ".dump.sealed")):
        (folder / f"before-upgrade-20260101T{hour:02}0000Z{end}").touch()
    newest = await backup_before_upgrade(filled, folder, datetime(2026, 2, 1, tzinfo=UTC), key)
    assert is_sealed(newest.read_bytes()[:5])
    left = sorted(file.name for file in folder.iterdir())
    assert (len(left), left[0]) == (5, "before-upgrade-20260101T010000Z.dump")


class Waits:
    """Whether a pg_dump is busy with the database. With a lock in its way it waits."""

    def __init__(self, connection: asyncpg.Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    async def __call__(self, *, is_dumping: bool) -> None:
        asked = WAITING if is_dumping else DUMPS
        async with asyncio.timeout(PATIENCE):
            while bool(await self._connection.fetch(asked, self._name)) != is_dumping:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)


@asynccontextmanager
async def held_up(url: str) -> AsyncIterator[Waits]:
    """No dump of the database gets to its rows before the end of the block; then it has ended."""
    address = database_url(url)
    holder = await asyncpg.connect(driver_dsn(address), timeout=PATIENCE)
    observer = await asyncpg.connect(driver_dsn(address), timeout=PATIENCE)
    waits = Waits(observer, str(address.database))
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE remembered IN ACCESS EXCLUSIVE MODE")
            yield waits
        await waits(is_dumping=False)
    finally:
        await holder.close()
        await observer.close()
