"""Seals a secret so that it opens with its key, in its place, unaltered, or not at all.

A record is a header (format, algorithm, the key it needs, nonce), the encrypted bytes, and a tag.
The tag also covers the header and the record's place, see `Place`.
"""

import hmac
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV

from core.domain.units import UserId
from infrastructure.security.errors import KeyUnknown, RecordUnreadable, SealBroken
from infrastructure.security.secret_key import SecretKey

KEY_BYTES: Final = 32
LONGEST_SECRET: Final = 4_096  # bytes
FORMAT: Final = 1

_MAGIC: Final = b"PCKR"
_NONCE: Final = 12  # bytes
_TAG: Final = 16  # bytes
_HEADER: Final = struct.Struct(">4sBBI8s12s")  # magic, format, algorithm, key, its print, nonce
_DOMAIN: Final = b"polycool/key-record"
_PRINT: Final = b"polycool/key-fingerprint/1"


class Algorithm(IntEnum):
    """Numbers in records: never given to another algorithm."""

    AES_256_GCM_SIV = 1  # survives a nonce that comes twice; needs OpenSSL 3.2
    AES_256_GCM = 2


class Purpose(StrEnum):
    """What a secret is for: one that is sealed for one purpose does not open for another."""

    DATA_KEY = "data-key"
    SESSION_KEY = "session-key"
    OWNER_KEY = "owner-key"
    CLOB_CREDENTIALS = "clob-credentials"
    ONE_TIME_CODES = "one-time-codes"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record belongs. `row` names table and row; `version` counts what was stored there."""

    user: UserId
    row: str
    purpose: Purpose
    version: int = 1

    def __str__(self) -> str:
        return f"{self.purpose} of user {self.user} (row {self.row}, version {self.version})"


@dataclass(frozen=True, slots=True)
class KeyId:
    """Which key. The fingerprint tells two keys of the same number apart, and nothing else."""

    version: int
    fingerprint: bytes

    def __str__(self) -> str:
        return f"{self.version} ({self.fingerprint.hex()})"


@dataclass(frozen=True, slots=True)
class NumberedKey:
    """A key that seals: `id` goes into each record that it has sealed."""

    id: KeyId
    key: SecretKey


def numbered(version: int, key: SecretKey) -> NumberedKey:
    """Raises: ValueError for a key that has not 32 bytes, or a version outside 1..2^32-1."""
    with key.opened() as material:
        if len(material) != KEY_BYTES:
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes, not {len(material)}")
        fingerprint = hmac.digest(material, _PRINT, "sha256")[:8]
    if not 0 < version < 1 << 32:
        raise ValueError(f"{version} is no version of a key")
    return NumberedKey(KeyId(version, fingerprint), key)


def _works(algorithm: Algorithm) -> bool:
    try:
        _CIPHERS[algorithm](bytes(KEY_BYTES))
    except UnsupportedAlgorithm:
        return False
    return True


_CIPHERS: Final = MappingProxyType[Algorithm, Callable[..., AESGCM | AESGCMSIV]](
    {Algorithm.AES_256_GCM_SIV: AESGCMSIV, Algorithm.AES_256_GCM: AESGCM}
)
PREFERRED: Final = next(algorithm for algorithm in Algorithm if _works(algorithm))


def seal(
    key: NumberedKey, secret: SecretKey, place: Place, *, algorithm: Algorithm = PREFERRED
) -> bytes:
    """The record of `secret`. Two of the same secret differ.

    Raises: ValueError for a secret longer than `LONGEST_SECRET`.
    """
    nonce = os.urandom(_NONCE)
    header = _HEADER.pack(_MAGIC, FORMAT, algorithm, key.id.version, key.id.fingerprint, nonce)
    with key.key.opened() as sealing, secret.opened() as material:
        if len(material) > LONGEST_SECRET:
            raise ValueError(f"a secret of {len(material)} bytes; at most {LONGEST_SECRET}")
        return header + _CIPHERS[algorithm](sealing).encrypt(nonce, material, _bound(header, place))


def unseal(key: NumberedKey, record: bytes, place: Place) -> SecretKey:
    """The secret in `record`. Close it after use.

    Raises: RecordUnreadable, KeyUnknown if another key has sealed it, SealBroken.
    """
    algorithm, needed, nonce = _read(record)
    if needed != key.id:
        raise KeyUnknown(f"the {place} was sealed with key {needed}, this is key {key.id}")
    header, sealed = record[: _HEADER.size], record[_HEADER.size :]
    material = bytearray(len(sealed) - _TAG)
    with key.key.opened() as sealing:
        cipher = _CIPHERS[algorithm](sealing)
        try:
            cipher.decrypt_into(nonce, sealed, _bound(header, place), material)
        except InvalidTag as error:
            material[:] = bytes(len(material))  # GCM-SIV writes first and checks then
            raise SealBroken(
                f"the {place} cannot be opened: its record was altered, or belongs to another "
                "user, row, purpose or version"
            ) from error
    return SecretKey(material)


def sealing_key(record: bytes) -> KeyId:
    """Which key opens `record`. Raises: RecordUnreadable."""
    return _read(record)[1]


def _read(record: bytes) -> tuple[Algorithm, KeyId, bytes]:
    if not _HEADER.size + _TAG < len(record) <= _HEADER.size + _TAG + LONGEST_SECRET:
        raise RecordUnreadable(f"a record of {len(record)} bytes is none of ours")
    magic, form, algorithm, version, fingerprint, nonce = _HEADER.unpack_from(record)
    if magic != _MAGIC:
        raise RecordUnreadable("these bytes are no record of ours")
    if form != FORMAT or algorithm not in set(Algorithm):
        raise RecordUnreadable(
            f"a record of format {form}, algorithm {algorithm}: a later release has written it"
        )
    chosen = Algorithm(algorithm)
    if not _works(chosen):
        raise RecordUnreadable(f"this OpenSSL lacks {chosen.name}; install OpenSSL 3.2 or later")
    return chosen, KeyId(version, fingerprint), nonce


def _bound(header: bytes, place: Place) -> bytes:
    """What the tag covers besides the secret; lengths keep neighbouring fields apart."""
    fields = (_DOMAIN, str(place.user), place.row, place.purpose.value, str(place.version))
    encoded = [field if isinstance(field, bytes) else field.encode() for field in fields]
    return header + b"".join(len(field).to_bytes(4, "big") + field for field in encoded)
