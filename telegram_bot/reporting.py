"""What operators see: the figures of the parts as metrics, and their states as health."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import sqlalchemy as sa
from prometheus_client import Counter as Metric
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from data_ingestion.streamer.streamer_service import StreamerService, StreamStatistics
from infrastructure.telemetry.metrics import Metrics
from infrastructure.telemetry.ops_server import HealthReport, PartHealth, TokenHealth

logger = logging.getLogger(__name__)

PROBE_BEAT: Final = 5.0  # seconds between two questions to the database
PROBE_TIMEOUT: Final = 2.0  # seconds
MOST_TOKENS: Final = 20  # of those that are not live, in one report


class FeedFigures:
    """The feed's timings, as metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def flushed(self, tokens: int, seconds: float) -> None:
        self._metrics.flush_size.observe(tokens)
        self._metrics.flush_seconds.observe(seconds)

    def failed(self) -> None:
        self._metrics.flush_failures.inc()

    def committed(self, latency: float) -> None:
        self._metrics.update_latency.observe(latency)

    def lagged(self, seconds: float) -> None:
        self._metrics.feed_lag.observe(max(0.0, seconds))


class StreamFigures:
    """Carries the stream's own counters over into the metrics, at each scrape.

    The hot path counts in plain integers; Prometheus is told the difference since the last time.
    """

    def __init__(self, metrics: Metrics, statistics: Callable[[], StreamStatistics]) -> None:
        self._metrics = metrics
        self._statistics = statistics
        self._messages: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._proofs: Counter[str] = Counter()
        self._opened = 0

    def render(self) -> bytes:
        """The metrics as text, up to date."""
        now = self._statistics()
        self._metrics.connections_active.set(now.connections)
        self._metrics.subscriptions.set(now.subscriptions)
        self._metrics.tokens_wanted.set(now.wanted)
        self._metrics.tokens_live.set(now.live)
        _add(self._metrics.messages, now.messages, self._messages)
        _add(self._metrics.dropped_frames, now.dropped, self._dropped)
        proofs = Counter({verdict.value: count for verdict, count in now.proofs.items()})
        _add(self._metrics.book_proofs, proofs, self._proofs)
        self._proofs = proofs
        again = max(0, now.opened - 1)
        self._metrics.reconnects.inc(again - self._opened)
        self._messages, self._dropped, self._opened = now.messages, now.dropped, again
        return self._metrics.render()


def _add(metric: Metric, now: Counter[str], before: Counter[str]) -> None:
    for label, count in now.items():
        metric.labels(label).inc(count - before[label])


class DatabaseProbe:
    """Asks the database now and then whether it is there."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.is_up = True
        self._engine = engine

    async def run(self) -> None:
        while True:
            await asyncio.sleep(PROBE_BEAT)
            was_up, self.is_up = self.is_up, await self._answers()
            if was_up != self.is_up:
                logger.warning("the database %s", "is back" if self.is_up else "does not answer")

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT), self._engine.connect() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return False
        return True


class Health:
    """Gathers the states of the parts into one report."""

    def __init__(
        self,
        streamer: StreamerService,
        probe: DatabaseProbe,
        telegram: Callable[[], bool],
        details: Mapping[str, str | int | float | bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._streamer = streamer
        self._probe = probe
        self._telegram = telegram
        self._details = details
        self._clock = clock
        self._began = clock()

    def report(self) -> HealthReport:
        stream = self._streamer.statistics()
        return HealthReport(
            parts={
                "database": _part(self._probe.is_up, "up", "does not answer"),
                "telegram": _part(self._telegram(), "up", "does not answer"),
                "stream": self._stream(stream),
                "poller": PartHealth(ok=True, state=f"{stream.polled_books} books fetched"),
            },
            newest_price_age=stream.newest_age,
            not_live=self._not_live(),
            details={
                **self._details,
                "uptime_seconds": round(self._clock() - self._began, 1),
                "tokens_wanted": stream.wanted,
                "tokens_live": stream.live,
                "price_flushes": stream.writer.flushes,
            },
        )

    def _not_live(self) -> list[TokenHealth]:
        return [
            TokenHealth(
                one.token, one.state, None if one.age is None else round(one.age, 1), one.why
            )
            for one in self._streamer.not_live(MOST_TOKENS)
        ]

    def _stream(self, stream: StreamStatistics) -> PartHealth:
        if not self._streamer.use_websocket:
            return PartHealth(ok=True, state="off, polling")
        if not stream.wanted:
            return PartHealth(ok=True, state="idle: nothing is held or looked at")
        state = f"{stream.live} of {stream.wanted} tokens live"
        if stream.live:
            return PartHealth(ok=True, state=state)
        connection = "connected" if stream.is_streaming else "not connected"
        return PartHealth(ok=False, state=f"{connection}, {state}; polling")


def _part(ok: bool, good: str, bad: str) -> PartHealth:  # noqa: FBT001 - read at the call
    return PartHealth(ok=ok, state=good if ok else bad)
