"""How connections are made: with limits on time and size, in turns, and when the venue wants."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from core.domain.patience import retry_after
from data_ingestion.streamer.websocket_client.connection import TakeFrame, direct
from data_ingestion.streamer.websocket_client.turns import Turns

logger = logging.getLogger(__name__)

MAX_FRAME: Final = 64 * 1024 * 1024  # bytes; the first dump of 1,000 books is several megabytes
OPEN_TIMEOUT: Final = 10.0  # seconds
CLOSE_TIMEOUT: Final = 1.0  # seconds; a dead peer must not hold up the next connection
FIRST_DELAY: Final = 0.2  # seconds
LONGEST_DELAY: Final = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class ReconnectPolicy:
    """Whether and how often to come back; `max_attempts` 0 = for ever."""

    enabled: bool = True
    max_attempts: int = 0
    jitter: Callable[[], float] = random.random  # between 0 and 1, at each delay

    def gives_up(self, failures: int) -> bool:
        """After so many connections in a row that failed or did not last."""
        return not self.enabled or 0 < self.max_attempts <= failures

    def delays(self) -> Iterator[float]:
        """Full jitter: anywhere between nothing and a limit that doubles."""
        limit = FIRST_DELAY
        while True:
            yield self.jitter() * limit
            limit = min(limit * 2, LONGEST_DELAY)


FOREVER: Final = ReconnectPolicy()


@dataclass(slots=True)
class ConnectionStatistics:
    """Totals over all connections of a run."""

    connections: int = 0  # open now
    opened: int = 0  # ever
    reopened: int = 0  # of these, after one that was lost or replaced
    recycled: int = 0  # replaced on suspicion or for their age
    messages: Counter[str] = field(default_factory=Counter)  # by event
    dropped: Counter[str] = field(default_factory=Counter)  # by reason


@dataclass(frozen=True, slots=True)
class Dialing:
    """What all connections of a client have in common."""

    url: str
    ping_interval: float  # seconds
    policy: ReconnectPolicy
    statistics: ConnectionStatistics
    turns: Turns
    clock: Callable[[], float]
    tap: TakeFrame | None  # is handed every frame before anybody reads it

    async def dial(self, take: TakeFrame) -> ClientConnection | None:
        """A connection whose text messages go to `take`; None if there is none to be had now."""
        try:
            return await self._connect(take)
        except InvalidStatus as refusal:
            logger.warning("[WEBSOCKET] cannot connect: %s", told(refusal))
            self._heed(refusal)
        except (OSError, WebSocketException, TimeoutError, ValueError) as fault:
            logger.warning("[WEBSOCKET] cannot connect: %s", told(fault))
        return None

    async def _connect(self, take: TakeFrame) -> ClientConnection:
        async with asyncio.timeout(OPEN_TIMEOUT):
            return await connect(
                self.url,
                create_connection=direct(self.tapped(take)),
                max_size=MAX_FRAME,
                open_timeout=OPEN_TIMEOUT,
                close_timeout=CLOSE_TIMEOUT,
                ping_interval=None,  # the venue's heartbeat is the text PING
                compression=None,  # inflating costs more than all the rest of a frame
            )

    def tapped(self, take: TakeFrame) -> TakeFrame:
        """`take`, behind the tap where there is one; else there is nothing to ask at each frame."""
        tap = self.tap
        if tap is None:
            return take

        def tapped(frame: bytes) -> None:
            tap(frame)
            take(frame)

        return tapped

    def _heed(self, refusal: InvalidStatus) -> None:
        """A venue that says when to come again means all connections."""
        after = refusal.response.headers.get("Retry-After")
        seconds = retry_after(after, datetime.now(UTC))
        if seconds is not None:
            self.turns.hold(seconds)


def told(fault: BaseException) -> str:
    """For the log."""
    return f"{type(fault).__name__}: {fault}"
