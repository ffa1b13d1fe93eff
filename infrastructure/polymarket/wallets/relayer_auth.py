"""Who pays the relayer's bill: a relayer key of an account, or a builder's key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.domain.errors import Rejected
from core.domain.sentences import mark
from infrastructure.config.settings import Settings
from infrastructure.polymarket.signing.headers import ApiCredentials, l2_headers
from infrastructure.polymarket.signing.wallet import Address, address

NOT_SET: Final = mark(
    "This Polycool has no access to Polymarket's relayer, so it cannot approve, redeem or withdraw "
    "by itself. Whoever runs it can set RELAYER_API_KEY and RELAYER_API_KEY_ADDRESS, or the three "
    "BUILDER_API_… settings. Until then use Polymarket's own app."
)
SANDBOX_ADDRESS: Final = Address("0x" + "00" * 19 + "01")


@dataclass(frozen=True, slots=True)
class RelayerKey:
    """Made on the account's settings page; `address` is the account's."""

    key: str = field(repr=False)
    address: Address

    def headers(self, _now: int, _method: str, _path: str, _body: bytes) -> Mapping[str, str]:
        return {"RELAYER_API_KEY": self.key, "RELAYER_API_KEY_ADDRESS": self.address}


@dataclass(frozen=True, slots=True)
class BuilderKey:
    """Proves each request, like the CLOB's keys."""

    key: str = field(repr=False)
    secret: str = field(repr=False)  # base64, url-safe
    passphrase: str = field(repr=False)

    def headers(self, now: int, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """`now` in Unix seconds; `path` without its query.

        Raises: UnusableKey if the secret is no base64.
        """
        credentials = ApiCredentials(SANDBOX_ADDRESS, self.key, self.secret, self.passphrase)
        proof = l2_headers(credentials, now, method, path, body)
        names = ("API_KEY", "PASSPHRASE", "SIGNATURE", "TIMESTAMP")
        return {f"POLY_BUILDER_{name}": proof[f"POLY_{name}"] for name in names}


@dataclass(frozen=True, slots=True)
class NoKey:
    def headers(self, _now: int, _method: str, _path: str, _body: bytes) -> Mapping[str, str]:
        """Raises: Rejected with what to set."""
        raise Rejected(NOT_SET)


RelayerAuth = RelayerKey | BuilderKey | NoKey


def relayer_auth(settings: Settings, *, is_sandbox: bool) -> RelayerAuth:
    """The relayer's key where both are set. The sandbox takes any, so nothing has to be set."""
    if settings.relayer_api_key is not None and settings.relayer_api_key_address is not None:
        owner = address(settings.relayer_api_key_address)
        return RelayerKey(settings.relayer_api_key.get_secret_value(), owner)
    parts = (
        settings.builder_api_key,
        settings.builder_api_secret,
        settings.builder_api_passphrase,
    )
    key, secret, passphrase = (part.get_secret_value() if part else "" for part in parts)
    if key and secret and passphrase:
        return BuilderKey(key, secret, passphrase)
    return RelayerKey("sandbox", SANDBOX_ADDRESS) if is_sandbox else NoKey()
