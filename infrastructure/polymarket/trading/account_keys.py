"""What the adapters ask of whoever keeps the keys: proofs, never secrets."""

from collections.abc import Mapping
from typing import Protocol

from core.domain.units import UserId
from infrastructure.polymarket.signing.order import OrderIntent, UnsignedOrder
from infrastructure.polymarket.signing.signer import SignedOrder
from infrastructure.polymarket.signing.wallet import Wallet


class AccountKeys(Protocol):
    """Opens a user's sealed keys for the length of one call, and gives out what they made.

    Every method raises Rejected with a sentence if the user has no usable key (none, expired,
    revoked, sealed under a key-encryption key that is not here). Timestamps in headers are by the
    venue's clock: give a `VenueClock` to whoever implements this, in place of the machine's.
    """

    async def wallet(self, user: UserId) -> Wallet:
        """Who pays and whose key signs; no secret in it."""
        ...

    async def api_key(self, user: UserId) -> str:
        """The id of the user's API key: `owner` in the body of an order. Not its secret."""
        ...

    async def sign_order(
        self, user: UserId, intent: OrderIntent, order: UnsignedOrder
    ) -> SignedOrder:
        """Raises: SigningRefused if `order` is not what `intent` says."""
        ...

    async def l1_headers(self, user: UserId, nonce: int = 0) -> Mapping[str, str]:
        """By the wallet's own key, for creating or deriving the API key that belongs to `nonce`."""
        ...

    async def l2_headers(
        self, user: UserId, method: str, path: str, body: bytes = b""
    ) -> Mapping[str, str]:
        """For one request; `path` without its query, `body` exactly as it is sent."""
        ...

    async def user_channel_auth(self, user: UserId) -> bytes:
        """The first frame on the user channel. It holds credentials: send it, never keep it."""
        ...
