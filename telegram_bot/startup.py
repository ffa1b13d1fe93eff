"""What has to stand before the parts can run: the database, the venue, a Telegram to talk to."""

import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from core.storage import facts
from core.storage.models import Sessions
from infrastructure.config.settings import Settings
from infrastructure.config.values import Venue
from infrastructure.custody.key_place import backup_key
from infrastructure.database.backup import backup_before_upgrade
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.engine import check, close_engine, create_engine
from infrastructure.database.instance_lock import InstanceLock
from infrastructure.database.migrate import upgrade
from infrastructure.database.walls import everyday_role, missing_walls
from infrastructure.errors import CannotStart
from infrastructure.polymarket.reachable import venue_answers
from infrastructure.sandbox_process import SandboxParts, sandbox_process
from telegram_bot.supervisor import Run

logger = logging.getLogger(__name__)

VENUE_PATIENCE: Final = 3.0  # seconds `VENUE=auto` waits for the venue before it plays its own
SANDBOX_OWNER: Final = 1001  # Telegram id of the chat page's user where no other is named
PRODUCTION_HOST: Final = "clob.polymarket.com"


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database that nobody else uses, and what has to run to keep it so.

    `epoch`: the taking-over by which it is ours. `unwalled`: why people's rows are not kept apart.
    `backup_url`: of whom every row is shown to.
    """

    engine: AsyncEngine
    sessions: Sessions
    url: str
    guards: dict[str, Run]
    epoch: int
    unwalled: str | None
    backup_url: str


@dataclass(frozen=True, slots=True)
class WeatherAddresses:
    """Base URLs of the providers of forecasts and station reports."""

    open_meteo: str
    ensembles: str
    nws: str
    metar: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where we trade and where we talk. `page` is the local chat page, None with real Telegram."""

    venue: str  # for people
    is_sandbox: bool
    clob_url: str
    gamma_url: str
    socket_url: str
    user_socket_url: str
    data_url: str
    relayer_url: str
    geoblock_url: str
    weather: WeatherAddresses
    telegram_url: str
    token: str
    allowed: tuple[int, ...]
    page: str | None
    ended: Callable[[], Awaitable[int]] | None = None  # waits for the end of the local servers


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The embedded server, or the one that DATABASE_URL names.

    Raises: CannotStart.
    """
    opened = _embedded(settings) if settings.database_url is None else _given(settings)
    async with opened as database:
        try:
            yield database
        finally:
            await close_engine(database.engine)


@asynccontextmanager
async def _embedded(settings: Settings) -> AsyncIterator[Database]:
    key = backup_key(settings)
    async with EmbeddedPostgres(settings.data_dir) as server:

        async def save() -> None:
            await backup_before_upgrade(server.admin_url, server.backups, datetime.now(UTC), key)

        async with _ours(server.url, save) as database:
            guards = {"embedded-postgres": server.run, **database.guards}
            yield replace(database, guards=guards, backup_url=server.admin_url)


@asynccontextmanager
async def _given(settings: Settings) -> AsyncIterator[Database]:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    engine = create_engine(url)
    try:
        await check(engine)
    finally:
        await close_engine(engine)
    async with _ours(url, None) as database:
        yield database


@asynccontextmanager
async def _ours(url: str, before: Callable[[], Awaitable[None]] | None) -> AsyncIterator[Database]:
    """The database at `url`, locked, migrated and taken over: predecessors can claim nothing."""
    async with InstanceLock(url) as lock:
        role, unwalled = await _migrated(url, before)
        epoch = await lock.take_over()
        engine = create_engine(url, role=role)
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        guards: dict[str, Run] = {"instance-lock": lock.run}
        yield Database(engine, sessions, url, guards, epoch, unwalled, url)


async def _migrated(
    url: str, before: Callable[[], Awaitable[None]] | None
) -> tuple[str | None, str | None]:
    """The role that connections have from now on, and what is missing of the walls."""
    engine = create_engine(url)
    try:
        await upgrade(engine, before=before)
        return await everyday_role(engine), await missing_walls(engine)
    finally:
        await close_engine(engine)


@asynccontextmanager
async def open_place(settings: Settings, root: Path, sessions: Sessions) -> AsyncIterator[Place]:
    """The venue and the Telegram of this run, with local servers for what is not elsewhere.

    Raises: CannotStart.
    """
    is_sandbox = await means_sandbox(settings)
    await _remember_venue(sessions, venue_key(settings, is_sandbox=is_sandbox))
    place = _configured(settings, is_sandbox=is_sandbox)
    if not is_sandbox and place.token:
        yield place
        return
    parts = SandboxParts(
        host=settings.sandbox_host,
        telegram_port=None if place.token else settings.sandbox_port,
        exchange_port=settings.sandbox_exchange_port if is_sandbox else None,
        token=place.token or f"1000001:{secrets.token_urlsafe(26)}",
        seed=settings.sandbox_seed,
        extra=(*_replay(settings), "--open-accounts"),
        chat_messages=max(20, settings.telegram_messages_per_minute),
    )
    async with sandbox_process(parts, root) as addresses:
        if addresses.exchange:
            logger.info("sandbox exchange on %s", addresses.exchange)
            place = _on_local_venue(place, addresses.exchange)
        if addresses.telegram:
            place = _on_local_telegram(place, addresses.telegram, parts.token)
        yield replace(place, ended=addresses.ended)


def _replay(settings: Settings) -> tuple[str, ...]:
    if settings.sandbox_replay is None:
        return ()
    return ("--replay", str(settings.sandbox_replay), "--speed", str(settings.sandbox_speed))


async def means_sandbox(settings: Settings) -> bool:
    """`auto` plays only where nothing was configured and the real venue cannot be reached."""
    if settings.venue is not Venue.AUTO:
        return settings.venue is Venue.SANDBOX
    if settings.names_a_venue or settings.telegram_bot_token or not settings.dry_run_mode:
        return False
    began = time.monotonic()
    if await venue_answers(settings.clob_api_url, VENUE_PATIENCE):
        return False
    logger.info("no venue within %.1f s: this is the sandbox", time.monotonic() - began)
    return True


def venue_key(settings: Settings, *, is_sandbox: bool) -> str:
    host = urlsplit(settings.clob_api_url).hostname or ""
    if is_sandbox:
        return "sandbox"
    return "polymarket" if host == PRODUCTION_HOST else f"venue at {host}"


async def _remember_venue(sessions: Sessions, venue: str) -> None:
    """Raises: CannotStart if this database holds the markets and positions of another venue."""
    async with sessions.begin() as session:
        known = await facts.remember(session, "venue", venue)
    if known != venue:
        raise CannotStart(
            f"VENUE: this database belongs to {known}, and this start is for {venue}; "
            f"set VENUE (and the venue's URLs) for {known}, or another DATA_DIR or DATABASE_URL"
        )


def _configured(settings: Settings, *, is_sandbox: bool) -> Place:
    token = settings.telegram_bot_token.get_secret_value() if settings.telegram_bot_token else ""
    key = venue_key(settings, is_sandbox=is_sandbox)
    return Place(
        venue={"sandbox": "Sandbox", "polymarket": "Polymarket"}.get(key, key.capitalize()),
        is_sandbox=is_sandbox,
        clob_url=settings.clob_api_url,
        gamma_url=settings.gamma_api_url,
        socket_url=settings.clob_wss_url,
        user_socket_url=settings.clob_user_wss_url,
        data_url=settings.data_api_url,
        relayer_url=settings.relayer_api_url,
        geoblock_url=settings.geoblock_url,
        weather=weather_addresses(settings),
        telegram_url=settings.telegram_api_base_url,
        token=token,
        allowed=settings.telegram_allowed_users,
        page=None,
    )


def weather_addresses(settings: Settings) -> WeatherAddresses:
    return WeatherAddresses(
        settings.open_meteo_api_url,
        settings.open_meteo_ensemble_url,
        settings.nws_api_url,
        settings.metar_api_url,
    )


def _on_local_venue(place: Place, url: str) -> Place:
    """The sandbox plays all of the venue's hosts on one port, and the weather's."""
    sockets = url.replace("http", "ws", 1) + "/ws"
    return replace(
        place,
        clob_url=url,
        gamma_url=url,
        socket_url=f"{sockets}/market",
        user_socket_url=f"{sockets}/user",
        data_url=f"{url}/data-api",
        relayer_url=f"{url}/relayer",
        geoblock_url=f"{url}/api/geoblock",
        weather=WeatherAddresses(url, url, url, url),
    )


def _on_local_telegram(place: Place, url: str, token: str) -> Place:
    """The page's user is the owner."""
    allowed = place.allowed or (SANDBOX_OWNER,)
    page = f"{url}/" if allowed[0] == SANDBOX_OWNER else f"{url}/?user={allowed[0]}"
    return replace(place, telegram_url=url, token=token, allowed=allowed, page=page)
