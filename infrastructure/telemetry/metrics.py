"""Prometheus metrics: every one the process has, on a registry of its own."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from infrastructure.telemetry.chat_metrics import ChatMetrics
from infrastructure.telemetry.live_metrics import LiveMetrics

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
LATENCIES = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)  # seconds
SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500)  # tokens


class Metrics:
    """The collectors, by what they count. A second instance shares nothing with the first."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._stream()
        self._connections()
        self._continuity()
        self._rest()
        self._writer()
        self._ends()
        self.live: Final = LiveMetrics(self.registry)
        self.chat: Final = ChatMetrics(self.registry)

    def render(self) -> bytes:
        """The text that Prometheus scrapes, of type `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    def _stream(self) -> None:
        registry = self.registry
        self.connections_active = Gauge(
            "websocket_connections_active",
            "Open connections to the venue's market stream",
            registry=registry,
        )
        self.subscriptions = Gauge(
            "websocket_subscriptions_total",
            "Tokens subscribed on the market stream now",
            registry=registry,
        )
        self.tokens_wanted = Gauge(
            "price_tokens_wanted",
            "Tokens whose price somebody wants now, by stream or by polling",
            registry=registry,
        )
        self.tokens_live = Gauge(
            "price_tokens_live",
            "Wanted tokens whose price is streamed and proven current now",
            registry=registry,
        )
        self.messages = Counter(
            "websocket_messages_total",
            "Messages received on the market stream",
            ["event"],
            registry=registry,
        )
        self.dropped_frames = Counter(
            "websocket_dropped_frames_total",
            "Frames or entries of frames that could not be used",
            ["reason"],
            registry=registry,
        )
        self.reconnects = Counter(
            "websocket_reconnects_total",
            "Connections to the market stream opened again after a loss",
            registry=registry,
        )
        self.book_proofs = Counter(
            "websocket_book_proofs_total",
            "Comparisons of a streamed book with the venue's hash of it",
            ["result"],
            registry=registry,
        )
        self.feed_lag = Histogram(
            "websocket_feed_lag_seconds",
            "Time from the venue's timestamp in a message to its receipt",
            buckets=LATENCIES,
            registry=registry,
        )

    def _connections(self) -> None:
        registry = self.registry
        self.shards = Gauge(
            "websocket_shards",
            "Shares of the streamed tokens, each with connections of its own",
            registry=registry,
        )
        self.canaries = Gauge(
            "websocket_canaries",
            "Busy tokens that nobody wants, carried to tell a quiet market from a dead feed",
            registry=registry,
        )
        self.recycles = Counter(
            "websocket_recycles",
            "Connections that were replaced on suspicion or for their age",
            registry=registry,
        )
        self.left_out = Gauge(
            "price_tokens_left_out",
            "Wanted tokens beyond WS_MAX_SUBSCRIPTIONS, polled instead of streamed",
            registry=registry,
        )

    def _continuity(self) -> None:
        registry = self.registry
        self.gaps = Counter(
            "price_gaps",
            "Times that a live token stopped being so, by the reason",
            ["reason"],
            registry=registry,
        )
        self.gaps_open = Gauge(
            "price_gaps_open",
            "Tokens that were live, are not now, and are still followed",
            registry=registry,
        )
        self.gap_seconds = Counter(
            "price_gap_seconds",
            "Time without continuous news of a wanted token, since it was first wanted",
            ["token"],
            registry=registry,
        )
        self.held_gap = Gauge(
            "price_held_gap_seconds",
            "Age of the oldest open gap of a token that somebody holds; 0 without one",
            registry=registry,
        )
        self.resyncs = Counter(
            "price_resyncs",
            "Gaps that ended, because the token's book was complete and proven again",
            registry=registry,
        )

    def _rest(self) -> None:
        registry = self.registry
        self.audits = Counter(
            "price_audits",
            "Books that the audit asked REST for, to compare them with the streamed ones",
            registry=registry,
        )
        self.audits_stale = Counter(
            "price_audits_stale",
            "Audited books that were newer by REST: the stream had silently stopped",
            registry=registry,
        )
        self.audit_failures = Counter(
            "price_audit_failures",
            "Questions of the audit that REST did not answer",
            registry=registry,
        )
        self.polled_books = Counter(
            "price_polled_books",
            "Books that polling asked REST for, by the reason for it",
            ["reason"],
            registry=registry,
        )
        self.poll_failures = Counter(
            "price_poll_failures",
            "Requests for books that REST did not answer",
            registry=registry,
        )

    def _ends(self) -> None:
        registry = self.registry
        self.resolution_looks = Counter(
            "resolution_looks",
            "Rounds of looking at what has become of held markets",
            registry=registry,
        )
        self.resolution_failures = Counter(
            "resolution_failures",
            "Such rounds in which the venue or the database failed",
            registry=registry,
        )
        self.resolution_payouts = Counter(
            "resolution_payouts",
            "Positions that were paid because their market was resolved",
            registry=registry,
        )
        self.notices_waiting = Gauge(
            "notices_waiting",
            "Notices to users that are written down and have not arrived yet",
            registry=registry,
        )
        self.notices_sent = Counter(
            "notices_sent",
            "Notices to users that have arrived",
            registry=registry,
        )
        self.notices_given_up = Counter(
            "notices_given_up",
            "Notices that can never arrive or were tried too often",
            registry=registry,
        )

    def _writer(self) -> None:
        registry = self.registry
        self.update_latency = Histogram(
            "price_update_latency_seconds",
            "Time from the receipt of a price to its committed row",
            buckets=LATENCIES,
            registry=registry,
        )
        self.flush_size = Histogram(
            "price_flush_size",
            "Tokens written by one flush of prices",
            buckets=SIZES,
            registry=registry,
        )
        self.flush_seconds = Histogram(
            "price_flush_seconds",
            "Duration of one flush of prices to Postgres",
            buckets=LATENCIES,
            registry=registry,
        )

        self.flush_failures = Counter(
            "price_flush_failures",
            "Flushes of prices that Postgres did not take; they are tried again",
            registry=registry,
        )
