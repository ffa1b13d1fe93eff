"""API keys: made for who proves a wallet's key (L1), asked for with every request after (L2)."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from infrastructure.sandbox.exchange.accounts.typed_data import auth_digest, recovered
from infrastructure.sandbox.exchange.refused import Refused

TOLERANCE: Final = 60  # seconds that a request's clock may differ
BAD_L1: Final = "Invalid L1 Request headers"
BAD_L2: Final = "Unauthorized/Invalid api key"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`address` is the key that signed, in small letters."""

    id: str
    address: str
    secret: str
    passphrase: str


class KeyDesk:
    """Keys follow from the seed, the address and the nonce: deriving gives the same ones again."""

    def __init__(self, seed: int, now: Callable[[], int]) -> None:
        self._seed = seed
        self._now = now  # Unix seconds
        self._keys: dict[str, ApiKey] = {}  # by id

    def create(self, headers: Mapping[str, str]) -> ApiKey:
        """Raises: Refused."""
        key = self._made_for(headers)
        if key.id in self._keys:
            raise Refused(400, "Could not create api key")
        self._keys[key.id] = key
        return key

    def derive(self, headers: Mapping[str, str]) -> ApiKey:
        """Raises: Refused, also if it was never created."""
        key = self._made_for(headers)
        if key.id not in self._keys:
            raise Refused(400, "Could not derive api key!")
        return key

    def delete(self, key: ApiKey) -> None:
        self._keys.pop(key.id, None)

    def ids_of(self, address: str) -> list[str]:
        return [key.id for key in self._keys.values() if key.address == address.lower()]

    def asking(self, headers: Mapping[str, str], method: str, path: str, body: bytes) -> ApiKey:
        """Who sent this request: `path` without query, `body` as it came. Raises: Refused."""
        key = self._keys.get(headers.get("POLY_API_KEY", ""))
        if key is None or headers.get("POLY_ADDRESS", "").lower() != key.address:
            raise Refused(401, BAD_L2)
        stamp = self._timestamp(headers, BAD_L2)
        expected = _mac(key.secret, f"{stamp}{method}{path}".encode() + body)
        proofs = (headers.get("POLY_SIGNATURE", ""), headers.get("POLY_PASSPHRASE", ""))
        are_right = [
            hmac.compare_digest(given.encode(), wanted.encode())
            for given, wanted in zip(proofs, (expected, key.passphrase), strict=True)
        ]
        if not all(are_right):
            raise Refused(401, BAD_L2)
        return key

    def subscriber(self, key_id: str, secret: str, passphrase: str) -> ApiKey | None:
        """Who may listen to the user channel with these; None = nobody."""
        key = self._keys.get(key_id)
        return key if key and (key.secret, key.passphrase) == (secret, passphrase) else None

    def _made_for(self, headers: Mapping[str, str]) -> ApiKey:
        """The key that belongs to whoever signed the headers, created or not."""
        address, nonce = headers.get("POLY_ADDRESS", "").lower(), headers.get("POLY_NONCE", "0")
        stamp = self._timestamp(headers, BAD_L1)
        try:
            signature = bytes.fromhex(headers.get("POLY_SIGNATURE", "").removeprefix("0x"))
            signer = recovered(auth_digest(address, stamp, int(nonce)), signature)
        except (ValueError, OverflowError) as error:
            raise Refused(401, BAD_L1) from error
        if signer != address:
            raise Refused(401, BAD_L1)
        return self._key(address, int(nonce))

    def _key(self, address: str, nonce: int) -> ApiKey:
        def derived(what: str) -> bytes:
            return hashlib.sha256(f"{self._seed}/{what}/{address}/{nonce}".encode()).digest()

        return ApiKey(
            id=str(uuid.UUID(bytes=derived("id")[:16], version=4)),
            address=address,
            secret=base64.urlsafe_b64encode(derived("secret")).decode(),
            passphrase=derived("passphrase").hex(),
        )

    def _timestamp(self, headers: Mapping[str, str], refusal: str) -> str:
        stamp = headers.get("POLY_TIMESTAMP", "")
        if not (stamp.isascii() and stamp.isdigit()) or abs(int(stamp) - self._now()) > TOLERANCE:
            raise Refused(401, refusal)
        return stamp


def _mac(secret: str, text: bytes) -> str:
    digest = hmac.new(base64.urlsafe_b64decode(secret), text, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()
