"""Prometheus metrics of what is said in chats: waiting for a turn, refusals, how old cards are."""

from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

STALENESS: Final = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)  # seconds


class ChatMetrics:
    """The collectors, by what they count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._gauge = partial(Gauge, registry=registry)
        self._counter = partial(Counter, registry=registry)
        self._histogram = partial(Histogram, registry=registry)
        self._queue()
        self._cards()

    def _queue(self) -> None:
        self.waiting = self._gauge(
            "telegram_queue_depth",
            "Messages and edits that wait for their turn now, by their urgency",
            ["urgency"],
        )
        self.longest_wait = self._gauge(
            "telegram_queue_wait_seconds",
            "How long the oldest of those that wait has waited by now",
        )
        self.given_up = self._counter(
            "telegram_given_up",
            "Messages and edits whose turn did not come before they were of no use any more",
            ["urgency"],
        )
        self.superseded = self._counter(
            "telegram_superseded",
            "Edits that were not sent because a newer text for the same message came",
        )
        self.floods = self._counter(
            "telegram_floods", "Answers 429 of Telegram: a chat was slowed down"
        )
        self.pauses = self._counter(
            "telegram_bot_pauses",
            "Times that all chats were silent because several were slowed down at once",
        )
        self.lanes = self._gauge(
            "telegram_lanes", "Chats that heard from us within the last minute or were slowed down"
        )

        self.refused_taps = self._counter(
            "taps_refused", "Taps on money that ordered nothing, by why", ["why"]
        )

    def _cards(self) -> None:
        self.live_cards = self._gauge(
            "telegram_live_cards",
            "Cards that follow the market now, because their user tapped not long ago",
        )
        self.stalest_card = self._gauge(
            "telegram_stalest_card_seconds",
            "Age of the oldest change that a card which follows the market does not show yet",
        )
        self.staleness = self._histogram(
            "telegram_card_staleness_seconds",
            "Time from a visible change to the edit of the card that shows it",
            buckets=STALENESS,
        )
