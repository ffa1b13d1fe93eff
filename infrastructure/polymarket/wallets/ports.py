"""What wallet operations ask of whoever keeps the keys."""

from typing import Protocol

from core.domain.units import UserId
from infrastructure.polymarket.signing.wallet import Wallet
from infrastructure.polymarket.wallets.batch import Batch
from infrastructure.polymarket.wallets.deeds import Deed


class BatchKeys(Protocol):
    """Every method raises Rejected with a sentence if the user has no usable key."""

    async def wallet(self, user: UserId) -> Wallet:
        """Who acts and whose key signs; no secret in it."""
        ...

    async def sign_batch(self, user: UserId, deed: Deed, batch: Batch) -> str:
        """Raises: SigningRefused if `batch` is not exactly `deed`, or the tier may not do it.

        A withdrawal must also be the one that is stored, on its way, to an address on the list.
        """
        ...
