"""The program in live mode as a process, its venue and its Telegram beside it, and its traders."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import aiohttp
import httpx
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.custody import LiveWallet, Tier
from core.domain.units import Usdc, UserId
from core.services.custody.accounts import Accounts
from core.storage import custody_factors
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.config.settings import Settings
from infrastructure.custody.assembly import Custody, build_custody
from infrastructure.custody.codes import Enrolment
from infrastructure.custody.vault import Sealed
from infrastructure.database.engine import close_engine, create_engine
from infrastructure.database.walls import everyday_role
from infrastructure.polymarket.http import open_client
from infrastructure.sandbox_process import SandboxAddresses, SandboxParts, sandbox_process
from infrastructure.security.key_cipher import Purpose
from infrastructure.security.secret_key import SecretKey
from infrastructure.tls import trusted
from tests.support.person import LocalTelegram, Person, local_telegram
from tests.support.program import ROOT, Program, running
from tests.support.venue_control import VenueControl, venue_control
from tests.support.watched_database import WatchedDatabase, watched_database

MONEY: Final = "10000"  # USDC of each trader
MANY: Final = 200  # messages that one chat gets in a minute; a test talks faster than people


class AllowedAnyway:
    """The `VenueDoors` of a venue that lets everybody in."""

    async def refusal(self, _user: UserId) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Traders:
    """People with wallets, set up with the program's own services beside the program."""

    sessions: Sessions
    custody: Custody
    accounts: Accounts
    venue: httpx.AsyncClient

    async def ready(self, telegram_id: int) -> LiveWallet:
        """Somebody the program knows already gets a session key, and chooses real money."""
        user = await self._user(telegram_id)
        waiting = await self.custody.wallets.begin(user)
        wallet = {
            "address": f"0x{telegram_id:040x}",
            "signature_type": 3,
            "funder": f"0x{telegram_id + (1 << 100):040x}",
            "cash": MONEY,
            "session_keys": {waiting.key_address: None},
        }
        answer = await self.venue.post("/control/wallet", json=wallet)
        assert answer.status_code == 200, answer.text
        ready = await self.custody.wallets.verify(user)
        await self.accounts.read_risk(user, Usdc(Decimal(500)))
        await self.accounts.choose_live(user)
        return ready

    async def secrets(self, wallet: LiveWallet) -> dict[str, bytes]:
        """The wallet's key, and the credentials that the venue gave for it, as they are."""
        is_session = wallet.tier is Tier.SESSION
        purpose = Purpose.SESSION_KEY if is_session else Purpose.OWNER_KEY
        key = await self._opened(wallet, purpose)
        given: Any = json.loads(await self._opened(wallet, Purpose.CLOB_CREDENTIALS))
        told = {str(name): str(value).encode() for name, value in dict(given).items()}
        return {purpose.value: key} | {
            f"derived {name}": value for name, value in told.items() if name != "key"
        }

    async def enrol(self, user: UserId, secret: bytes) -> None:
        """An authenticator, as the console of custody sets it up."""
        await self.custody.codes.keep(user, Enrolment(SecretKey(secret)))
        async with as_user(self.sessions, user) as session:
            await custody_factors.add(session, user, 0)

    async def wallet(self, telegram_id: int) -> LiveWallet:
        """Of somebody who was set up in the chat."""
        ready = await self.custody.wallets.ready(await self._user(telegram_id))
        assert ready is not None
        return ready

    async def _opened(self, wallet: LiveWallet, purpose: Purpose) -> bytes:
        sealed: Sealed | None = await self.custody.vault.sealed(
            wallet.user, wallet.key_address, purpose
        )
        assert sealed is not None
        with self.custody.vault.opened(sealed) as secret, secret.opened() as material:
            return bytes(material)

    async def _user(self, telegram_id: int) -> UserId:
        async with as_worker(self.sessions) as session:
            connection = await session.connection()
            found = await connection.exec_driver_sql(
                "SELECT id FROM users WHERE telegram_id = $1", (telegram_id,)
            )
            return UserId(found.scalar_one())


@asynccontextmanager
async def traders(database: str, keys: Path, venue: str) -> AsyncIterator[Traders]:
    plain = create_engine(database)
    engine = create_engine(database, role=await everyday_role(plain))
    await plain.dispose()
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    settings = Settings(data_dir=keys, keys_dir=keys, dry_run_mode=False)
    try:
        async with (
            open_client() as client,
            httpx.AsyncClient(verify=trusted(), base_url=venue) as control,
        ):
            custody = build_custody(settings, sessions, client, venue)
            yield Traders(
                sessions, custody, Accounts(sessions, AllowedAnyway(), is_dry_run=False), control
            )
    finally:
        await close_engine(engine)


@dataclass(frozen=True, slots=True)
class LiveWorld:
    """One program that trades real money of the sandbox."""

    program: Program
    telegram: LocalTelegram
    venue: VenueControl
    exchange: str
    database: WatchedDatabase
    traders: Traders

    def person(self, telegram_id: int) -> Person:
        return self.telegram.person(telegram_id)

    async def at_venue(self) -> dict[str, Any]:
        """Every order that the venue took or saw, by hash."""
        async with (
            aiohttp.ClientSession(self.exchange) as http,
            http.get("/control/orders") as answer,
        ):
            seen: dict[str, Any] = await answer.json()
        return seen


def live_settings(
    urls: SandboxAddresses, token: str, database: str, keys: Path, users: str
) -> dict[str, str]:
    exchange, telegram = urls.exchange or "", urls.telegram or ""
    sockets = exchange.replace("http", "ws", 1) + "/ws"
    return {
        "VENUE": "polymarket",
        "DRY_RUN_MODE": "false",
        "CLOB_API_URL": exchange,
        "GAMMA_API_URL": exchange,
        "CLOB_WSS_URL": f"{sockets}/market",
        "CLOB_USER_WSS_URL": f"{sockets}/user",
        "DATA_API_URL": f"{exchange}/data-api",
        "RELAYER_API_URL": f"{exchange}/relayer",
        "GEOBLOCK_URL": f"{exchange}/api/geoblock",
        "TELEGRAM_API_BASE_URL": telegram,
        "TELEGRAM_BOT_TOKEN": token,
        "TELEGRAM_ALLOWED_USERS": users,
        "TELEGRAM_MESSAGES_PER_MINUTE": str(MANY),
        "DATABASE_URL": database,
        "KEYS_DIR": str(keys),
    }


@asynccontextmanager
async def live_program(
    token: str, database: str, keys: Path, users: str, *, opens: bool = False, **more: str
) -> AsyncIterator[LiveWorld]:
    """Nothing at the venue moves by itself. `opens` accounts with money for whoever comes."""
    parts = SandboxParts(
        "127.0.0.1",
        telegram_port=0,
        exchange_port=0,
        token=token,
        seed=1,
        extra=("--open-accounts",) if opens else (),
        chat_messages=MANY,
    )
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(sandbox_process(parts, ROOT))
        assert urls.exchange is not None
        assert urls.telegram is not None
        telegram = await stack.enter_async_context(local_telegram(urls.telegram))
        venue = await stack.enter_async_context(venue_control(urls.exchange))
        await venue.stand_still()
        settings = live_settings(urls, token, database, keys, users) | more
        program = await stack.enter_async_context(running(settings))
        watched = await stack.enter_async_context(watched_database(database))
        people = await stack.enter_async_context(traders(database, keys, urls.exchange))
        yield LiveWorld(program, telegram, venue, urls.exchange, watched, people)
