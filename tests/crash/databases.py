"""One embedded server, a database with markets to copy from, and a copy for each trial."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.database.roles import roles_of
from infrastructure.database.walls import everyday_role
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp, open_client

TEMPLATE: Final = "crash_template"
PATIENCE: Final = 30.0  # seconds until the catalogue is read
TRIES: Final = 100  # to drop a database that Postgres itself is busy in


@dataclass(frozen=True)
class Databases:
    """`folder` is for everything of the run that is a file."""

    url: str
    folder: Path

    async def prepare(self, gamma_url: str) -> None:
        """The template: this release's schema, and the markets of the sandbox."""
        await self._say(f"CREATE DATABASE {TEMPLATE}")
        url = database_named(self.url, TEMPLATE)
        async with opened(url, migrate=True) as sessions, open_client() as client:
            catalogue = GammaCatalogue(VenueHttp(client, gamma_url))
            discovery = MarketDiscovery(catalogue, sessions, interval=PATIENCE)
            running = asyncio.create_task(discovery.run(), name="first-discovery")
            try:
                async with asyncio.timeout(PATIENCE):
                    await discovery.ready.wait()
            finally:
                running.cancel()
                await asyncio.wait({running})

    @asynccontextmanager
    async def copy(self, name: str) -> AsyncIterator[str]:
        """The URL of a fresh copy, dropped at the end of the block."""
        await self._say(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        try:
            yield database_named(self.url, name)
        finally:
            await self._drop(name)

    async def _drop(self, name: str) -> None:
        """An autovacuum worker may be in there, which only a superuser can send away."""
        for _ in range(TRIES):
            try:
                await self._say(f"DROP DATABASE {name} WITH (FORCE)")
                break
            except asyncpg.InsufficientPrivilegeError:
                await self._say("SELECT pg_sleep(0.05)")
        else:
            raise AssertionError(f"{name} could not be dropped")
        for role in roles_of(name, "").entered:
            await self._say(f"DROP ROLE IF EXISTS {role}")

    async def _say(self, statement: str) -> None:
        connection = await asyncpg.connect(driver_dsn(database_url(self.url)), timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def database_named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@asynccontextmanager
async def databases() -> AsyncIterator[Databases]:
    """SIGKILL of a client takes nothing from Postgres, so its files need not reach the disk."""
    folder = Path(tempfile.mkdtemp(prefix="polycool-crash-", dir="/tmp"))
    folder.chmod(0o711)  # the server runs as another user where we are root
    try:
        async with EmbeddedPostgres(folder / "postgres", durable=False) as server:
            yield Databases(server.url, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def opened(url: str, *, migrate: bool = False) -> AsyncIterator[Sessions]:
    """Sessions as the program has them."""
    plain = create_engine(url)
    if migrate:  # with the walls of a database of this name, or each first start would build them
        await upgrade(plain)
    role = await everyday_role(plain)
    await plain.dispose()
    engine = create_engine(url, role=role)
    try:
        yield async_sessionmaker(engine, expire_on_commit=False)
    finally:
        await engine.dispose()
