"""Which markets are streamed because somebody has an alert there."""

from collections import Counter
from collections.abc import Iterable

from core.domain.alert import Alert, AlertKind
from core.domain.units import MarketId, UserId
from core.services.websocket_manager import Reason, WebSocketManager


class AlertWishes:
    """A market is wanted from a user's first alert on its prices until their last is gone."""

    def __init__(self, manager: WebSocketManager) -> None:
        self._manager = manager
        self._counts: Counter[tuple[UserId, MarketId]] = Counter()

    async def replace(self, alerts: Iterable[Alert]) -> None:
        """These and no others."""
        before = set(self._counts)
        self._counts = Counter(_wish(one) for one in alerts if _needs_prices(one))
        for user, market in before - set(self._counts):
            await self._manager.unsubscribe_market_for_user(user, market, Reason.ALERT)
        for user, market in self._counts:
            await self._manager.subscribe_market_for_user(user, market, Reason.ALERT)

    async def add(self, alert: Alert) -> None:
        if _needs_prices(alert):
            self._counts[_wish(alert)] += 1
            await self._manager.subscribe_market_for_user(*_wish(alert), Reason.ALERT)

    async def drop(self, alert: Alert) -> None:
        wish = _wish(alert)
        if not _needs_prices(alert):
            return
        self._counts[wish] -= 1
        if self._counts[wish] <= 0:
            del self._counts[wish]
            await self._manager.unsubscribe_market_for_user(*wish, Reason.ALERT)


def _wish(alert: Alert) -> tuple[UserId, MarketId]:
    return alert.user_id, alert.market_id


def _needs_prices(alert: Alert) -> bool:
    return alert.wish.kind is not AlertKind.CLOSING
