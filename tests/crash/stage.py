"""What one trial has to itself: a database, a person with a live wallet, a market with a book."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import asyncpg
import sqlalchemy as sa

from core.domain.units import UserId, usdc
from core.services.custody.accounts import Accounts
from core.services.user_service import UserService
from core.storage.models import Sessions
from infrastructure.config.settings import Settings, load_settings
from infrastructure.custody.assembly import build_custody
from infrastructure.custody.key_place import check_keys
from infrastructure.database.address import database_url, driver_dsn
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.buckets import Buckets
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.permission import TradingPermission
from infrastructure.polymarket.trading.transport import Transport, open_trading_client
from tests.crash.databases import Databases, opened
from tests.crash.lane import Lane
from tests.support.person import Person

FIRST_PERSON: Final = 2_000_000  # Telegram ids; each trial has its own, so chats begin empty
CASH: Final = "1000"
DEPOSIT: Final = 3  # the venue's number for wallets that session keys sign for
DAILY: Final = Decimal(500)
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
async def open_stage(lane: Lane, databases: Databases, number: int) -> AsyncIterator[Stage]:
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
            "MIN_FREE_DISK_PERCENT": "0.1",
        }
        read = load_settings(folder, settings, {})
        async with opened(url, migrate=True) as sessions:
            user, wallet, key = await _settled_in(lane, read, sessions, person, number)
            market, tokens = await _market(sessions, number)
        await lane.venue.calm()
        await lane.venue.order("price", token=tokens[0], price=MIDDLE, size="5000")
        dsn = driver_dsn(database_url(url))
        pool = await stack.enter_async_context(asyncpg.create_pool(dsn, min_size=2, max_size=2))
        yield Stage(
            lane, number, folder, settings, pool, lane.telegram.person(person), user,
            wallet, key, market, tokens,
        )  # fmt: skip


async def _settled_in(
    lane: Lane, settings: Settings, sessions: Sessions, person: int, number: int
) -> tuple[UserId, str, str]:
    """Let in, with a session key that the owner has authorised, and live mode chosen."""
    users = UserService(sessions, starting_cash=usdc(Decimal(CASH)), allowed=(person,))
    admitted = await users.admit(person, "Anna")
    assert admitted is not None
    async with open_trading_client(settings.http_timeout_seconds) as client:
        clock = VenueClock()
        custody = build_custody(settings, sessions, client, lane.venue.url, clock=clock.unix)
        assert custody.account_keys is not None
        await check_keys(custody.keys, custody.data_keys, is_dry_run=False)
        waiting = await custody.wallets.begin(admitted.id)
        owner, wallet = f"0x{number + 1:038x}aa", f"0x{number + 1:038x}bb"
        await lane.venue.order(
            "wallet",
            address=owner,
            funder=wallet,
            signature_type=DEPOSIT,
            cash=CASH,
            session_keys={waiting.key_address: None},
        )
        ready = await custody.wallets.verify(admitted.id)
        transport = Transport(client, lane.venue.url, clock)
        http = AccountHttp(transport, keys=custody.account_keys, clock=clock, buckets=Buckets())
        doors = TradingPermission(http, VenueHttp(client, f"{lane.venue.url}/api/geoblock"))
        accounts = Accounts(sessions, doors, is_dry_run=False)
        await accounts.read_risk(admitted.id, usdc(DAILY))
        await accounts.choose_live(admitted.id)
    return admitted.id, ready.funder.lower(), ready.key_address


async def _market(sessions: Sessions, number: int) -> tuple[str, tuple[str, str]]:
    """Trials take turns on the venue's markets; none meets its neighbours' orders."""
    async with sessions.begin() as session:
        rows = (await session.execute(sa.text(LIVELY))).all()
    market, tokens = rows[number % len(rows)]
    return market, (tokens[0], tokens[1])
