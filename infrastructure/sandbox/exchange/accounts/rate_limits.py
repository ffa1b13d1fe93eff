"""The limits per signer: two buckets, one for orders and one for cancels, and their headers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

Headers = dict[str, str]


class Tier(NamedTuple):
    """Tokens a second and the most that can be saved up."""

    order_rate: float
    order_burst: int
    cancel_rate: float
    cancel_burst: int


TIERS: Final = {
    "standard": Tier(40, 60, 80, 120),
    "copper": Tier(60, 90, 120, 180),
    "bronze": Tier(80, 120, 160, 240),
    "silver": Tier(200, 300, 400, 600),
    "gold": Tier(400, 600, 800, 1200),
    "platinum": Tier(450, 675, 900, 1350),
    "diamond": Tier(525, 787, 1050, 1575),
    "elite": Tier(600, 900, 1200, 1800),
}


@dataclass(slots=True)
class Bucket:
    rate: float
    burst: int
    left: float
    at: float

    def fill(self, now: float) -> None:
        self.left = min(self.left + max(now - self.at, 0.0) * self.rate, self.burst)
        self.at = now


class RateLimits:
    """One tier for everybody; `is_enforced` off only counts and warns."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.tier = "standard"
        self.is_enforced = True
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def choose(self, tier: str, *, enforced: bool) -> None:
        self.tier, self.is_enforced = tier, enforced
        self._buckets.clear()

    def admit(self, address: str, kind: str, cost: int) -> tuple[bool, Headers]:
        """Whether it may pass, all of it or nothing; `kind` is "orders" or "cancels"."""
        bucket = self._bucket(address, kind)
        is_enough = bucket.left >= cost
        if is_enough:
            bucket.left -= cost
        headers = self._headers(bucket)
        if is_enough:
            return True, headers
        wait = max(math.ceil((cost - bucket.left) / bucket.rate), 1)
        headers |= {"Poly-RateLimit-Warning": "limit exceeded"}
        if not self.is_enforced:
            return True, headers
        return False, headers | {"Retry-After": str(wait)}

    def charge(self, address: str, kind: str, cost: int) -> None:
        """Afterwards, when the cost is known only then; cancels may go below zero."""
        self._bucket(address, kind).left -= cost

    def _bucket(self, address: str, kind: str) -> Bucket:
        tier, now = TIERS[self.tier], self._clock()
        rate, burst = tier[:2] if kind == "orders" else tier[2:]
        bucket = self._buckets.setdefault(
            (address, kind), Bucket(rate, int(burst), float(burst), now)
        )
        bucket.fill(now)
        return bucket

    def _headers(self, bucket: Bucket) -> Headers:
        full_in = (bucket.burst - bucket.left) / bucket.rate
        return {
            "Poly-RateLimit-Remaining": str(max(int(bucket.left), 0)),
            "Poly-RateLimit-Reset": str(math.ceil(self._clock() + full_in)),
            "Poly-RateLimit-Tier": self.tier,
        }
