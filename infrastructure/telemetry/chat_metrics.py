"""Prometheus metrics of what is said in chats: waiting for a turn, refusals, how old cards are."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

STALENESS: Final = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)  # seconds


class ChatMetrics:
    """The collectors, by what they count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._queue(registry)
        self._cards(registry)

    def _queue(self, registry: CollectorRegistry) -> None:
        self.waiting = Gauge(
            "telegram_queue_depth",
            "Messages and edits that wait for their turn now, by their urgency",
            ["urgency"],
            registry=registry,
        )
        self.longest_wait = Gauge(
            "telegram_queue_wait_seconds",
            "How long the oldest of those that wait has waited by now",
            registry=registry,
        )
        self.given_up = Counter(
            "telegram_given_up",
            "Messages and edits whose turn did not come before they were of no use any more",
            ["urgency"],
            registry=registry,
        )
        self.superseded = Counter(
            "telegram_superseded",
            "Edits that were not sent because a newer text for the same message came",
            registry=registry,
        )
        self.floods = Counter(
            "telegram_floods",
            "Answers 429 of Telegram: a chat was slowed down",
            registry=registry,
        )
        self.pauses = Counter(
            "telegram_bot_pauses",
            "Times that all chats were silent because several were slowed down at once",
            registry=registry,
        )
        self.lanes = Gauge(
            "telegram_lanes",
            "Chats that heard from us within the last minute or were slowed down",
            registry=registry,
        )

    def _cards(self, registry: CollectorRegistry) -> None:
        self.live_cards = Gauge(
            "telegram_live_cards",
            "Cards that follow the market now, because their user tapped not long ago",
            registry=registry,
        )
        self.stalest_card = Gauge(
            "telegram_stalest_card_seconds",
            "Age of the oldest change that a card which follows the market does not show yet",
            registry=registry,
        )
        self.staleness = Histogram(
            "telegram_card_staleness_seconds",
            "Time from a visible change to the edit of the card that shows it",
            buckets=STALENESS,
            registry=registry,
        )
