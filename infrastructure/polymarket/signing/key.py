"""A private key for as long as one call takes; it shows nothing of itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import coincurve

from core.domain.sentences import worded
from infrastructure.polymarket.signing.eip712 import WORD, keccak
from infrastructure.polymarket.signing.errors import UnusableKey
from infrastructure.polymarket.signing.wallet import Address, address
from infrastructure.security.secret_key import SecretKey

ETHEREUM_PARITY: Final = 27  # added to the recovery bit


class SigningKey:
    """Signs digests of 32 bytes. Cannot be printed, copied or pickled."""

    __slots__ = ("_key", "address")

    address: Address

    def __init__(self, secret: bytes | memoryview) -> None:
        """Raises: UnusableKey."""
        self._key: coincurve.PrivateKey | None = _private_key(bytes(secret))
        public = self._key.public_key.format(compressed=False)
        self.address = address("0x" + keccak(public[1:])[-20:].hex())

    def sign(self, digest: bytes) -> bytes:
        """65 bytes: r, s, v. The same digest always gives the same (RFC 6979, low s).

        Raises: UnusableKey after `forget`.
        """
        if self._key is None:
            raise UnusableKey("This key was closed when its call ended.")
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:-1] + bytes([signature[-1] + ETHEREUM_PARITY])

    def forget(self) -> None:
        self._key = None

    def __repr__(self) -> str:
        return "SigningKey(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is neither copied nor stored")


@contextmanager
def opened(secret: SecretKey) -> Iterator[SigningKey]:
    """A key for the block, of no use after it. Whoever unsealed `secret` closes it.

    Raises: UnusableKey; KeyClosed if `secret` was closed.
    """
    with secret.opened() as material:
        key = SigningKey(material)
    try:
        yield key
    finally:
        key.forget()


def _private_key(secret: bytes) -> coincurve.PrivateKey:
    if len(secret) != WORD:
        raise UnusableKey(worded("A private key has {count} bytes.", count=WORD))
    try:
        return coincurve.PrivateKey(secret)
    except ValueError:
        raise UnusableKey("These bytes are no private key of this curve.") from None
