"""One connection to the market channel: opens, serves, and comes back after every loss."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.dialing import OPEN_TIMEOUT, Dialing, told
from data_ingestion.streamer.websocket_client.protocol import MarketChannel
from data_ingestion.streamer.websocket_client.wire import Message

logger = logging.getLogger(__name__)

STABLE: Final = 60.0  # seconds a connection must live before the backoff starts over
RECYCLE_EVERY: Final = 60.0  # seconds at least between two replacements of one that delivers
WARN_EVERY: Final = 60.0  # seconds between warnings about frames that cannot be read
NOTHING: Final = frozenset[TokenId]()


class MarketListener(Protocol):
    """Who is told what the connections hear. Nothing here may block."""

    def apply(self, message: Message, received: float) -> None: ...

    def connection_opened(self, tokens: Collection[TokenId]) -> None:
        """These are being asked for on a connection, and no other one carried them."""
        ...

    def connection_lost(self, tokens: Collection[TokenId]) -> None:
        """No connection carries these any more."""
        ...

    def suspect(self, tokens: Collection[TokenId]) -> None: ...


class MarketConnection:
    """Carries exactly the tokens that it is told to want, for as long as there are any."""

    def __init__(self, listener: MarketListener, dialing: Dialing) -> None:
        self.gave_up = False
        self.opened_at: float | None = None  # monotonic seconds; None: it is not open
        self._listener = listener
        self._dialing = dialing
        self._clock = dialing.clock
        self._wanted = NOTHING
        self._renewals: set[TokenId] = set()
        self._changed = asyncio.Event()
        self._unwanted = asyncio.Event()
        self._channel: MarketChannel | None = None
        self._warned_at = self._recycled_at = float("-inf")
        self._has_been_open = False
        self._worn = ""  # why it is about to be replaced

    @property
    def subscribed(self) -> frozenset[TokenId]:
        """What it carries now; nothing while it is not open."""
        return self._channel.subscribed if self._channel else NOTHING

    @property
    def last_data(self) -> float | None:
        """When market news last came since it was opened, in monotonic seconds."""
        return self._channel.last_data if self._channel else None

    @property
    def delivers(self) -> bool:
        """Whether it is open, has brought something, and is not about to be replaced."""
        return self.last_data is not None and not self._worn

    @property
    def heard(self) -> tuple[Counter[str], Counter[str]]:
        """Messages by event and dropped pieces by reason since it was opened."""
        if self._channel is None:
            return Counter(), Counter()
        return self._channel.counts, self._channel.dropped

    def want(self, tokens: frozenset[TokenId]) -> None:
        """Carry these and no others; nothing at all closes the connection and ends `run`."""
        if tokens != self._wanted:
            self._renewals.update(tokens - self._wanted)  # some may be on their way out only
            self._wanted = tokens
            self._changed.set()
        if not tokens:
            self._unwanted.set()

    def renew(self, tokens: Collection[TokenId]) -> None:
        """Ask the venue for new snapshots of those of `tokens` that are carried."""
        self._renewals.update(tokens)
        self._changed.set()

    def disown(self, tokens: Collection[TokenId]) -> None:
        """Be deaf to these from now on: another connection speaks for them."""
        if self._channel is not None:
            self._channel.disowned |= frozenset(tokens)

    def recycle(self, why: str) -> bool:
        """Replace it, unless it delivers and that was done within the last minute.

        Whether that is being done now. One that brought nothing has nothing to lose.
        """
        now = self._clock()
        if self._channel is None or self._worn:
            return False
        if self.delivers and now - self._recycled_at < RECYCLE_EVERY:
            return False
        self._recycled_at = now
        self._worn = why
        self._dialing.statistics.recycled += 1
        self._changed.set()
        return True

    async def run(self) -> None:
        """Connect, serve and reconnect until nothing is wanted, or it is given up."""
        policy, turns = self._dialing.policy, self._dialing.turns
        delays, failures = policy.delays(), 0
        while self._wanted:
            await turns.wait()
            began = self._clock()
            has_delivered = await self._serve_one_connection()
            if not self._wanted:
                return
            was_worn, self._worn = bool(self._worn), ""
            if self._clock() - began > STABLE:
                delays, failures = policy.delays(), 0
            elif not was_worn:
                failures += 1
            if was_worn and has_delivered:  # it did not fail: we replace it
                continue
            if not was_worn and policy.gives_up(failures):
                self.gave_up = True
                logger.error("[WEBSOCKET] not reconnecting after %s failures; polling", failures)
                return
            await self._rest(next(delays))

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._unwanted.wait()
        except TimeoutError:
            return

    async def _serve_one_connection(self) -> bool:
        """Whether it brought any news. Network faults end here: the caller comes back."""
        if not self._wanted:  # any more, after the wait for a turn
            return False
        began = self._clock()
        channel = MarketChannel(began, self._dialing.ping_interval)
        take = partial(self._take, channel)
        socket = await self._dialing.dial(take)
        if socket is not None:
            await self._serve(socket, channel, self._clock() - began)
        return channel.last_data is not None

    async def _serve(
        self, socket: ClientConnection, channel: MarketChannel, connection_time: float
    ) -> None:
        try:
            async with socket, self._speaking(channel), asyncio.TaskGroup() as tasks:
                receiving = tasks.create_task(
                    self._receive(socket, channel), name="market-stream-receive"
                )
                self._announce(connection_time)
                await self._send_changes(socket, channel)
                await self._send(socket, channel)
                receiving.cancel()
        except* (OSError, WebSocketException, _SilentConnection) as faults:
            logger.warning("[WEBSOCKET] connection lost: %s", told(faults.exceptions[0]))

    @asynccontextmanager
    async def _speaking(self, channel: MarketChannel) -> AsyncIterator[None]:
        """The time in which it is believed; saying goodbye to a dead peer takes a while longer."""
        statistics = self._dialing.statistics
        self._channel, self._worn, self.opened_at = channel, "", self._clock()
        statistics.connections += 1
        statistics.opened += 1
        statistics.reopened += self._has_been_open
        self._has_been_open = True
        try:
            yield
        finally:
            self._channel = self.opened_at = None
            statistics.connections -= 1
            statistics.messages.update(channel.counts)
            statistics.dropped.update(channel.dropped)
            self._listener.connection_lost(channel.subscribed)

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
        self._listener.connection_opened(self._wanted)

    async def _send(self, socket: ClientConnection, channel: MarketChannel) -> None:
        """Send changes and heartbeats; returns when nothing is wanted any more."""
        while self._wanted:
            await self._changed_or(channel.next_ping(self._clock()))
            if channel.is_dead(self._clock()):
                raise _SilentConnection("nothing heard for three heartbeats")
            if self._worn:
                raise _SilentConnection(self._worn)
            await self._send_changes(socket, channel)

    async def _changed_or(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _send_changes(self, socket: ClientConnection, channel: MarketChannel) -> None:
        self._changed.clear()
        before, wanted = channel.subscribed, self._wanted
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
        """Waits for the end of the connection; only binary messages come this way."""
        take = self._dialing.tapped(partial(self._take, channel))
        while True:
            take(await socket.recv(decode=False))

    def _take(self, channel: MarketChannel, frame: bytes) -> None:
        if channel is not self._channel or self._worn:  # it is not believed any more
            return
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


class _SilentConnection(Exception):
    """The peer is gone without having said so, or might as well be."""
