"""Fixtures for everybody: one Postgres for the session, a fresh database for each test."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade

ROOT = Path(__file__).parents[1]
NUMBERS = itertools.count(1)
PATIENCE = 100  # attempts to drop a database that Postgres itself is busy in


@pytest.fixture(scope="session")
def data_folders() -> Iterator[Callable[[], Path]]:
    """Makes folders for embedded servers; not in pytest's, which `nobody` may not enter."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="polycool-test-", dir="/tmp")))
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres_url(data_folders: Callable[[], Path]) -> AsyncIterator[str]:
    """A server for the whole session, as its owner, who may create databases."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    async with EmbeddedPostgres(data_folders(), durable=False) as server:
        yield server.url


@pytest.fixture(scope="session")
async def template(postgres_url: str) -> AsyncIterator[str]:
    """The name of a database with the schema of this release, to copy from."""
    name = f"polycool_template_{os.getpid()}"
    await _administrate(postgres_url, f"CREATE DATABASE {name}")
    engine = create_engine(database_named(postgres_url, name))
    await upgrade(engine)
    await engine.dispose()
    yield name
    await _drop(postgres_url, name)


@pytest.fixture
async def database(postgres_url: str, template: str) -> AsyncIterator[str]:
    """The URL of a fresh, migrated, empty database, dropped after the test."""
    name = f"polycool_test_{os.getpid()}_{next(NUMBERS)}"
    await _administrate(
        postgres_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"
    )
    yield database_named(postgres_url, name)
    await _drop(postgres_url, name)


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


@pytest.fixture(scope="session")
def fixtures_dir() -> Path:
    """The recorded data: FIXTURES_DIR, `../shared/fixtures` by default; skips where absent."""
    folder = (ROOT / os.environ.get("FIXTURES_DIR", "../shared/fixtures")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder}; set FIXTURES_DIR")
    return folder


def database_named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _drop(url: str, name: str) -> None:
    """An autovacuum worker may be in there, which only a superuser can send away."""
    for _ in range(PATIENCE):
        try:
            return await _administrate(url, f"DROP DATABASE {name} WITH (FORCE)")
        except asyncpg.InsufficientPrivilegeError:
            await _administrate(url, "SELECT pg_sleep(0.05)")
    raise AssertionError(f"{name} could not be dropped")


async def _administrate(url: str, statement: str) -> None:
    connection = await asyncpg.connect(driver_dsn(database_url(url)), timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
