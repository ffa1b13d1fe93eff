"""How user channels are opened: what all accounts' connections have in common."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from core.domain.patience import retry_after
from data_ingestion.streamer.websocket_client.dialing import (
    CLOSE_TIMEOUT,
    FOREVER,
    OPEN_TIMEOUT,
    ReconnectPolicy,
    told,
)
from data_ingestion.streamer.websocket_client.turns import Turns

MAX_FRAME: Final = 8 * 1024 * 1024  # bytes; a trade with a hundred makers is some 50 kB
FRAMES: Final = 16  # that the library reads ahead; beyond that TCP holds the venue back
PATIENCE: Final = 20.0  # seconds without room for one piece of news before the line is dropped

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """Where to dial, and with what patience."""

    url: str
    ping_interval: float = 10.0  # seconds
    policy: ReconnectPolicy = FOREVER
    turns: Turns = field(default_factory=Turns)
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    patience: float = PATIENCE

    async def dial(self) -> ClientConnection | None:
        """None if there is no connection to be had now."""
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                return await connect(
                    self.url,
                    max_size=MAX_FRAME,
                    max_queue=FRAMES,
                    open_timeout=OPEN_TIMEOUT,
                    close_timeout=CLOSE_TIMEOUT,
                    ping_interval=None,  # the venue's heartbeat is the text PING
                    compression=None,
                    logger=_quiet(),
                )
        except InvalidStatus as refusal:
            logger.warning("[USER CHANNEL] cannot connect: %s", told(refusal))
            self._heed(refusal)
        except (OSError, WebSocketException, TimeoutError, ValueError) as fault:
            logger.warning("[USER CHANNEL] cannot connect: %s", told(fault))
        return None

    def _heed(self, refusal: InvalidStatus) -> None:
        after = refusal.response.headers.get("Retry-After")
        seconds = retry_after(after, datetime.now(UTC))
        if seconds is not None:
            self.turns.hold(seconds)


def _quiet() -> logging.Logger:
    """For the library, which at DEBUG writes every frame down: the first holds credentials."""
    frames = logging.getLogger(f"{__name__}.frames")
    frames.setLevel(logging.INFO)
    return frames
