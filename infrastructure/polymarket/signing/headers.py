"""Headers that prove who asks: by the wallet's key (L1), or by an API key (L2)."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from infrastructure.polymarket.signing.eip712 import digest, domain_separator, struct_hash
from infrastructure.polymarket.signing.errors import UnusableKey
from infrastructure.polymarket.signing.exchanges import POLYGON
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.wallet import Address

AUTH_TYPE: Final = "ClobAuth(address address,string timestamp,uint256 nonce,string message)"
AUTH_MESSAGE: Final = "This message attests that I control the given wallet"


@dataclass(frozen=True, slots=True)
class ApiCredentials:
    """What the venue gives for an L1 signature; `address` is the key that made it."""

    address: Address
    key: str = field(repr=False)
    secret: str = field(repr=False)  # base64, url-safe
    passphrase: str = field(repr=False)


def l1_headers(
    key: SigningKey, timestamp: int, nonce: int = 0, chain_id: int = POLYGON
) -> dict[str, str]:
    """For creating or deriving API credentials. `timestamp` in Unix seconds.

    Source: EIP-712 `ClobAuth`; the same `nonce` derives the same credentials again.
    """
    values = (key.address, str(timestamp), nonce, AUTH_MESSAGE)
    struct = struct_hash(AUTH_TYPE, values)
    signature = key.sign(digest(domain_separator("ClobAuthDomain", "1", chain_id), struct))
    return {
        "POLY_ADDRESS": key.address,
        "POLY_SIGNATURE": "0x" + signature.hex(),
        "POLY_TIMESTAMP": str(timestamp),
        "POLY_NONCE": str(nonce),
    }


def l2_headers(
    credentials: ApiCredentials, timestamp: int, method: str, path: str, body: bytes = b""
) -> dict[str, str]:
    """For one request. `timestamp` in Unix seconds; `path` without query; `body` as it is sent.

    Raises: UnusableKey if the secret is no base64.
    """
    text = f"{timestamp}{method}{path}".encode() + body
    mac = hmac.new(_raw(credentials.secret), text, hashlib.sha256).digest()
    return {
        "POLY_ADDRESS": credentials.address,
        "POLY_API_KEY": credentials.key,
        "POLY_PASSPHRASE": credentials.passphrase,
        "POLY_SIGNATURE": base64.urlsafe_b64encode(mac).decode(),
        "POLY_TIMESTAMP": str(timestamp),
    }


def _raw(secret: str) -> bytes:
    padded = secret + "=" * (-len(secret) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise UnusableKey("The API secret is not base64.") from None
