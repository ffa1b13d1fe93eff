"""Taking orders off the book: one, many, a market's, all."""

from collections.abc import Sequence
from typing import Final

import msgspec

from core.domain.order import OrderHash
from core.domain.reports import Cancellations
from core.domain.units import ConditionId, TokenId, UserId
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.answers import cancellations

MOST: Final = 1000  # ids a request; the venue takes no more


class Cancels:
    """Cancelling works while the venue takes no orders, and may be repeated.

    A cancelled order can still turn out to be filled: only its state and its trades are final.
    Everything here raises Rejected, Unavailable (nothing happened) and OutcomeUnknown.
    """

    def __init__(self, http: AccountHttp) -> None:
        self._http = http

    async def one(self, user: UserId, order: OrderHash) -> Cancellations:
        return await self._ask(user, "/order", {"orderID": order})

    async def many(self, user: UserId, orders: Sequence[OrderHash]) -> Cancellations:
        """As many a request as the venue admits at once. If a later request fails, what the
        earlier ones did is lost to the caller, who asks again: nothing is cancelled twice.
        """
        cancelled, kept = list[OrderHash](), dict[OrderHash, str]()
        rest = list(dict.fromkeys(orders))
        while rest:
            batch = rest[: self._batch(user)]
            done = await self._ask(user, "/orders", batch, cost=len(batch))
            cancelled += done.cancelled
            kept |= done.kept
            rest = rest[len(batch) :]
        return Cancellations(tuple(cancelled), kept)

    async def of_market(
        self, user: UserId, condition: ConditionId, token: TokenId | None = None
    ) -> Cancellations:
        """Without a token, of all its outcomes."""
        named = {"market": condition} | ({"asset_id": token} if token else {})
        return await self._ask(user, "/cancel-market-orders", named)

    async def all(self, user: UserId) -> Cancellations:
        """Also those that were placed elsewhere with the same API key."""
        return await self._ask(user, "/cancel-all", None)

    def _batch(self, user: UserId) -> int:
        return min(MOST, self._http.buckets.of(user).cancels.pace.burst)

    async def _ask(self, user: UserId, path: str, body: object, cost: int = 1) -> Cancellations:
        content = b"" if body is None else msgspec.json.encode(body)
        bucket = self._http.buckets.of(user).cancels
        reply = await self._http.act(user, "DELETE", path, content, bucket=bucket, cost=cost)
        return cancellations(reply)
