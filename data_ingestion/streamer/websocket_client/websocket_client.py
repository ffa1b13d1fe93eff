"""The market-data socket: connects while something is wanted, and comes back after every loss."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.connection import direct
from data_ingestion.streamer.websocket_client.protocol import MarketChannel
from data_ingestion.streamer.websocket_client.wire import Message

logger = logging.getLogger(__name__)

MAX_FRAME: Final = 64 * 1024 * 1024  # bytes; the first dump of 1,000 books is several megabytes
OPEN_TIMEOUT: Final = 10.0  # seconds
CLOSE_TIMEOUT: Final = 1.0  # seconds; a dead peer must not hold up the next connection
FIRST_DELAY: Final = 0.2  # seconds
LONGEST_DELAY: Final = 10.0  # seconds
STABLE: Final = 60.0  # seconds a connection must live before the backoff starts over
RECYCLE_EVERY: Final = 60.0  # seconds at least between two connections replaced on suspicion
WARN_EVERY: Final = 60.0  # seconds between warnings about frames that cannot be read


class MarketListener(Protocol):
    """Who is told what the connection hears. Nothing here may block."""

    def apply(self, message: Message, received: float) -> None: ...

    def connection_opened(self) -> None: ...

    def connection_lost(self) -> None: ...

    def suspect(self, tokens: Collection[TokenId]) -> None: ...


@dataclass(frozen=True, slots=True)
class ReconnectPolicy:
    """Whether and how often to come back; `max_attempts` 0 = for ever."""

    enabled: bool = True
    max_attempts: int = 0


@dataclass(slots=True)
class ConnectionStatistics:
    """Totals over all connections of a run."""

    connections: int = 0  # open now
    opened: int = 0  # ever
    messages: Counter[str] = field(default_factory=Counter)  # by event
    dropped: Counter[str] = field(default_factory=Counter)  # by reason


class WebSocketClient:
    """Keeps one connection to the market channel that carries exactly the wanted tokens."""

    def __init__(
        self,
        url: str,
        listener: MarketListener,
        *,
        ping_interval: float = 10.0,
        policy: ReconnectPolicy = ReconnectPolicy(),
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        tap: Callable[[bytes], None] | None = None,
    ) -> None:
        """`tap` is handed every frame as it came, before anybody reads it."""
        self.connected = asyncio.Event()
        self.gave_up = asyncio.Event()
        self.statistics = ConnectionStatistics()
        self._url = url
        self._listener = listener
        self._ping_interval = ping_interval
        self._policy = policy
        self._clock = clock
        self._jitter = jitter
        self._tap = tap
        self._wanted: set[TokenId] = set()
        self._renewals: set[TokenId] = set()
        self._changed = asyncio.Event()
        self._channel: MarketChannel | None = None
        self._warned_at = -WARN_EVERY
        self._recycled_at = -RECYCLE_EVERY
        self._is_worn = False

    @property
    def subscribed(self) -> frozenset[TokenId]:
        """What the present connection carries; empty without one."""
        return self._channel.subscribed if self._channel else frozenset()

    async def subscribe_markets(self, token_ids: Collection[TokenId]) -> None:
        """Want these tokens too, on this and every later connection."""
        self._wanted.update(token_ids)
        self._changed.set()

    async def unsubscribe_markets(self, token_ids: Collection[TokenId]) -> None:
        """Want these tokens no longer; without any wanted token the connection is closed."""
        self._wanted.difference_update(token_ids)
        self._changed.set()

    def renew(self, token_ids: Collection[TokenId]) -> None:
        """Ask the venue for new snapshots of tokens whose book cannot be trusted."""
        self._renewals.update(token_ids)
        self._changed.set()

    def recycle(self) -> None:
        """Replace the connection, which answers but brings nothing; once a minute at the most."""
        if self._clock() - self._recycled_at >= RECYCLE_EVERY:
            self._recycled_at = self._clock()
            self._is_worn = True
            self._changed.set()

    async def run(self) -> None:
        """Connect while something is wanted, serve, reconnect, until cancelled."""
        delays, failures = self._delays(), 0
        while await self._something_is_wanted():
            began = self._clock()
            await self._serve_one_connection()
            if not self._wanted:
                continue
            lived = self._clock() - began
            delays, failures = (self._delays(), 0) if lived > STABLE else (delays, failures + 1)
            if self._should_give_up(failures):
                self.gave_up.set()
                logger.error("[WEBSOCKET] not reconnecting after %s failures; polling", failures)
                await asyncio.Event().wait()
            await asyncio.sleep(next(delays))

    def _should_give_up(self, failures: int) -> bool:
        if not self._policy.enabled:
            return True
        return 0 < self._policy.max_attempts <= failures

    def _delays(self) -> Iterator[float]:
        """Full jitter: anywhere between nothing and a limit that doubles."""
        limit = FIRST_DELAY
        while True:
            yield self._jitter() * limit
            limit = min(limit * 2, LONGEST_DELAY)

    async def _something_is_wanted(self) -> bool:
        while not self._wanted:
            self._changed.clear()
            await self._changed.wait()
        return True

    async def _serve_one_connection(self) -> None:
        """Network faults end here: they are expected, and the caller comes back."""
        began = self._clock()
        channel = MarketChannel(began, self._ping_interval)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                socket = await connect(
                    self._url,
                    create_connection=direct(self._taker(channel)),
                    max_size=MAX_FRAME,
                    open_timeout=OPEN_TIMEOUT,
                    close_timeout=CLOSE_TIMEOUT,
                    ping_interval=None,  # the venue's heartbeat is the text PING
                    compression=None,  # inflating costs more than all the rest of a frame
                )
        except (OSError, WebSocketException, TimeoutError, ValueError) as fault:
            logger.warning("[WEBSOCKET] cannot connect: %s", _told(fault))
            return
        await self._serve(socket, channel, self._clock() - began)

    async def _serve(
        self, socket: ClientConnection, channel: MarketChannel, connection_time: float
    ) -> None:
        self._channel, self._is_worn = channel, False
        self.statistics.connections += 1
        self.statistics.opened += 1
        try:
            async with socket, asyncio.TaskGroup() as tasks:
                receiving = tasks.create_task(
                    self._receive(socket, channel), name="market-stream-receive"
                )
                self._announce(connection_time)
                await self._send_changes(socket, channel)
                await self._send(socket, channel)
                receiving.cancel()
        except* (OSError, WebSocketException, _SilentConnection) as faults:
            logger.warning("[WEBSOCKET] connection lost: %s", _told(faults.exceptions[0]))
        finally:
            self._channel = None
            self.connected.clear()
            self.statistics.connections -= 1
            self.statistics.messages.update(channel.counts)
            self.statistics.dropped.update(channel.dropped)
            self._listener.connection_lost()

    def _announce(self, connection_time: float) -> None:
        tokens = len(self._wanted)
        logger.info(
            "WebSocket connected",
            extra={
                "market_count": (tokens + 1) // 2,
                "token_count": tokens,
                "connection_time": round(connection_time, 4),
            },
        )
        self.connected.set()
        self._listener.connection_opened()

    async def _send(self, socket: ClientConnection, channel: MarketChannel) -> None:
        """Send changes and heartbeats; returns when nothing is wanted any more."""
        while self._wanted:
            await self._changed_or(channel.next_ping(self._clock()))
            if channel.is_dead(self._clock()):
                raise _SilentConnection("nothing heard for three heartbeats")
            if self._is_worn:
                raise _SilentConnection("it answered, and brought nothing")
            await self._send_changes(socket, channel)

    async def _changed_or(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _send_changes(self, socket: ClientConnection, channel: MarketChannel) -> None:
        self._changed.clear()
        before, wanted = channel.subscribed, frozenset(self._wanted)
        renewals, self._renewals = frozenset(self._renewals), set()
        frames = [*channel.renew(renewals & wanted), *channel.frames_to_send(wanted, self._clock())]
        for frame in frames:
            async with asyncio.timeout(OPEN_TIMEOUT):
                await socket.send(frame)
        if added := len(wanted - before):
            logger.info(
                "Subscribed to %s markets", (len(wanted) + 1) // 2, extra={"new_tokens": added}
            )
        if gone := len(before - wanted):
            logger.info("Unsubscribed from %s tokens", gone, extra={"token_count": len(wanted)})

    async def _receive(self, socket: ClientConnection, channel: MarketChannel) -> None:
        """Waits for the end of the connection; only fragmented messages come this way."""
        take = self._taker(channel)
        while True:
            take(await socket.recv(decode=False))

    def _taker(self, channel: MarketChannel) -> Callable[[bytes], None]:
        """Without a tap there is nothing to ask at each frame."""
        tap, take = self._tap, partial(self._take, channel)
        if tap is None:
            return take

        def tapped(frame: bytes) -> None:
            tap(frame)
            take(frame)

        return tapped

    def _take(self, channel: MarketChannel, frame: bytes) -> None:
        received = self._clock()
        apply = self._listener.apply
        for message in channel.receive(frame, received):
            apply(message, received)
        if channel.suspects:
            self._report(channel)

    def _report(self, channel: MarketChannel) -> None:
        self._listener.suspect(frozenset(channel.suspects))
        channel.suspects.clear()
        if self._clock() - self._warned_at >= WARN_EVERY:
            self._warned_at = self._clock()
            logger.warning("[WEBSOCKET] unreadable news dropped: %s", dict(channel.dropped))

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Messages by event and dropped pieces by reason, the present connection included."""
        channel = self._channel
        if channel is None:
            return self.statistics.messages, self.statistics.dropped
        return (
            self.statistics.messages + channel.counts,
            self.statistics.dropped + channel.dropped,
        )


class _SilentConnection(Exception):
    """The peer is gone without having said so."""


def _told(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {fault}"
