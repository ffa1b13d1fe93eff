"""Fixtures for everybody: one Postgres for the session, an empty database for each test."""

import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.engine import close_engine, create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.database.roles import roles_of
from tests.support.databases import Databases, Server, administrate, database_named, drop

# An example that has to wait for a core on a busy machine is no failure.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")

ROOT = Path(__file__).parents[1]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What was imported and collected stays, so the search for garbage never looks through it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


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
async def server(data_folders: Callable[[], Path]) -> AsyncIterator[Server]:
    """A server for the whole session."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Server(given, os.environ.get("TEST_DATABASE_ADMIN_URL"))
        return
    async with EmbeddedPostgres(data_folders(), durable=False) as embedded:
        yield Server(embedded.url, embedded.admin_url)


@pytest.fixture(scope="session")
def postgres_url(server: Server) -> str:
    """The server as its owner, who may create databases."""
    return server.url


@pytest.fixture(scope="session")
async def template(postgres_url: str) -> AsyncIterator[str]:
    """The name of a database with the schema of this release, to copy from."""
    name = f"polycool_template_{os.getpid()}"
    await administrate(postgres_url, f"CREATE DATABASE {name}")
    engine = create_engine(database_named(postgres_url, name))
    await upgrade(engine)
    await close_engine(engine)
    yield name
    await drop(postgres_url, name)
    for role in roles_of(name, "").entered:
        await administrate(postgres_url, f"DROP ROLE IF EXISTS {role}")


@pytest.fixture(scope="session")
async def databases(server: Server, template: str) -> AsyncIterator[Databases]:
    lent = Databases(server, template)
    yield lent
    await lent.close()


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[str]:
    """The URL of a migrated, empty database that nobody else has for this test."""
    async with databases.lent() as url:
        yield url


@pytest.fixture(scope="session")
def engines() -> dict[str, AsyncEngine]:
    """One for each database, by its URL; closed between two tests."""
    return {}


@pytest.fixture
async def engine(database: str, engines: dict[str, AsyncEngine]) -> AsyncIterator[AsyncEngine]:
    """Where the database was lent before it is the same one: it has compiled its statements."""
    if database not in engines:
        engines[database] = create_engine(database)
    yield engines[database]
    await close_engine(engines[database])


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
