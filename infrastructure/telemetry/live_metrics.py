"""Prometheus metrics of trading: orders, switches, comparisons, keys, and what waits for us."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class LiveMetrics:
    """The collectors, by what they count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._channels(registry)
        self._comparisons(registry)
        self._orders(registry)
        self._switches(registry)
        self._rest(registry)

    def _channels(self, registry: CollectorRegistry) -> None:
        self.user_channels = Gauge(
            "user_channels",
            "User channels of live accounts, by their state; refused: the credentials are",
            ["state"],
            registry=registry,
        )
        self.user_channel_waiting = Gauge(
            "user_channel_news_waiting",
            "News of the user channels that came and are not applied yet",
            registry=registry,
        )

    def _comparisons(self, registry: CollectorRegistry) -> None:
        self.reconciliations = Counter(
            "reconciliations",
            "Comparisons of a live account with the venue that were finished",
            registry=registry,
        )
        self.reconciliation_failures = Counter(
            "reconciliation_failures",
            "Comparisons of a live account with the venue that could not be finished",
            registry=registry,
        )
        self.reconciliation_seconds = Gauge(
            "reconciliation_round_seconds",
            "Duration of the last round of comparisons",
            registry=registry,
        )
        self.reconciliation_age = Gauge(
            "reconciliation_age_seconds",
            "Time since the last round of comparisons ended; 0 before the first",
            registry=registry,
        )
        self.accounts_uncompared = Gauge(
            "accounts_uncompared",
            "Live accounts whose last comparison with the venue could not be finished",
            registry=registry,
        )

    def _orders(self, registry: CollectorRegistry) -> None:
        self.orders_unclear = Gauge(
            "orders_unclear",
            "Live orders that were sent and whose answer was lost: they are looked up",
            registry=registry,
        )
        self.orders_waiting = Gauge(
            "orders_waiting",
            "Live orders on their way, of which the venue has yet to say how they end",
            registry=registry,
        )
        self.orders_resting = Gauge(
            "orders_resting",
            "Live orders that rest at the venue",
            registry=registry,
        )
        self.withdrawals_unclear = Gauge(
            "withdrawals_unclear",
            "Withdrawals that may or may not have left: they are looked up",
            registry=registry,
        )

    def _switches(self, registry: CollectorRegistry) -> None:
        self.trading_halted = Gauge(
            "trading_halted",
            "1 while the owner has halted all trading, else 0",
            registry=registry,
        )
        self.breakers_open = Gauge(
            "breakers_open",
            "Circuit breakers that are open, that of everybody included",
            registry=registry,
        )
        self.users_stopped = Gauge(
            "users_stopped",
            "Users who have stopped their own trading",
            registry=registry,
        )

    def _rest(self, registry: CollectorRegistry) -> None:
        self.clock_skew = Gauge(
            "venue_clock_skew_seconds",
            "How far the venue's clock is ahead of this machine's; 0 unless proven",
            registry=registry,
        )
        self.session_keys_ending = Gauge(
            "session_keys_ending",
            "Session keys in use of whose life a fifth or less is left",
            registry=registry,
        )
        self.session_keys_ended = Gauge(
            "session_keys_ended",
            "Session keys in use that have run out: nothing is signed with them",
            registry=registry,
        )
        self.updates_waiting = Gauge(
            "updates_waiting",
            "Messages and taps that are stored and nobody has answered yet",
            registry=registry,
        )
