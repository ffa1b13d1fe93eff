"""Custody as the program builds it: real key files, real Postgres, a venue that checks proofs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.custody import LiveWallet, NewsKind
from core.domain.units import UserId
from core.services.custody.ports import CustodyNews
from core.services.custody.second_factor import SecondFactor
from core.services.custody.wallets import VenueKeys, Wallets
from core.storage.models import Sessions
from infrastructure.custody.account_keys import SealedAccountKeys
from infrastructure.custody.api_access import VenueApiAccess
from infrastructure.custody.codes import SealedCodes
from infrastructure.custody.credentials import Given, nobody
from infrastructure.custody.data_keys import StoredDataKeys
from infrastructure.custody.session_registry import VenueSessionRegistry
from infrastructure.custody.vault import Vault
from infrastructure.custody.venue_requests import SetUpHttp
from infrastructure.polymarket.http import open_client
from infrastructure.security.key_folder import KeyFolder
from tests.support.custody_venue import CustodyVenue, custody_venue
from tests.support.rows import add_user

START: Final = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)


@dataclass
class Clock:
    """All of custody's clocks at once."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def unix(self) -> float:
        return self.now.timestamp()

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Listener:
    """A `Teller` that remembers; a known key tells nothing."""

    heard: dict[str, CustodyNews] = field(default_factory=dict)

    async def tell(self, session: AsyncSession, user: UserId, news: CustodyNews) -> None:  # noqa: ARG002 - the port's
        self.heard.setdefault(f"{user}:{news.key}", news)

    @property
    def kinds(self) -> list[NewsKind]:
        return [news.kind for news in self.heard.values()]


@dataclass
class House:
    """One installation."""

    sessions: Sessions
    folder: KeyFolder
    venue: CustodyVenue
    clock: Clock
    vault: Vault
    registry: VenueSessionRegistry
    wallets: Wallets
    account_keys: SealedAccountKeys
    codes: SealedCodes
    factor: SecondFactor
    store: StoredDataKeys
    changed: list[UserId]

    async def person(self, telegram_id: int = 1) -> UserId:
        async with self.sessions.begin() as session:
            return await add_user(session, telegram_id)

    def authorise(self, wallet: LiveWallet, *scopes: str, days: float = 10) -> None:
        """What the owner does with the wallet that holds the money."""
        until = int((self.clock.now + timedelta(days=days)).timestamp())
        self.venue.listed[wallet.key_address] = (list(scopes) or ["CLOB"], until)

    async def ready(self, user: UserId) -> LiveWallet:
        """A session key that may trade."""
        self.authorise(await self.wallets.begin(user))
        return await self.wallets.verify(user)


@asynccontextmanager
async def house(
    sessions: Sessions, path: Path, *, given: Given = nobody, is_dry_run: bool = False
) -> AsyncIterator[House]:
    folder, clock, changed = KeyFolder(path), Clock(), list[UserId]()
    if not folder.versions():
        folder.create(1)
    vault = Vault(sessions, folder)
    async with custody_venue() as (venue, url), open_client() as client:
        http = SetUpHttp(client, url)
        keys = SealedAccountKeys(
            sessions, vault, clock=clock.unix, monotonic=clock.unix, given=given
        )
        registry = VenueSessionRegistry(http, vault, clock=clock.unix, given=given)
        access = VenueApiAccess(http, vault, clock=clock.unix)

        venue_keys = VenueKeys(vault, access, registry)
        wallets = Wallets(sessions, venue_keys, is_dry_run=is_dry_run, now=clock)
        wallets.on_change(changed.append)
        wallets.on_change(keys.forget)
        codes = SealedCodes(vault)
        yield House(
            sessions=sessions,
            folder=folder,
            venue=venue,
            clock=clock,
            vault=vault,
            registry=registry,
            wallets=wallets,
            account_keys=keys,
            codes=codes,
            factor=SecondFactor(sessions, codes, now=clock),
            store=StoredDataKeys(sessions),
            changed=changed,
        )
