"""What the end-to-end tests share: the program in its sandbox, and people to use it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.person import LocalTelegram, local_telegram
from tests.support.program import Program, running
from tests.support.venue_control import VenueControl, venue_control
from tests.support.watched_database import WatchedDatabase, watched_database

USERS = ",".join(str(number) for number in range(1001, 1020))


@dataclass(frozen=True, slots=True)
class World:
    """The program with everything around it, and no price that moves by itself."""

    program: Program
    telegram: LocalTelegram
    venue: VenueControl
    database: WatchedDatabase


@pytest.fixture(scope="module")
async def world(data_folders: Callable[[], Path]) -> AsyncIterator[World]:
    """One for all tests of a module; at its end Telegram must have had nothing to complain of."""
    settings = {
        "VENUE": "sandbox",
        "DATA_DIR": str(data_folders()),
        "TELEGRAM_ALLOWED_USERS": USERS,
    }
    async with AsyncExitStack() as stack:
        program = await stack.enter_async_context(running(settings))
        telegram = await stack.enter_async_context(local_telegram(program.page))
        venue = await stack.enter_async_context(venue_control(program.exchange))
        database = await stack.enter_async_context(watched_database(program.database))
        await venue.stand_still()
        yield World(program, telegram, venue, database)
        assert await telegram.violations() == []
