"""What operators see of the chats: the queue in front of Telegram, and how old live cards are."""

from collections import Counter
from collections.abc import Callable

from infrastructure.telemetry.metrics import Metrics
from telegram_bot.figures import Since
from telegram_bot.lanes import Lanes
from telegram_bot.live_messages import LiveMessages
from telegram_bot.pacing import Urgency


class ChatFigures:
    def __init__(
        self,
        metrics: Metrics,
        lanes: Lanes,
        live: LiveMessages,
        refused: Callable[[], Counter[str]] = Counter,
    ) -> None:
        """`refused`: taps on money that ordered nothing, by why."""
        self._metrics = metrics.chat
        self._lanes = lanes
        self._live = live
        self._refused = refused
        self._since = Since()
        live.on_shown(self._metrics.staleness.observe)

    def refresh(self) -> None:
        """Bring the metrics up to date."""
        metrics, lanes, since = self._metrics, self._lanes, self._since
        waiting, counted = lanes.waiting(), lanes.statistics
        for urgency in Urgency:
            metrics.waiting.labels(urgency.name.lower()).set(waiting[urgency])
        metrics.longest_wait.set(lanes.longest_wait())
        metrics.lanes.set(lanes.known)
        given_up = {urgency.name.lower(): counted.given_up[urgency] for urgency in Urgency}
        since.add_each(metrics.given_up, given_up)
        since.add(metrics.superseded, counted.superseded)
        since.add(metrics.floods, counted.floods)
        since.add(metrics.pauses, lanes.pauses)
        since.add_each(metrics.refused_taps, self._refused())
        metrics.live_cards.set(self._live.count)
        metrics.stalest_card.set(self._live.stalest())
