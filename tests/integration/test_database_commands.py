"""`make psql`, `make backup`, `make restore`, as an operator runs them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.backup import backup, leave_out_new_settings, restore
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.engine import create_engine
from infrastructure.database.instance_lock import InstanceLock
from infrastructure.database.migrate import upgrade

ROOT = Path(__file__).parents[2]


async def run(
    environ: dict[str, str], *arguments: str | Path
) -> "subprocess.CompletedProcess[str]":
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "scripts.database", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"} | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def query(url: str, text: str) -> object:
    connection = await asyncpg.connect(driver_dsn(database_url(url)), timeout=5)
    try:
        return await connection.fetchval(text)
    finally:
        await connection.close()


async def fill(url: str) -> None:
    engine = create_engine(url)
    await upgrade(engine)
    await engine.dispose()
    await query(url, "CREATE TABLE remembered AS SELECT 42 AS answer")


ANSWER = "SELECT answer FROM remembered"


@pytest.fixture
async def embedded(data_folders: Callable[[], Path]) -> AsyncIterator[EmbeddedPostgres]:
    async with EmbeddedPostgres(data_folders(), durable=False) as server:
        await fill(server.url)
        yield server


async def test_the_running_embedded_server_is_read_saved_and_not_overwritten(
    embedded: EmbeddedPostgres,
) -> None:
    environ = {"DATA_DIR": str(embedded.backups.parent)}
    read = await run(environ, "psql", "-Atc", ANSWER)
    assert (read.stdout, read.returncode) == ("42\n", 0)
    written = await run(environ, "psql", "-Atc", "UPDATE remembered SET answer = 43")
    assert "read-only transaction" in written.stderr
    saved = await run(environ, "backup")
    dump = Path(saved.stdout.strip())
    assert dump.parent == embedded.backups
    assert dump.stat().st_size > 1000
    refused = await run(environ, "restore", dump)
    assert refused.returncode == 2
    assert f"pid {os.getpid()}" in refused.stderr
    assert refused.stderr.count("\n") == 1


async def test_a_stopped_embedded_server_is_started_for_the_command(
    embedded: EmbeddedPostgres, tmp_path: Path
) -> None:
    data_dir, dump = embedded.backups.parent, tmp_path / "a.dump"
    await embedded.__aexit__(None, None, None)
    environ = {"DATA_DIR": str(data_dir)}
    assert (await run(environ, "backup", dump)).stdout == f"{dump}\n"
    async with EmbeddedPostgres(data_dir, durable=False) as server:
        await query(server.url, "UPDATE remembered SET answer = 43")
    restored = await run(environ, "restore", dump)
    assert restored.returncode == 0, restored.stderr
    assert (await run(environ, "psql", "-Atc", ANSWER)).stdout == "42\n"
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'remembered'"
    assert (await run(environ, "psql", "-Atc", owner)).stdout == "polycool\n"
    assert list((data_dir / "backups").glob("before-restore-*.dump"))


async def test_the_server_of_database_url_is_read_saved_and_restored(
    database: str, tmp_path: Path
) -> None:
    dump, environ = tmp_path / "a.dump", {"DATABASE_URL": database, "DATA_DIR": str(tmp_path / "d")}
    await query(database, "CREATE TABLE remembered AS SELECT 42 AS answer")
    assert (await run(environ, "backup", dump)).returncode == 0
    await query(database, "UPDATE remembered SET answer = 43")
    async with InstanceLock(database):
        refused = await run(environ, "restore", dump)
    assert (refused.returncode, await query(database, ANSWER)) == (2, 43)
    restored = await run(environ, "restore", dump)
    assert restored.returncode == 0, restored.stderr
    assert (await run(environ, "psql", "-Atc", ANSWER)).stdout == "42\n"


async def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    ran = await run({"DATA_DIR": str(tmp_path)}, "restore", tmp_path / "gone.dump")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert ran.stderr.startswith("FILE: there is no file")


async def test_a_server_older_than_our_programs_is_restored_by_a_script(
    database: str, tmp_path: Path
) -> None:
    dump = tmp_path / "a.dump"
    await query(database, "CREATE TABLE remembered AS SELECT 42 AS answer")
    await backup(database, dump)
    await query(database, "UPDATE remembered SET answer = 43")
    await restore(database, dump, script_below=10**9)
    assert await query(database, ANSWER) == 42
    assert await query(database, "SELECT count(*) FROM alembic_version") == 1


READY = """
    WITH person AS (INSERT INTO users (telegram_id) VALUES (7) RETURNING id),
    wallet AS (
        INSERT INTO live_wallets (user_id, tier, state, key_address, funder, signature_type)
        SELECT id, 'deposit', 'ready', '0xkey', '0xfunder', 3 FROM person
    ), address AS (
        INSERT INTO withdrawal_addresses (user_id, address, label, usable_at)
        SELECT id, '0xcold', 'Cold', now() FROM person RETURNING id, user_id
    )
    INSERT INTO withdrawals (user_id, address_id, address, amount, state, requested_at, due_at,
        transaction, reason)
    SELECT user_id, id, '0xcold', 10, 'waiting', now(), now(), '', '' FROM address
"""


async def test_a_restore_sends_no_withdrawal_again(database: str, tmp_path: Path) -> None:
    dump, environ = tmp_path / "a.dump", {"DATABASE_URL": database, "DATA_DIR": str(tmp_path / "d")}
    await query(database, READY)
    await backup(database, dump)
    await query(database, "UPDATE withdrawals SET state = 'sent', transaction = '0xpaid'")
    restored = await run(environ, "restore", dump)
    assert restored.returncode == 0, restored.stderr
    assert "Trading is halted" in restored.stdout
    assert await query(database, "SELECT state FROM withdrawals") == "cancelled"
    assert await query(database, "SELECT count(*) FROM risk_totals WHERE halted_at IS NULL") == 0
    assert await query(database, "SELECT min(what) FROM audit") == "trading halted"
    assert await query(database, "SELECT max(what) FROM audit") == "withdrawal cancelled"


async def test_a_restore_without_real_money_halts_nothing(database: str, tmp_path: Path) -> None:
    await backup(database, tmp_path / "a.dump")
    assert not await restore(database, tmp_path / "a.dump")
    assert (
        await query(database, "SELECT count(*) FROM risk_totals WHERE halted_at IS NOT NULL") == 0
    )


def test_a_script_does_not_set_what_older_servers_do_not_know(tmp_path: Path) -> None:
    script = tmp_path / "restore.sql"
    lines = ["--", "SET lock_timeout = 0;", "SET transaction_timeout = 0;", "SELECT 1;", ""]
    script.write_text("\n".join(lines))
    leave_out_new_settings(script)
    lines[2] = "--  transaction_timeout = 0;"
    assert script.read_text() == "\n".join(lines)
