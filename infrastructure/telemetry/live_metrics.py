"""Prometheus metrics of trading: orders, switches, comparisons, keys, and what waits for us."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge


class LiveMetrics:
    """The collectors, by what they count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._gauge = partial(Gauge, registry=registry)
        self._counter = partial(Counter, registry=registry)
        self._channels()
        self._comparisons()
        self._orders()
        self._switches()
        self._rest()

    def _channels(self) -> None:
        self.user_channels = self._gauge(
            "user_channels",
            "User channels of live accounts, by their state; refused: the credentials are",
            ["state"],
        )
        self.user_channel_waiting = self._gauge(
            "user_channel_news_waiting",
            "News of the user channels that came and are not applied yet",
        )

    def _comparisons(self) -> None:
        self.reconciliations = self._counter(
            "reconciliations", "Comparisons of a live account with the venue that were finished"
        )
        self.reconciliation_failures = self._counter(
            "reconciliation_failures",
            "Comparisons of a live account with the venue that could not be finished",
        )
        self.reconciliation_seconds = self._gauge(
            "reconciliation_round_seconds", "Duration of the last round of comparisons"
        )
        self.reconciliation_age = self._gauge(
            "reconciliation_age_seconds",
            "Time since the last round of comparisons ended; 0 before the first",
        )
        self.accounts_uncompared = self._gauge(
            "accounts_uncompared",
            "Live accounts whose last comparison with the venue could not be finished",
        )

        self.positions_differing = self._gauge(
            "positions_differing", "Positions that are not what their own fills make"
        )

    def _orders(self) -> None:
        self.orders_unclear = self._gauge(
            "orders_unclear",
            "Live orders that were sent and whose answer was lost: they are looked up",
        )
        self.orders_waiting = self._gauge(
            "orders_waiting",
            "Live orders on their way, of which the venue has yet to say how they end",
        )
        self.orders_resting = self._gauge("orders_resting", "Live orders that rest at the venue")
        self.withdrawals_unclear = self._gauge(
            "withdrawals_unclear", "Withdrawals that may or may not have left: they are looked up"
        )

    def _switches(self) -> None:
        self.trading_halted = self._gauge(
            "trading_halted", "1 while the owner has halted all trading, else 0"
        )
        self.breakers_open = self._gauge(
            "breakers_open", "Circuit breakers that are open, that of everybody included"
        )
        self.users_stopped = self._gauge(
            "users_stopped", "Users who have stopped their own trading"
        )

    def _rest(self) -> None:
        self.clock_skew = self._gauge(
            "venue_clock_skew_seconds",
            "How far the venue's clock is ahead of this machine's; 0 unless proven",
        )
        self.session_keys_ending = self._gauge(
            "session_keys_ending", "Session keys in use of whose life a fifth or less is left"
        )
        self.session_keys_ended = self._gauge(
            "session_keys_ended",
            "Session keys in use that have run out: nothing is signed with them",
        )
        self.updates_waiting = self._gauge(
            "updates_waiting", "Messages and taps that are stored and nobody has answered yet"
        )
