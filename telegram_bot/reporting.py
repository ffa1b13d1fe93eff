"""What operators see: the figures of the parts as metrics, and their states as health."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.health import PriceState
from data_ingestion.streamer.not_live import MEANINGS, NotLive
from data_ingestion.streamer.streamer_service import StreamerService, StreamStatistics
from infrastructure.telemetry.metrics import Metrics
from infrastructure.telemetry.ops_server import HealthReport, PartHealth, TokenHealth
from telegram_bot.figures import data_ages
from telegram_bot.screens.continuity import REASONS

logger = logging.getLogger(__name__)

PROBE_BEAT: Final = 5.0  # seconds between two questions to the database
PROBE_TIMEOUT: Final = 2.0  # seconds
MOST_TOKENS: Final = 20  # of those that are not live, in one report
MOST_REASONS: Final = 2  # why prices are not live, in one line


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
        trading: Callable[[], Mapping[str, PartHealth]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._streamer = streamer
        self._probe = probe
        self._telegram = telegram
        self._details = details
        self._trading = trading
        self._clock = clock
        self._began = clock()

    def report(self) -> HealthReport:
        stream = self._streamer.statistics()
        return HealthReport(
            parts={
                "database": _part(self._probe.is_up, "up", "does not answer"),
                "telegram": _part(self._telegram(), "up", "does not answer"),
                "stream": self._stream(stream),
                "prices": self._prices(stream),
                "poller": PartHealth(ok=True, state=_polls(stream)),
                **self._trading(),
            },
            newest_price_age=stream.newest_age,
            not_live=self._not_live(),
            details={
                **self._details,
                "uptime_seconds": round(self._clock() - self._began, 1),
                "tokens_wanted": stream.wanted,
                "tokens_live": stream.live,
                "price_flushes": stream.writer.flushes,
                **self._data_age(),
            },
        )

    def _data_age(self) -> Mapping[str, float]:
        """Of the open connection that has brought no market data for longest."""
        ages = data_ages(self._streamer.client.shards(), self._streamer.clock())
        return {"oldest_data_age_seconds": round(max(ages.values()), 1)} if ages else {}

    def _not_live(self) -> list[TokenHealth]:
        return [self._token(one) for one in self._streamer.not_live(MOST_TOKENS)]

    def _token(self, one: NotLive) -> TokenHealth:
        board = self._streamer.board
        doubt, gap = board.why(one.token), board.gap(one.token)
        return TokenHealth(
            one.token,
            one.state,
            None if one.age is None else round(one.age, 1),
            self._why(one),
            doubt=None if doubt is None else doubt.value,
            epoch=board.epoch(one.token),
            interrupted=None if gap is None else round(self._clock() - gap.began, 1),
        )

    def _why(self, one: NotLive) -> str:
        """The doubt behind its state, where nothing more obvious is wrong."""
        doubt = self._streamer.board.why(one.token)
        if doubt is None or one.why not in MEANINGS.values():
            return one.why
        return REASONS[doubt]

    def _prices(self, stream: StreamStatistics) -> PartHealth:
        """Whether every wanted price is live, or polled where nothing streams; else why not."""
        if not stream.wanted:
            return PartHealth(ok=True, state="none is wanted")
        others = self._streamer.not_live(stream.wanted)
        goal = "live"
        if not self._streamer.use_websocket:
            goal, others = "polled", [one for one in others if one.state is not PriceState.POLLED]
        if not others:
            return PartHealth(ok=True, state=f"all {stream.wanted} {goal}")
        reasons = _counted(self._why(one) for one in others)
        state = f"{len(others)} of {stream.wanted} not {goal}: {reasons}"
        return PartHealth(ok=True, state=state, is_impaired=True)

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


def _counted(reasons: Iterable[str]) -> str:
    most = Counter(reasons).most_common(MOST_REASONS)
    return "; ".join(f"{reason} ({count})" for reason, count in most)


def _polls(stream: StreamStatistics) -> str:
    failed = f", {stream.poll_failures} requests unanswered" if stream.poll_failures else ""
    return f"{stream.polled_books} books fetched{failed}"


def _part(ok: bool, good: str, bad: str) -> PartHealth:  # noqa: FBT001 - read at the call
    return PartHealth(ok=ok, state=good if ok else bad)
