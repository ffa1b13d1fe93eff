"""Carries the parts' own counters over into the metrics, at each scrape.

The hot path counts in plain integers; Prometheus is told the difference since the last time.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from prometheus_client import Counter as Metric

from core.domain.units import TokenId
from core.services.outbox import OutboxStatistics
from core.services.price_board import PriceBoard
from core.services.websocket_manager import Reason
from data_ingestion.discovery.resolution_watcher import ResolutionStatistics
from data_ingestion.streamer.streamer_service import StreamerService
from data_ingestion.streamer.websocket_client.shard import Shard
from infrastructure.telemetry.metrics import Metrics


class Figures(Protocol):
    """Some part's figures."""

    def refresh(self) -> None:
        """Bring the metrics up to date."""
        ...


class Scrape:
    """What Prometheus is answered."""

    def __init__(self, metrics: Metrics, figures: Sequence[Figures]) -> None:
        self._metrics = metrics
        self._figures = figures

    def render(self) -> bytes:
        """The metrics as text, up to date."""
        for part in self._figures:
            part.refresh()
        return self._metrics.render()


class Since:
    """Adds to a metric what its source has counted since the last time."""

    def __init__(self) -> None:
        self._before: Counter[tuple[Metric, str]] = Counter()

    def add(self, metric: Metric, now: int) -> None:
        """A source that began anew adds nothing until it is beyond where it was."""
        metric.inc(self._grown(metric, "", now))

    def add_each(self, metric: Metric, now: Mapping[str, int]) -> None:
        """The same by label."""
        for label, count in now.items():
            metric.labels(label).inc(self._grown(metric, label, count))

    def _grown(self, metric: Metric, label: str, now: int) -> int:
        before = self._before[metric, label]
        self._before[metric, label] = max(before, now)
        return max(0, now - before)


class StreamFigures:
    """The stream, its connections and their repair, and polling."""

    def __init__(self, metrics: Metrics, streamer: StreamerService) -> None:
        self._metrics = metrics
        self._streamer = streamer
        self._since = Since()

    def refresh(self) -> None:
        self._count_stream()
        self._count_connections()
        self._count_gaps()
        self._count_rest()

    def _count_stream(self) -> None:
        metrics, now, since = self._metrics, self._streamer.statistics(), self._since
        metrics.connections_active.set(now.connections)
        metrics.subscriptions.set(now.subscriptions)
        metrics.tokens_wanted.set(now.wanted)
        metrics.tokens_live.set(now.live)
        since.add_each(metrics.messages, now.messages)
        since.add_each(metrics.dropped_frames, now.dropped)
        since.add_each(metrics.book_proofs, {each.value: n for each, n in now.proofs.items()})

    def _count_connections(self) -> None:
        metrics, client = self._metrics, self._streamer.client
        shards = client.shards()
        metrics.shards.set(len(shards))
        metrics.canaries.set(sum(len(shard.canaries) for shard in shards))
        metrics.left_out.set(len(self._streamer.subscriptions.left_out))
        self._since.add(metrics.recycles, client.statistics.recycled)
        self._since.add(metrics.reconnects, client.statistics.reopened)
        metrics.data_age.clear()  # a closed connection has no age
        for name, age in data_ages(shards, self._streamer.clock()).items():
            metrics.data_age.labels(name).set(age)

    def _count_gaps(self) -> None:
        metrics, gaps = self._metrics, self._streamer.board.gap_figures()
        metrics.gaps_open.set(gaps.open)
        self._since.add_each(metrics.gaps, {why.value: n for why, n in gaps.opened.items()})
        self._since.add(metrics.resyncs, gaps.opened.total() - gaps.open)

    def _count_rest(self) -> None:
        metrics, since = self._metrics, self._since
        audits, polls = self._streamer.auditor.statistics, self._streamer.poller.statistics
        since.add(metrics.audits, audits.asked)
        since.add(metrics.audits_stale, audits.stale)
        since.add(metrics.audit_failures, audits.failures)
        since.add_each(metrics.polled_books, polls.reasons)
        since.add(metrics.poll_failures, polls.failures)


def data_ages(shards: Iterable[Shard], now: float) -> dict[str, float]:
    """Seconds without market data of each open connection, by shard and copy: `3.1`."""
    return {
        f"{shard.number}.{copy}": max(0.0, now - heard)
        for shard in shards
        for copy, heard in enumerate(shard.heard, start=1)
        if heard is not None
    }


class TokenGaps:
    """How long each wanted token was without continuous news; a series goes with its token."""

    def __init__(
        self,
        metrics: Metrics,
        board: PriceBoard,
        *,
        wanted: Callable[[], Collection[TokenId]],
        held: Callable[[], Collection[TokenId]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: the board's."""
        self._metrics = metrics
        self._board = board
        self._wanted = wanted
        self._held = held
        self._clock = clock
        self._told: dict[TokenId, float] = {}

    def refresh(self) -> None:
        wanted = frozenset(self._wanted())
        for token in self._told.keys() - wanted:
            del self._told[token]
            self._metrics.gap_seconds.remove(token)
        for token in wanted:
            seconds = self._board.gap_seconds(token)
            grown = max(0.0, seconds - self._told.get(token, 0.0))
            self._metrics.gap_seconds.labels(token).inc(grown)
            self._told[token] = seconds
        self._metrics.held_gap.set(self._longest())

    def _longest(self) -> float:
        gaps = (self._board.gap(token) for token in self._held())
        return max((self._clock() - gap.began for gap in gaps if gap), default=0.0)


class EndFigures:
    """Markets that end, and what their holders are told of it."""

    def __init__(
        self, metrics: Metrics, looks: ResolutionStatistics, notices: OutboxStatistics
    ) -> None:
        self._metrics = metrics
        self._looks = looks
        self._notices = notices
        self._since = Since()

    def refresh(self) -> None:
        metrics, since = self._metrics, self._since
        since.add(metrics.resolution_looks, self._looks.looks)
        since.add(metrics.resolution_failures, self._looks.failures)
        since.add(metrics.resolution_payouts, self._looks.paid)
        since.add(metrics.notices_sent, self._notices.sent)
        since.add(metrics.notices_given_up, self._notices.given_up)
        metrics.notices_waiting.set(self._notices.waiting)


def all_figures(
    metrics: Metrics,
    streamer: StreamerService,
    looks: ResolutionStatistics,
    notices: OutboxStatistics,
    *others: Figures,
) -> Scrape:
    """Everything there is to know of a running program."""
    wishes = streamer.subscriptions
    gaps = TokenGaps(
        metrics,
        streamer.board,
        wanted=lambda: wishes.followed | wishes.left_out,
        held=lambda: wishes.wanted_for(Reason.HELD),
    )
    ends = EndFigures(metrics, looks, notices)
    return Scrape(metrics, [StreamFigures(metrics, streamer), gaps, ends, *others])
