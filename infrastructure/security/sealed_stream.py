"""Files of any length, sealed in pieces: they open with their key, unaltered and whole, or not.

A file is a header (format, fingerprint of the key, salt) and pieces of `PIECE` bytes, each with a
tag. A key of its own, made of the salt, seals each file, so a piece fits no other file. The number
of a piece and whether it is the last are in its nonce: none can be moved, left out or added.
"""

import hmac
import os
import struct
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infrastructure.security.errors import SealedFileRefused
from infrastructure.security.key_cipher import KEY_BYTES
from infrastructure.security.secret_key import SecretKey

PIECE: Final = 1 << 18  # bytes; sealed in well under a millisecond
MAGIC: Final = b"PCBK"

_FORMAT: Final = 1
_TAG: Final = 16  # bytes
_SALT: Final = 32  # bytes
_HEADER: Final = struct.Struct(">4sB8s32s")  # magic, format, print of the key, salt
TOP: Final = _HEADER.size  # bytes, by which a file and its key are known

_NONCE: Final = struct.Struct(">3xQ?")
_FILE_KEY: Final = b"polycool/sealed-file/1"
_PRINT: Final = b"polycool/sealed-file-fingerprint/1"


class Source(Protocol):
    """`read` gives fewer bytes than asked for at the end alone."""

    def read(self, size: int, /) -> bytes: ...


def is_sealed(top: bytes) -> bool:
    """Whether a file that begins with `top` is one of ours."""
    return top.startswith(MAGIC)


def fingerprint(key: SecretKey) -> bytes:
    """Tells keys apart, and nothing else."""
    with key.opened() as material:
        return hmac.digest(material, _PRINT, "sha256")[:8]


def seal(source: Source, write: Callable[[bytes], object], key: SecretKey) -> None:
    """Write all of `source`, sealed. Two of the same differ. Raises: OSError."""
    header = _HEADER.pack(MAGIC, _FORMAT, fingerprint(key), os.urandom(_SALT))
    cipher = _cipher(key, header)
    write(header)
    for number, piece, is_last in _pieces(source, PIECE):
        write(cipher.encrypt(_NONCE.pack(number, is_last), piece, header))


def unseal(source: Source, key: SecretKey) -> Iterator[bytes]:
    """What was sealed, piece by piece, each proven before it is given.

    That the file is whole is known at its end, and not before: until then nothing is to be final.
    Raises: SealedFileRefused, OSError.
    """
    header = source.read(_HEADER.size)
    _check(header, key)
    cipher = _cipher(key, header)
    for number, piece, is_last in _pieces(source, PIECE + _TAG):
        try:
            yield cipher.decrypt(_NONCE.pack(number, is_last), piece, header)
        except InvalidTag as error:
            raise SealedFileRefused(
                "the sealed file was altered or is not whole; take another copy of it"
            ) from error


def check_top(top: bytes, key: SecretKey) -> None:
    """Whether `key` opens a file that begins with `top`. Raises: SealedFileRefused."""
    _check(top[: _HEADER.size], key)


def _check(header: bytes, key: SecretKey) -> None:
    if len(header) != _HEADER.size or not is_sealed(header):
        raise SealedFileRefused("this is no sealed file of ours, or its beginning is missing")
    _, form, needed, _ = _HEADER.unpack(header)
    if form != _FORMAT:
        raise SealedFileRefused(f"a sealed file of format {form}: a later release has written it")
    given = fingerprint(key)
    if needed != given:
        raise SealedFileRefused(
            f"it was sealed with another key: it needs {needed.hex()}, this is {given.hex()}"
        )


def _cipher(key: SecretKey, header: bytes) -> AESGCM:
    derived = HKDF(SHA256(), KEY_BYTES, salt=header[-_SALT:], info=_FILE_KEY)
    with key.opened() as material:
        return AESGCM(derived.derive(material))


def _pieces(source: Source, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, bytes, and whether it is the last one. There is one at least, if an empty one."""
    number, piece = 0, source.read(size)
    while following := source.read(size):
        yield number, piece, False
        number, piece = number + 1, following
    yield number, piece, True
