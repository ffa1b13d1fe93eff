"""What one trial has to itself: a database, a person with a live wallet, a market with a book."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import sqlalchemy as sa

from core.domain.units import MarketId, UserId
from core.storage import catalogue as stored_catalogue
from core.storage.models import Sessions
from infrastructure.config.settings import load_settings
from infrastructure.database.address import database_url, driver_dsn
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp, open_client
from tests.crash.databases import Databases, opened
from tests.crash.lane import Lane
from tests.crash.newcomer import Newcomer, settled_in
from tests.crash.scenes import Scene
from tests.support.person import Person

FIRST_PERSON: Final = 2_000_000  # Telegram ids; each trial has its own, so chats begin empty
MIDDLE: Final = "0.50"
LIVELY: Final = """
SELECT id, clob_token_ids FROM markets
WHERE accepts_orders AND NOT is_closed AND tick_size = 0.01 AND NOT neg_risk ORDER BY id
"""


@dataclass(frozen=True)
class Stage:
    """`wallet` is the address that holds the money at the venue."""

    lane: Lane
    number: int
    folder: Path
    settings: dict[str, str]
    database: "asyncpg.Pool[asyncpg.Record]"
    person: Person
    user: UserId
    wallet: str
    key: str  # the session key's address
    market: str
    tokens: tuple[str, str]


@asynccontextmanager
async def open_stage(
    lane: Lane, databases: Databases, number: int, scene: Scene
) -> AsyncIterator[Stage]:
    folder = databases.folder / f"trial-{number}"
    folder.mkdir()
    person = FIRST_PERSON + number
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(databases.copy(f"crash_{number}"))
        settings = {
            **lane.addresses,
            "DATABASE_URL": url,
            "DATA_DIR": str(folder),
            "KEYS_DIR": str(folder / "keys"),
            "TELEGRAM_ALLOWED_USERS": str(person),
            "DRY_RUN_MODE": "false",
            "OPS_PORT": "0",
            "LOG_FORMAT": "json",
            "HTTP_TIMEOUT_SECONDS": "2",
            "RECONCILE_INTERVAL_SECONDS": "3",
            "RESOLUTION_INTERVAL_SECONDS": "3",
            "MIN_FREE_DISK_PERCENT": "0.1",
        }
        read = load_settings(folder, settings, {})
        async with opened(url, migrate=True) as sessions:
            who = Newcomer(lane, read, sessions, person, number)
            user, wallet, key = await settled_in(who, scene)
            if scene is Scene.REDEEM:
                market, tokens = await _own_market(lane, sessions, number)
            else:
                market, tokens = await _market(sessions, number)
        await lane.venue.calm()
        if scene is Scene.WITHDRAW:  # nobody taps for it, and bots cannot begin a chat
            await lane.telegram.person(person).writes("/start")
        await lane.venue.order("price", token=tokens[0], price=MIDDLE, size="5000")
        dsn = driver_dsn(database_url(url))
        pool = await stack.enter_async_context(asyncpg.create_pool(dsn, min_size=2, max_size=2))
        yield Stage(
            lane, number, folder, settings, pool, lane.telegram.person(person), user,
            wallet, key, market, tokens,
        )  # fmt: skip


async def _market(sessions: Sessions, number: int) -> tuple[str, tuple[str, str]]:
    """Trials take turns on the venue's markets; none meets its neighbours' orders."""
    async with sessions.begin() as session:
        rows = (await session.execute(sa.text(LIVELY))).all()
    market, tokens = rows[number % len(rows)]
    return market, (tokens[0], tokens[1])


async def _own_market(lane: Lane, sessions: Sessions, number: int) -> tuple[str, tuple[str, str]]:
    """One that may end: the others go on for the trials after this one."""
    question = f"Does trial {number} end well?"
    made = await lane.venue.order("new-market", question=question)
    async with open_client() as client:
        catalogue = GammaCatalogue(VenueHttp(client, lane.venue.url))
        known = await catalogue.market(MarketId(made["market"]))
    async with sessions.begin() as session:
        await stored_catalogue.upsert(session, [known], datetime.now(UTC))
    first, second = made["tokens"]
    return made["market"], (first, second)
