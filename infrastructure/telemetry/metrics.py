"""Prometheus metrics: every one the process has, on a registry of its own."""

from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from infrastructure.telemetry.chat_metrics import ChatMetrics
from infrastructure.telemetry.live_metrics import LiveMetrics
from infrastructure.telemetry.weather_metrics import WeatherMetrics

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
        self._gauge = partial(Gauge, registry=self.registry)
        self._counter = partial(Counter, registry=self.registry)
        self._histogram = partial(Histogram, registry=self.registry)
        self._stream()
        self._connections()
        self._continuity()
        self._rest()
        self._writer()
        self._ends()
        self.live: Final = LiveMetrics(self.registry)
        self.chat: Final = ChatMetrics(self.registry)
        self.weather: Final = WeatherMetrics(self.registry)

    def render(self) -> bytes:
        """The text that Prometheus scrapes, of type `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    def _stream(self) -> None:
        self.subscriptions = self._gauge(
            "websocket_subscriptions_total", "Tokens subscribed on the market stream now"
        )
        self.tokens_wanted = self._gauge(
            "price_tokens_wanted", "Tokens whose price somebody wants now, by stream or by polling"
        )
        self.tokens_live = self._gauge(
            "price_tokens_live", "Wanted tokens whose price is streamed and proven current now"
        )
        self.messages = self._counter(
            "websocket_messages_total", "Messages received on the market stream", ["event"]
        )
        self.dropped_frames = self._counter(
            "websocket_dropped_frames_total",
            "Frames or entries of frames that could not be used",
            ["reason"],
        )
        self.book_proofs = self._counter(
            "websocket_book_proofs_total",
            "Comparisons of a streamed book with the venue's hash of it",
            ["result"],
        )
        self.feed_lag = self._histogram(
            "websocket_feed_lag_seconds",
            "Time from the venue's timestamp in a message to its receipt",
            buckets=LATENCIES,
        )

    def _connections(self) -> None:
        self.connections_active = self._gauge(
            "websocket_connections_active", "Open connections to the venue's market stream"
        )
        self.reconnects = self._counter(
            "websocket_reconnects_total",
            "Connections to the market stream opened again after a loss",
        )
        self.shards = self._gauge(
            "websocket_shards", "Shares of the streamed tokens, each with connections of its own"
        )
        self.canaries = self._gauge(
            "websocket_canaries",
            "Busy tokens that nobody wants, carried to tell a quiet market from a dead feed",
        )
        self.data_age = self._gauge(
            "websocket_data_age_seconds",
            "Time since an open connection brought market data, or was opened if it brought none; "
            "PONG is no data",
            ["connection"],
        )
        self.recycles = self._counter(
            "websocket_recycles", "Connections that were replaced on suspicion or for their age"
        )
        self.left_out = self._gauge(
            "price_tokens_left_out",
            "Wanted tokens beyond WS_MAX_SUBSCRIPTIONS, polled instead of streamed",
        )

    def _continuity(self) -> None:
        self.gaps = self._counter(
            "price_gaps", "Times that a live token stopped being so, by the reason", ["reason"]
        )
        self.gaps_open = self._gauge(
            "price_gaps_open", "Tokens that were live, are not now, and are still followed"
        )
        self.gap_seconds = self._counter(
            "price_gap_seconds",
            "Time without continuous news of a wanted token, since it was first wanted",
            ["token"],
        )
        self.held_gap = self._gauge(
            "price_held_gap_seconds",
            "Age of the oldest open gap of a token that somebody holds; 0 without one",
        )
        self.resyncs = self._counter(
            "price_resyncs",
            "Gaps that ended, because the token's book was complete and proven again",
        )

    def _rest(self) -> None:
        self.audits = self._counter(
            "price_audits",
            "Books that the audit asked REST for, to compare them with the streamed ones",
        )
        self.audits_stale = self._counter(
            "price_audits_stale",
            "Audited books that were newer by REST: the stream had silently stopped",
        )
        self.audit_failures = self._counter(
            "price_audit_failures", "Questions of the audit that REST did not answer"
        )
        self.polled_books = self._counter(
            "price_polled_books",
            "Books that polling asked REST for, by the reason for it",
            ["reason"],
        )
        self.poll_failures = self._counter(
            "price_poll_failures", "Requests for books that REST did not answer"
        )

    def _ends(self) -> None:
        self.resolution_looks = self._counter(
            "resolution_looks", "Rounds of looking at what has become of held markets"
        )
        self.resolution_failures = self._counter(
            "resolution_failures", "Such rounds in which the venue or the database failed"
        )
        self.resolution_payouts = self._counter(
            "resolution_payouts", "Positions that were paid because their market was resolved"
        )
        self.notices_waiting = self._gauge(
            "notices_waiting", "Notices to users that are written down and have not arrived yet"
        )
        self.notices_sent = self._counter("notices_sent", "Notices to users that have arrived")
        self.notices_given_up = self._counter(
            "notices_given_up", "Notices that can never arrive or were tried too often"
        )

    def _writer(self) -> None:
        self.update_latency = self._histogram(
            "price_update_latency_seconds",
            "Time from the receipt of a price to its committed row",
            buckets=LATENCIES,
        )
        self.flush_size = self._histogram(
            "price_flush_size", "Tokens written by one flush of prices", buckets=SIZES
        )
        self.flush_seconds = self._histogram(
            "price_flush_seconds", "Duration of one flush of prices to Postgres", buckets=LATENCIES
        )
        self.flush_failures = self._counter(
            "price_flush_failures",
            "Flushes of prices that Postgres did not take; they are tried again",
        )
