"""How often the venue may be asked: token buckets that believe the venue's own count."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from core.domain.errors import Unavailable
from core.domain.sentences import mark
from core.domain.units import UserId

PATIENCE: Final = 2.0  # seconds; whoever would wait longer is told to come again
WORDS: Final = mark("Too many requests to the venue at once. Try again in a moment.")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate` a second for ever, `burst` at once."""

    rate: float
    burst: int


ORDERS: Final = Pace(40, 60)
CANCELS: Final = Pace(80, 120)
LEDGER: Final = Pace(40, 80)  # reads of orders and trades: 500 in 10 s, with room for others
BALANCES: Final = Pace(18, 30)
REFRESHES: Final = Pace(4, 8)
CREDENTIALS: Final = Pace(5, 10)  # making, deriving and revoking API keys

TIERS: Final = MappingProxyType(
    {
        "standard": (ORDERS, CANCELS),
        "copper": (Pace(60, 90), Pace(120, 180)),
        "bronze": (Pace(80, 120), Pace(160, 240)),
        "silver": (Pace(200, 300), Pace(400, 600)),
        "gold": (Pace(400, 600), Pace(800, 1200)),
        "platinum": (Pace(450, 675), Pace(900, 1350)),
        "diamond": (Pace(525, 787), Pace(1050, 1575)),
        "elite": (Pace(600, 900), Pace(1200, 1800)),
    }
)
"""Orders and cancels of one signer by the venue's tiers. Source: its page on rate limits."""


class Bucket:
    """Tokens that refill by time. One task after another takes from it; nobody is starved."""

    def __init__(
        self,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.pace = pace
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(pace.burst)
        self._at = clock()
        self._closed_until = self._at

    async def take(self, cost: int = 1) -> None:
        """Waits for its turn. Raises: Unavailable if that would take longer than `PATIENCE`."""
        self._refill()
        owed = cost - self._tokens  # with what those who wait already have taken in advance
        wait = max(owed / self.pace.rate, self._closed_until - self._clock(), 0.0)
        if wait > PATIENCE:
            raise Unavailable(WORDS, wait)
        self._tokens -= cost
        if wait:
            await self._sleep(wait)

    def close(self, seconds: float) -> None:
        """Nothing more for so long: the venue said so."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)

    def believe(self, remaining: float) -> None:
        """The venue counts fewer tokens than we do, perhaps because others use them too."""
        self._refill()
        self._tokens = min(self._tokens, remaining)

    def change(self, pace: Pace) -> None:
        self._refill()
        self.pace = pace

    def _refill(self) -> None:
        now = self._clock()
        grown = self._tokens + (now - self._at) * self.pace.rate
        self._tokens, self._at = min(grown, float(self.pace.burst)), now


@dataclass(frozen=True, slots=True)
class SignerBuckets:
    """The venue counts each signer's orders and cancels apart."""

    orders: Bucket
    cancels: Bucket


class Buckets:
    """All buckets of this process: two a user, and those of the machine's address."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._signers = dict[UserId, SignerBuckets]()
        self.ledger = self._bucket(LEDGER)
        self.balances = self._bucket(BALANCES)
        self.refreshes = self._bucket(REFRESHES)
        self.credentials = self._bucket(CREDENTIALS)

    def of(self, user: UserId) -> SignerBuckets:
        if user not in self._signers:
            self._signers[user] = SignerBuckets(self._bucket(ORDERS), self._bucket(CANCELS))
        return self._signers[user]

    def learn(self, user: UserId, bucket: Bucket, headers: Mapping[str, str], now: float) -> None:
        """What the venue says of its count in an answer. `now`: Unix seconds at the venue."""
        if headers.get("Poly-RateLimit-Warning"):
            logger.warning("The venue warns of its rate limit: %s left", _remaining(headers))
        remaining = _remaining(headers)
        if remaining is not None:
            bucket.believe(remaining)
            if remaining <= 0:
                bucket.close(_until_reset(headers, now))
        tier = TIERS.get(headers.get("Poly-RateLimit-Tier", "").lower())
        if tier is not None:
            signer = self.of(user)
            signer.orders.change(tier[0])
            signer.cancels.change(tier[1])

    def _bucket(self, pace: Pace) -> Bucket:
        return Bucket(pace, clock=self._clock, sleep=self._sleep)


def _remaining(headers: Mapping[str, str]) -> float | None:
    text = headers.get("Poly-RateLimit-Remaining", "")
    digits = text.removeprefix("-")
    return float(text) if digits.isascii() and digits.isdigit() else None


def _until_reset(headers: Mapping[str, str], now: float) -> float:
    """Seconds, a minute at most: a wrong clock must not stop trading."""
    text = headers.get("Poly-RateLimit-Reset", "")
    if not (text.isascii() and text.isdigit()):
        return 0.0
    return min(max(float(text) - now, 0.0), 60.0)
