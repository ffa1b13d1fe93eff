"""Starts that cannot be: one line with the mend, exit code 2."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from infrastructure.database.instance_lock import InstanceLock
from tests.e2e.conftest import Outside, execute
from tests.support.program import refusal, running


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


async def test_a_bad_setting_is_named_with_an_example() -> None:
    line = await refusal({"PRICE_DEBOUNCE_SECONDS": "soon"})
    assert "PRICE_DEBOUNCE_SECONDS: 'soon'" in line
    assert "PRICE_DEBOUNCE_SECONDS=1.0" in line


async def test_a_bad_secret_is_named_and_not_shown() -> None:
    line = await refusal({"TELEGRAM_BOT_TOKEN": "hunter2"})
    assert "TELEGRAM_BOT_TOKEN: its value must be a token" in line
    assert "hunter2" not in line


async def test_a_taken_port_is_named(
    taken_port: str, outside: Outside, empty_databases: Callable[[], Awaitable[str]]
) -> None:
    sandbox = {"VENUE": "sandbox"}
    cases = [
        settings | {"DATABASE_URL": await empty_databases(), variable: taken_port}
        for variable, settings in (
            ("OPS_PORT", outside.settings),
            ("SANDBOX_PORT", sandbox),
            ("SANDBOX_EXCHANGE_PORT", sandbox),
        )
    ]
    lines = await asyncio.gather(*map(refusal, cases))
    for variable, line in zip(
        ("OPS_PORT", "SANDBOX_PORT", "SANDBOX_EXCHANGE_PORT"), lines, strict=True
    ):
        where = f"{variable}: cannot listen on 127.0.0.1:{taken_port}"
        assert f"{where} (Address already in use)" in line
        assert line.endswith("set it to another port, or to 0 for any free one")


async def test_an_unreachable_database_is_named_without_its_password() -> None:
    line = await refusal({"DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/polycool"})
    assert "DATABASE_URL: no Postgres can be reached at 127.0.0.1:1" in line
    assert "start it or correct the URL" in line
    assert "hunter2" not in line


async def test_a_schema_of_a_later_release_is_left_alone(database: str) -> None:
    await execute(database, "UPDATE alembic_version SET version_num = '9999'")
    line = await refusal({"DATABASE_URL": database})
    assert "schema (9999) is newer than this release" in line
    assert "update with git pull" in line


async def test_a_second_instance_names_the_first_one(
    outside: Outside, data_folders: Callable[[], Path], database: str
) -> None:
    same_folder = outside.settings | {"DATA_DIR": str(data_folders())}
    same_server = outside.settings | {"DATABASE_URL": database}
    async with running(same_folder) as program, InstanceLock(database):
        lines = await asyncio.gather(refusal(same_folder), refusal(same_server))
    for line, pid in zip(lines, (program.pid, os.getpid()), strict=True):
        where = f"(host {socket.gethostname()}, pid {pid})"
        assert f"another Polycool runs on this database {where}; stop it, or give" in line
