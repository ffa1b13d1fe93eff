"""Sealed keys in Postgres: made and kept here, opened for one call, deleted when given up."""

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.custody import KeyNotUsable, Tier
from core.domain.errors import Unavailable
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from core.storage import custody, sealed
from core.storage.models import Sessions
from core.storage.sealed import StoredSecret
from core.storage.tenancy import as_signer, as_worker
from infrastructure.custody.data_keys import as_data_key, as_stored
from infrastructure.polymarket.signing.key import opened as signing
from infrastructure.security.envelope import DataKey, new_data_key, seal_secret, unlocked
from infrastructure.security.errors import KeyFileRefused, SecretUnavailable
from infrastructure.security.key_cipher import Place, Purpose
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.rotation import KeyFiles
from infrastructure.security.secret_key import SecretKey

logger = logging.getLogger(__name__)

KEY_PURPOSE: Final = MappingProxyType(
    {
        Tier.SESSION: Purpose.SESSION_KEY,
        Tier.DEPOSIT: Purpose.OWNER_KEY,
        Tier.EOA: Purpose.OWNER_KEY,
    }
)
UNUSABLE_FOLDER: Final = mark(
    "The key folder of this Polycool cannot be used, so nothing was signed. Whoever runs it finds "
    "the reason in the log."
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record and the data key that opens it: of no use without a key-encryption key."""

    data_key: DataKey
    secret: StoredSecret

    @property
    def place(self) -> Place:
        return place(self.secret.user, self.secret.subject, self.purpose, self.secret.version)

    @property
    def purpose(self) -> Purpose:
        return Purpose(self.secret.purpose)


class Vault:
    """`keys` is the key folder, or what systemd has given."""

    def __init__(self, sessions: Sessions, keys: KeyFiles) -> None:
        self._sessions = sessions
        self._keys = keys

    async def make_key(self, user: UserId, tier: Tier) -> str:
        """The address of a new random key, kept. Raises: KeyNotUsable, Unavailable."""
        with closing(SecretKey.random()) as fresh:  # one in 2^127 is no key, and is refused then
            return await self.keep_key(user, tier, fresh)

    async def keep_key(self, user: UserId, tier: Tier, secret: SecretKey) -> str:
        """The address of a key that somebody has brought. `secret` stays for its owner to close.

        Raises: UnusableKey if it is none, KeyNotUsable, Unavailable.
        """
        with signing(secret) as key:
            address = key.address
        await self.keep(user, address, KEY_PURPOSE[tier], secret)
        return address

    async def keep(self, user: UserId, subject: str, purpose: Purpose, secret: SecretKey) -> None:
        """Seal and store; what was there for the same purpose is replaced, one version up.

        Raises: KeyNotUsable, Unavailable if somebody else does the same just now.
        """
        with usable(), self.ring() as ring:
            async with as_signer(self._sessions, user) as session:
                data_key = await _data_key(session, ring, user)
                version = 1 + await sealed.secret_version(session, user, subject, purpose)
                where = place(user, subject, purpose, version)
                record = seal_secret(ring, data_key, secret, where)
                new = StoredSecret(user, subject, purpose, version, data_key.version, record)
                if not await sealed.store_secret(session, new):
                    raise Unavailable("This was changed at the same moment. Try again.")

    async def sealed(self, user: UserId, subject: str, purpose: Purpose) -> Sealed | None:
        """What is stored, still sealed."""
        return (await self.all_sealed(user, subject, {purpose})).get(purpose)

    async def all_sealed(
        self, user: UserId, subject: str, purposes: Collection[Purpose]
    ) -> Mapping[Purpose, Sealed]:
        """The same for several purposes at once: those of which something is stored."""
        async with as_signer(self._sessions, user) as session:
            found = await sealed.secrets_with_keys(session, user, subject, purposes)
        return {
            Purpose(purpose): Sealed(as_data_key(key), secret)
            for purpose, (secret, key) in found.items()
        }

    @contextmanager
    def opened(self, record: Sealed) -> Iterator[SecretKey]:
        """The secret for one block, closed at its end.

        Raises: KeyFileRefused, SecretUnavailable; `usable` turns both into words for a user.
        """
        with (
            self.ring() as ring,
            unlocked(ring, record.data_key, record.secret.record, record.place) as secret,
        ):
            yield secret

    @contextmanager
    def ring(self) -> Iterator[KeyRing]:
        """Raises: KeyFileRefused."""
        with closing(self._keys.ring()) as ring:
            yield ring

    async def forget(self, user: UserId, addresses: Collection[str]) -> None:
        async with as_signer(self._sessions, user) as session:
            await sealed.forget_secrets(session, user, addresses)

    async def kept(self, before: datetime) -> Mapping[UserId, Collection[str]]:
        """Subjects that are addresses, whose secrets are stored since before then."""
        async with as_worker(self._sessions) as session:
            everybody = await custody.everybody(session)
        found = {user: await self._kept_by(user, before) for user in everybody}
        return {user: addresses for user, addresses in found.items() if addresses}

    async def _kept_by(self, user: UserId, before: datetime) -> set[str]:
        async with as_signer(self._sessions, user) as session:
            return await sealed.addresses(session, user, before)


def place(user: UserId, subject: str, purpose: Purpose, version: int) -> Place:
    return Place(user, f"secrets:{subject}", purpose, version)


@contextmanager
def usable() -> Iterator[None]:
    """Turn what is wrong with keys or records into KeyNotUsable; the log gets the details."""
    try:
        yield
    except KeyFileRefused as error:
        logger.error("the key folder cannot be used: %s", error)  # noqa: TRY400 - says it all
        raise KeyNotUsable(UNUSABLE_FOLDER) from error
    except SecretUnavailable as error:
        logger.error("a secret cannot be opened: %s", error)  # noqa: TRY400 - says it all
        raise KeyNotUsable(worded("Nothing was signed: {reason}.", reason=error)) from error


async def _data_key(session: AsyncSession, ring: KeyRing, user: UserId) -> DataKey:
    """The user's newest data key; the first is made at the first secret."""
    found = await sealed.newest_data_key(session, user)
    if found is None:
        await sealed.add_data_key(session, as_stored(new_data_key(ring, user)))
        found = await sealed.newest_data_key(session, user)
    if found is None:
        raise AssertionError("a data key that was stored is not there")
    return as_data_key(found)
