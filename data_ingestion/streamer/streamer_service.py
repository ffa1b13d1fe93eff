"""The parts that bring prices in, run together: stream, subscriptions, writer, poller."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from core.domain.continuity import GapFigures
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.poller.price_poller import PricePoller
from data_ingestion.streamer.auditor import Auditor
from data_ingestion.streamer.canaries import Canaries
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.price_writer import PriceWriter
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.market_updater.writer_figures import WriterStatistics, WriterTelemetry
from data_ingestion.streamer.not_live import NotLive, why_not_live
from data_ingestion.streamer.subscription_manager import SubscriptionManager
from data_ingestion.streamer.websocket_client.websocket_client import WebSocketClient

logger = logging.getLogger(__name__)

CHECK_BEAT: Final = 1.0  # seconds between two looks at the stream's health
GRACE: Final = 5.0  # seconds without a live price before the stream counts as down


class FeedTelemetry(WriterTelemetry, Protocol):
    """Where the feed's timings go."""

    def lagged(self, seconds: float) -> None:
        """From the venue's timestamp of a news to its receipt."""
        ...


@dataclass(frozen=True, slots=True)
class StreamStatistics:
    """One moment's figures; totals count from the start of the program."""

    connections: int
    opened: int
    subscriptions: int
    wanted: int
    live: int
    messages: Counter[str]
    dropped: Counter[str]
    proofs: Counter[Verdict]
    writer: WriterStatistics
    polled_books: int
    poll_failures: int
    newest_age: float | None  # seconds since any price was heard of
    is_streaming: bool
    gaps: GapFigures = field(default_factory=GapFigures)
    shards: int = 0  # shares of the tokens, each with its connections
    left_out: int = 0  # tokens beyond WS_MAX_SUBSCRIPTIONS
    recycled: int = 0  # connections replaced on suspicion or for their age


@dataclass(slots=True)
class StreamerService:
    """Owns the life of the feed. With `use_websocket` off, the poller carries everything."""

    client: WebSocketClient
    updater: MarketUpdater
    subscriptions: SubscriptionManager
    writer: PriceWriter
    poller: PricePoller
    auditor: Auditor
    board: PriceBoard
    use_websocket: bool
    canaries: Canaries | None = None
    clock: Callable[[], float] = time.monotonic
    _is_down: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Run every part until cancelled; the crash of one ends all, for the supervisor to see."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.subscriptions.run(), name="subscriptions")
            tasks.create_task(self.writer.run(), name="price-writer")
            tasks.create_task(self.poller.run(), name="price-poller")
            tasks.create_task(self._wake_poller(), name="poller-wake")
            if self.use_websocket:
                tasks.create_task(self.client.run(), name="market-stream")
                tasks.create_task(self.auditor.run(), name="stream-audit")
                tasks.create_task(self._watch(), name="stream-watch")
                if self.canaries is not None:
                    tasks.create_task(self.canaries.run(), name="stream-canaries")

    def statistics(self) -> StreamStatistics:
        """Figures for metrics, health and /status."""
        messages, dropped = self.client.counts()
        return StreamStatistics(
            connections=self.client.statistics.connections,
            opened=self.client.statistics.opened,
            subscriptions=len(self.client.subscribed),
            wanted=len(self.subscriptions.followed) + len(self.subscriptions.left_out),
            live=self._live_tokens(),
            messages=messages,
            dropped=dropped + self.updater.dropped,
            proofs=Counter(self.updater.proofs),
            writer=self.writer.statistics,
            polled_books=self.poller.statistics.books,
            poll_failures=self.poller.statistics.failures,
            newest_age=self.board.newest_age(),
            is_streaming=self.is_streaming(),
            gaps=self.board.gap_figures(),
            shards=len(self.client.shards()),
            left_out=len(self.subscriptions.left_out),
            recycled=self.client.statistics.recycled,
        )

    def not_live(self, most: int) -> list[NotLive]:
        """Wanted tokens that are not live, the longest unheard first, at most so many."""
        wanted = self.subscriptions.followed | self.subscriptions.left_out
        found = [self._not_live(token) for token in wanted if not self.board.is_live(token)]
        found.sort(key=lambda one: (one.age is not None, -(one.age or 0.0), one.token))
        return found[:most]

    def _not_live(self, token: TokenId) -> NotLive:
        reading, state = self.board.reading(token), self.board.state(token)
        why = why_not_live(
            state,
            is_left_out=token in self.subscriptions.left_out,
            is_streaming=self.is_streaming(),
            use_websocket=self.use_websocket,
            doubt=self.board.why(token),
        )
        return NotLive(token, state, reading.age if reading else None, why)

    def is_streaming(self) -> bool:
        """Whether the socket is open; what it brings is told token by token."""
        return self.client.connected.is_set()

    def is_healthy(self) -> bool:
        """Whether the stream carries the prices: an open socket that brings nothing does not."""
        return self.is_streaming() and not self._is_down

    def _live_tokens(self) -> int:
        return sum(self.board.is_live(token) for token in self.subscriptions.followed)

    async def _wake_poller(self) -> None:
        stop_listening = self.board.listen(self._on_change)
        try:
            while True:
                await self.subscriptions.changed.wait()
                self.subscriptions.changed.clear()
                self.poller.wake()
        finally:
            stop_listening()

    def _on_change(self, token: TokenId) -> None:
        if token in self.subscriptions.followed and not self.board.is_live(token):
            self.poller.wake()

    async def _watch(self) -> None:
        """Say once when the stream goes down and once when it is back."""
        dead_since: float | None = None
        while True:
            await asyncio.sleep(CHECK_BEAT)
            if not self.subscriptions.followed or self._live_tokens():
                dead_since = None
                self._say_healthy()
                continue
            now = self.clock()
            dead_since = now if dead_since is None else dead_since
            if now - dead_since >= GRACE or not self.client.connected.is_set():
                self._say_down()

    def _say_down(self) -> None:
        if not self._is_down:
            self._is_down = True
            logger.warning("WebSocket down, falling back to polling")
            self.poller.wake()

    def _say_healthy(self) -> None:
        if self._is_down and self._live_tokens():
            self._is_down = False
            logger.info("WebSocket healthy again")
