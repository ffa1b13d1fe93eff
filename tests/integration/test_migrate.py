"""Migrations at start, backups before them, and restores that change nothing when they fail."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from core.storage.all_models import models
from infrastructure.database.backup import (
    KEEP,
    BackupFailed,
    backup,
    backup_before_upgrade,
    restore,
)
from infrastructure.database.engine import check, create_engine
from infrastructure.database.instance_lock import InstanceLock
from infrastructure.database.migrate import upgrade
from infrastructure.errors import DatabaseUnavailable, InstanceRunning, SchemaTooNew

ENVIRONMENT = """
from alembic import context
context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
"""
REVISION = """
from alembic import op
revision, down_revision = "{number}", {before}
def upgrade():
    op.execute("{statement}")
"""
FIRST = "CREATE TABLE things (id int)"
SECOND = "ALTER TABLE things ADD name text"


def release(folder: Path, *statements: str) -> Path:
    """Migrations of a small program: one revision for each statement."""
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENVIRONMENT)
    for number, statement in enumerate(statements, 1):
        before = f'"{number - 1}"' if number > 1 else "None"
        text = REVISION.format(number=number, before=before, statement=statement)
        (folder / "versions" / f"{number}.py").write_text(text)
    return folder


@pytest.fixture
async def empty(engine: AsyncEngine) -> AsyncEngine:
    """A database without anything in it."""
    async with engine.begin() as connection:
        await connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        await connection.execute(sa.text("CREATE SCHEMA public"))
    return engine


async def scalar(engine: AsyncEngine, query: str) -> object:
    async with engine.connect() as connection:
        return await connection.scalar(sa.text(query))


async def execute(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text(statement))


class Before:
    """Counts how often a backup was asked for."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self) -> None:
        self.calls += 1


async def test_an_empty_database_gets_everything_without_a_backup(
    empty: AsyncEngine, tmp_path: Path
) -> None:
    before = Before()
    await upgrade(empty, migrations=release(tmp_path, FIRST, SECOND), before=before)
    assert await scalar(empty, "SELECT version_num FROM alembic_version") == "2"
    assert before.calls == 0


async def test_an_older_database_is_backed_up_once_and_upgraded(
    empty: AsyncEngine, tmp_path: Path
) -> None:
    await upgrade(empty, migrations=release(tmp_path / "old", FIRST))
    await execute(empty, "INSERT INTO things VALUES (7)")
    before, new = Before(), release(tmp_path / "new", FIRST, SECOND)
    await upgrade(empty, migrations=new, before=before)
    await upgrade(empty, migrations=new, before=before)
    assert await scalar(empty, "SELECT id FROM things WHERE name IS NULL") == 7
    assert before.calls == 1


async def test_a_newer_schema_is_left_alone_and_said_so(empty: AsyncEngine, tmp_path: Path) -> None:
    await upgrade(empty, migrations=release(tmp_path / "new", FIRST, SECOND))
    with pytest.raises(SchemaTooNew, match=r"schema \(2\) is newer than this release \(1\)"):
        await upgrade(empty, migrations=release(tmp_path / "old", FIRST))
    assert await scalar(empty, "SELECT version_num FROM alembic_version") == "2"


async def test_a_migration_that_fails_leaves_the_schema_as_it_was(
    empty: AsyncEngine, tmp_path: Path
) -> None:
    await upgrade(empty, migrations=release(tmp_path / "old", FIRST))
    broken = release(tmp_path / "new", FIRST, SECOND, "SELECT 1 / 0")
    with pytest.raises(DatabaseUnavailable, match="division by zero"):
        await upgrade(empty, migrations=broken)
    assert await scalar(empty, "SELECT version_num FROM alembic_version") == "1"
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'things'"
    assert await scalar(empty, columns) == 1


async def test_starts_at_the_same_time_migrate_once(empty: AsyncEngine, tmp_path: Path) -> None:
    migrations = release(tmp_path, FIRST, SECOND)
    others = [create_engine(empty.url.render_as_string(hide_password=False)) for _ in range(4)]
    await asyncio.gather(*(upgrade(other, migrations=migrations) for other in others))
    assert await scalar(empty, "SELECT count(*) FROM alembic_version") == 1
    for other in others:
        await other.dispose()


@pytest.fixture
async def stranger(empty: AsyncEngine) -> AsyncIterator[str]:
    """The URL of the database for a user who may connect and nothing else."""
    name = f"polycool_stranger_{os.getpid()}"
    await execute(empty, f"CREATE ROLE {name} LOGIN")
    yield empty.url.set(username=name).render_as_string(hide_password=False)
    await execute(empty, f"DROP ROLE {name}")


async def test_missing_rights_are_said_in_one_line_with_the_mend(stranger: str) -> None:
    engine = create_engine(stranger)
    with pytest.raises(DatabaseUnavailable) as refusal:
        await upgrade(engine)
    await engine.dispose()
    assert str(refusal.value).startswith("DATABASE_URL: user 'polycool_stranger_")
    assert "ALTER DATABASE" in str(refusal.value)
    assert "\n" not in str(refusal.value)


async def test_the_migrations_of_this_release_make_exactly_its_models(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), models.Base.metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_backup_restores_to_the_same_rows(engine: AsyncEngine, tmp_path: Path) -> None:
    url = engine.url.render_as_string(hide_password=False)
    dump = tmp_path / "a.dump"
    await execute(engine, "CREATE TABLE remembered AS SELECT 42 AS answer")
    await backup(url, dump)
    await execute(engine, "UPDATE remembered SET answer = 43")
    await engine.dispose()
    await restore(url, dump)
    assert await scalar(engine, "SELECT answer FROM remembered") == 42
    assert dump.stat().st_mode & 0o777 == 0o600


async def test_a_restore_that_fails_changes_nothing(engine: AsyncEngine, tmp_path: Path) -> None:
    url = engine.url.render_as_string(hide_password=False)
    await execute(engine, "CREATE TABLE remembered AS SELECT 42 AS answer")
    await backup(url, tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "garbage").write_bytes(b"garbage")
    await engine.dispose()
    for name in ("half", "garbage"):
        with pytest.raises(BackupFailed, match="unchanged"):
            await restore(url, tmp_path / name)
    assert await scalar(engine, "SELECT answer FROM remembered") == 42
    left = "SELECT count(*) FROM pg_database WHERE datname LIKE current_database() || '%'"
    assert await scalar(engine, left) == 1


async def test_a_restore_of_some_other_program_is_refused(
    empty: AsyncEngine, tmp_path: Path
) -> None:
    url = empty.url.render_as_string(hide_password=False)
    await execute(empty, "CREATE TABLE theirs (id int)")
    await backup(url, tmp_path / "theirs")
    with pytest.raises(BackupFailed, match="no backup of Polycool"):
        await restore(url, tmp_path / "theirs")


async def test_a_restore_under_a_running_program_is_refused(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    await backup(url, tmp_path / "a.dump")
    async with engine.connect() as connection:
        await connection.execute(sa.text("SELECT 1"))
        with pytest.raises(BackupFailed, match="being accessed by other users"):
            await restore(url, tmp_path / "a.dump")


async def test_of_the_backups_before_upgrades_the_newest_are_kept(
    database: str, tmp_path: Path
) -> None:
    (tmp_path / "by-hand.dump").touch()
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for hour in range(KEEP + 2):
        newest = await backup_before_upgrade(database, tmp_path, began + timedelta(hours=hour))
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == KEEP + 1
    assert newest.name in kept
    assert "by-hand.dump" in kept


async def test_a_backup_that_fails_leaves_no_file(database: str, tmp_path: Path) -> None:
    gone = make_url(database).set(database="gone").render_as_string(hide_password=False)
    with pytest.raises(BackupFailed, match='database "gone" does not exist'):
        await backup(gone, tmp_path / "a.dump")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"database": "gone"}, r"has no database 'gone'; create it: createdb gone"),
        ({"username": "nobody_here"}, r"does not let user 'nobody_here' in"),
        (
            {"host": "127.0.0.1", "port": 1, "query": {}},
            r"no Postgres can be reached at 127.0.0.1:1",
        ),
    ],
)
async def test_a_database_that_cannot_be_used_is_named_in_one_line(
    database: str, change: dict[str, object], problem: str
) -> None:
    url = make_url(database).set(password="hunter2").set(**change)  # type: ignore[arg-type] # a table
    engine = create_engine(url.render_as_string(hide_password=False))
    with pytest.raises(DatabaseUnavailable, match=f"^DATABASE_URL: .*{problem}") as refusal:
        await check(engine)
    await engine.dispose()
    assert "hunter2" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


async def test_a_wrong_password_is_named_and_not_repeated() -> None:
    """A real server would need its own rules for logging in; this one speaks just the refusal."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        engine = create_engine(f"postgres://me:hunter2@127.0.0.1:{port}/db?sslmode=disable")
        with pytest.raises(DatabaseUnavailable, match="refuses user 'me' with this password") as no:
            await check(engine)
        await engine.dispose()
    assert "hunter2" not in str(no.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:hunter2@host/db",
        "me:hunter2",
        "postgresql://me:hunter2@host",
        "postgresql://me:hunter2@host/db?color=blue",
        "postgresql://me:hunter2@host:port/db",
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"^DATABASE_URL: ") as refusal:
        create_engine(url)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_every_usual_spelling_of_an_address_is_understood(database: str, scheme: str) -> None:
    url = database.replace("postgresql+asyncpg", scheme)
    engine = create_engine(f"{url}&sslmode=disable&channel_binding=prefer&connect_timeout=4")
    await check(engine)
    await engine.dispose()


async def test_a_second_instance_on_a_server_is_told_who_holds_it(database: str) -> None:
    async with InstanceLock(database):
        with pytest.raises(InstanceRunning) as refusal:
            await InstanceLock(database, wait=0.05).__aenter__()
    assert (refusal.value.host, refusal.value.pid) == (os.uname().nodename, os.getpid())


async def test_the_lock_is_free_after_its_block(database: str) -> None:
    async with InstanceLock(database):
        pass
    async with InstanceLock(database, wait=0.05) as lock:
        assert not lock.lost.is_set()


END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'polycool %:%' AND datname = current_database()
"""


async def test_a_lost_lock_is_noticed_and_taken_again(database: str, engine: AsyncEngine) -> None:
    async with asyncio.timeout(20), InstanceLock(database) as lock, asyncio.TaskGroup() as tasks:
        await scalar(engine, END_OTHERS)
        await lock.lost.wait()
        watch = tasks.create_task(lock.run())
        await lock.held.wait()
        with pytest.raises(InstanceRunning):
            await InstanceLock(database, wait=0.05).__aenter__()
        watch.cancel()


async def test_an_instance_whose_lock_was_taken_over_is_told_to_end(
    database: str, engine: AsyncEngine
) -> None:
    async with asyncio.timeout(20), InstanceLock(database, wait=0.05) as lock:
        await scalar(engine, END_OTHERS)
        await lock.lost.wait()
        async with InstanceLock(database):
            with pytest.raises(InstanceRunning):
                await lock.run()
