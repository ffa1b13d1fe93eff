"""Envelopes: the ring's key seals one data key per user, and that seals the user's secrets."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from core.domain.units import UserId
from infrastructure.security.key_cipher import (
    KEY_BYTES,
    KeyId,
    NumberedKey,
    Place,
    Purpose,
    numbered,
    seal,
    sealing_key,
    unseal,
)
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.secret_key import SecretKey


@dataclass(frozen=True, slots=True)
class DataKey:
    """A user's data key as it is stored: sealed. A new `version` is made only on suspicion."""

    user: UserId
    version: int
    wrapped: bytes

    @property
    def wrapped_by(self) -> KeyId:
        """Raises: RecordUnreadable."""
        return sealing_key(self.wrapped)


def new_data_key(ring: KeyRing, user: UserId, version: int = 1) -> DataKey:
    with closing(SecretKey.random(KEY_BYTES)) as fresh:
        return _wrapped(ring, user, version, fresh)


def rewrapped(ring: KeyRing, data_key: DataKey) -> DataKey:
    """The same data key under the newest key of `ring`; it has been opened again to be sure.

    Raises: SecretUnavailable.
    """
    with _opened(ring, data_key) as old:
        fresh = _wrapped(ring, data_key.user, data_key.version, old.key)
        with _opened(ring, fresh) as again:
            if again.key != old.key:
                raise AssertionError("a data key came out different from how it went in")
    return fresh


def seal_secret(ring: KeyRing, data_key: DataKey, secret: SecretKey, place: Place) -> bytes:
    """The record of `secret` for storage.

    Raises: ValueError if `place` is another user's, SecretUnavailable if the data key is broken.
    """
    _same_user(data_key, place)
    with _opened(ring, data_key) as sealing:
        return seal(sealing, secret, place)


@contextmanager
def unlocked(ring: KeyRing, data_key: DataKey, record: bytes, place: Place) -> Iterator[SecretKey]:
    """The secret in `record`, for one call; closed at the end of the block.

    KeyUnknown may mean that a rotation came between reading the rows and the ring: read both again.
    Raises: ValueError if `place` is another user's, SecretUnavailable.
    """
    _same_user(data_key, place)
    with _opened(ring, data_key) as sealing:
        secret = unseal(sealing, record, place)
    with closing(secret):
        yield secret


def _same_user(data_key: DataKey, place: Place) -> None:
    if data_key.user != place.user:
        raise ValueError(f"data key of user {data_key.user} for the {place}")


def _wrapped(ring: KeyRing, user: UserId, version: int, key: SecretKey) -> DataKey:
    return DataKey(user, version, seal(ring.newest, key, _place(user, version)))


@contextmanager
def _opened(ring: KeyRing, data_key: DataKey) -> Iterator[NumberedKey]:
    kek = ring.key(data_key.wrapped_by)
    with closing(unseal(kek, data_key.wrapped, _place(data_key.user, data_key.version))) as key:
        yield numbered(data_key.version, key)


def _place(user: UserId, version: int) -> Place:
    return Place(user, "data_keys", Purpose.DATA_KEY, version)
