"""What the end-to-end tests share: the program in its sandbox, and people to use it."""

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from infrastructure.database.address import database_url, driver_dsn
from infrastructure.sandbox_process import SandboxParts, sandbox_process
from tests.support.databases import database_named
from tests.support.live_program import MANY
from tests.support.person import LocalTelegram, local_telegram
from tests.support.program import ROOT, Program, running
from tests.support.venue_control import VenueControl, venue_control
from tests.support.watched_database import WatchedDatabase, watched_database

HERE = Path(__file__).parent
TOKEN = "123456:a-token-that-must-not-be-seen-anywhere"
USERS = ",".join(str(number) for number in range(1001, 1026))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs them all: they share a program, and mostly wait for it."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("e2e"))


@dataclass(frozen=True, slots=True)
class World:
    """The program with everything around it, and no price that moves by itself."""

    program: Program
    telegram: LocalTelegram
    venue: VenueControl
    database: WatchedDatabase


@pytest.fixture(scope="session")
async def world(data_folders: Callable[[], Path]) -> AsyncIterator[World]:
    """One for all tests, each with people of its own; Telegram must have nothing to complain of."""
    settings = {
        "VENUE": "sandbox",
        "DATA_DIR": str(data_folders()),
        "TELEGRAM_ALLOWED_USERS": USERS,
        "TELEGRAM_MESSAGES_PER_MINUTE": str(MANY),
    }
    async with AsyncExitStack() as stack:
        program = await stack.enter_async_context(running(settings))
        telegram = await stack.enter_async_context(local_telegram(program.page))
        venue = await stack.enter_async_context(venue_control(program.exchange))
        database = await stack.enter_async_context(watched_database(program.database))
        await venue.stand_still()
        yield World(program, telegram, venue, database)
        assert await telegram.violations() == []


@dataclass(frozen=True, slots=True)
class Outside:
    """A venue and a Telegram that are not the program's own, and the settings that name them."""

    settings: dict[str, str]
    telegram: LocalTelegram
    venue: VenueControl


@pytest.fixture(scope="session")
async def outside() -> AsyncIterator[Outside]:
    """Its bot has one reader at a time, so the tests start their programs one after another."""
    parts = SandboxParts("127.0.0.1", 0, 0, token=TOKEN, seed=1, chat_messages=MANY)
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(sandbox_process(parts, ROOT))
        assert urls.telegram is not None
        assert urls.exchange is not None
        settings = {
            "VENUE": "polymarket",
            "CLOB_API_URL": urls.exchange,
            "GAMMA_API_URL": urls.exchange,
            "CLOB_WSS_URL": urls.exchange.replace("http", "ws", 1) + "/ws/market",
            "TELEGRAM_API_BASE_URL": urls.telegram,
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_MESSAGES_PER_MINUTE": str(MANY),
        }
        telegram = await stack.enter_async_context(local_telegram(urls.telegram))
        venue = await stack.enter_async_context(venue_control(urls.exchange))
        await venue.stand_still()
        yield Outside(settings, telegram, venue)
        # The last poll of a program that was killed is ended by the first one of the next.
        assert [each for each in await telegram.violations() if each.method != "getUpdates"] == []


@pytest.fixture(scope="session")
async def empty_databases(postgres_url: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes databases without a schema, and gives their URLs."""
    names = (f"polycool_empty_{os.getpid()}_{number}" for number in itertools.count(1))
    made: list[str] = []

    async def make() -> str:
        made.append(next(names))
        await execute(postgres_url, f"CREATE DATABASE {made[-1]}")
        return database_named(postgres_url, made[-1])

    yield make
    for name in made:
        await execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(driver_dsn(database_url(url)), timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close(timeout=5)
