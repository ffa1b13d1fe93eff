"""Rotation: every data key moves under a new key-encryption key, whatever kills us on the way.

`rotate(keys, store, to=2)` makes `kek-2` unless it is there, seals each data key anew under it, one
transaction each, and tells what is left. It can be killed anywhere and called again with the same
number: the end is the same. Both keys open meanwhile. When nothing needs the old one any more,
`retire` sets it aside; backups of the database from before still need it.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Protocol

from core.domain.units import UserId
from core.services.milestones import Milestone, Reached, unwatched
from infrastructure.security.envelope import DataKey, rewrapped
from infrastructure.security.errors import (
    KeyFileRefused,
    KeyUnknown,
    RecordUnreadable,
    RotationRefused,
    SecretUnavailable,
)
from infrastructure.security.key_ring import KeyRing

logger = logging.getLogger(__name__)

BATCH: Final = 100  # rows read at a time
NO_VERSION: Final = 0  # every data key is under another one

DataKeyId = tuple[UserId, int]
"""User and version of the data key."""


class KeyFiles(Protocol):
    """Where key-encryption keys come from: `KeyFolder` or `CredentialKeys`."""

    def versions(self) -> tuple[int, ...]: ...
    def ring(self) -> KeyRing: ...
    def create(self, version: int) -> None: ...
    def retire(self, version: int) -> None: ...


class DataKeyStore(Protocol):
    """The stored data keys. Each method is one transaction, committed when it returns."""

    async def not_under(self, kek: int, after: DataKeyId | None, limit: int) -> Sequence[DataKey]:
        """Up to `limit` data keys that other versions have sealed, by user and version.

        Only those that come after `after`.
        """

    async def replace(self, old: DataKey, new: DataKey) -> bool:
        """Store `new` where `old` still stands; False, and nothing is changed, if it does not."""

    async def in_use(self) -> Mapping[int, int]:
        """How many data keys each version has sealed."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a run has done. `left` are data keys that other versions still seal."""

    to: int
    moved: int
    left: int
    unreadable: tuple[DataKeyId, ...]

    @property
    def is_complete(self) -> bool:
        return self.left == 0


async def ready(keys: KeyFiles, store: DataKeyStore) -> None:
    """Make sure at the start that the key of every data key is here; the very first one is made.

    Raises: KeyFileRefused: no key is made where data keys exist that need another one.
    """
    if not keys.versions() and not await store.in_use():
        keys.create(1)
    with closing(keys.ring()) as ring:
        async for data_key in _not_under(NO_VERSION, store):
            _look_up(ring, data_key)


def _look_up(ring: KeyRing, data_key: DataKey) -> None:
    try:
        ring.key(data_key.wrapped_by)
    except KeyUnknown as error:
        raise KeyFileRefused(str(error)) from error
    except RecordUnreadable:  # one user's row; the others can trade
        logger.exception("the data key of user %s cannot be read", data_key.user)


async def rotate(
    keys: KeyFiles, store: DataKeyStore, *, to: int, reached: Reached = unwatched
) -> Rotation:
    """Bring every data key under version `to`: the newest, or the one after it, which is made.

    Raises: RotationRefused for another number, KeyFileRefused.
    """
    with closing(_ring_with(keys, to, reached)) as ring:
        moved, unreadable = await _move_all(ring, store, reached)
    in_use = await store.in_use()
    left = sum(count for version, count in in_use.items() if version != to)
    return Rotation(to, moved, left, unreadable)


async def retire(keys: KeyFiles, store: DataKeyStore, version: int) -> None:
    """Set an old key aside. Doing it again changes nothing.

    Raises: RotationRefused while a data key needs it, or for the newest; KeyFileRefused.
    """
    needed = (await store.in_use()).get(version, 0)
    if needed:
        raise RotationRefused(f"{needed} data keys still need kek-{version}; rotate first")
    if version >= max(keys.versions(), default=0):
        raise RotationRefused(f"kek-{version} is the newest key; rotate to a newer one first")
    keys.retire(version)


def _ring_with(keys: KeyFiles, to: int, reached: Reached) -> KeyRing:
    newest = max(keys.versions(), default=0)
    if to not in {newest, newest + 1} or not newest:
        raise RotationRefused(
            f"the newest key is kek-{newest}; rotate to {newest + 1}, or to {newest} to finish"
        )
    if to > newest:
        keys.create(to)
        reached(Milestone.ROTATION_KEY_MADE)
    return keys.ring()


async def _move_all(
    ring: KeyRing, store: DataKeyStore, reached: Reached
) -> tuple[int, tuple[DataKeyId, ...]]:
    """Sweep until a sweep moves nothing: data keys may be made under the old key meanwhile."""
    moved = 0
    while True:
        swept, unreadable = await _sweep(ring, store, reached)
        moved += swept
        if not swept:
            return moved, unreadable


async def _sweep(
    ring: KeyRing, store: DataKeyStore, reached: Reached
) -> tuple[int, tuple[DataKeyId, ...]]:
    moved, unreadable = 0, list[DataKeyId]()
    async for old in _not_under(ring.newest.id.version, store):
        try:
            new = rewrapped(ring, old)
        except SecretUnavailable as error:  # the others are moved all the same
            logger.warning("a data key stays where it is: %s", error)
            unreadable.append((old.user, old.version))
        else:
            moved += await store.replace(old, new)
            reached(Milestone.ROTATION_ROW_MOVED)
    return moved, tuple(unreadable)


async def _not_under(kek: int, store: DataKeyStore) -> AsyncIterator[DataKey]:
    after: DataKeyId | None = None
    while batch := await store.not_under(kek, after, BATCH):
        for data_key in batch:
            yield data_key
            after = (data_key.user, data_key.version)
