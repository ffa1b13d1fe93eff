"""Who wants which market's prices, and why: the wishes that the streamer reads."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from enum import IntEnum

from core.domain.units import MarketId, UserId


class Reason(IntEnum):
    """Why a market is wanted; a lower number goes first when subscriptions are scarce."""

    HELD = 1
    OPEN_ORDER = 2
    TRIGGER = 3
    ALERT = 4
    CARD = 5
    CANDIDATE = 6


class WebSocketManager:
    """Wishes by user, market and reason. It calls nobody: readers wait for `changed`."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._wishes: dict[MarketId, set[tuple[UserId, Reason]]] = {}

    async def subscribe_market_for_user(
        self, user_id: UserId, market_id: MarketId, reason: Reason = Reason.HELD
    ) -> None:
        """Want `market_id` for this user and reason; wanting it twice is wanting it once."""
        wishes = self._wishes.setdefault(market_id, set())
        if (user_id, reason) not in wishes:
            wishes.add((user_id, reason))
            self.changed.set()

    async def unsubscribe_market_for_user(
        self, user_id: UserId, market_id: MarketId, reason: Reason | None = None
    ) -> None:
        """Drop one reason, or every reason, of this user; other users' wishes stay."""
        wishes = self._wishes.get(market_id, set())
        gone = {wish for wish in wishes if wish[0] == user_id and reason in {None, wish[1]}}
        if not gone:
            return
        wishes -= gone
        if not wishes:
            del self._wishes[market_id]
        self.changed.set()

    def get_user_subscriptions(self, user_id: UserId) -> frozenset[MarketId]:
        """Every market that this user wants for any reason."""
        return frozenset(
            market
            for market, wishes in self._wishes.items()
            if any(user == user_id for user, _ in wishes)
        )

    def wanted(self) -> Mapping[MarketId, Reason]:
        """Every wanted market with its most urgent reason, most urgent first."""
        urgent = {
            market: min(reason for _, reason in wishes) for market, wishes in self._wishes.items()
        }
        return dict(sorted(urgent.items(), key=lambda wish: (wish[1], wish[0])))


_shared: WebSocketManager | None = None


@contextmanager
def share(manager: WebSocketManager) -> Generator[WebSocketManager]:
    """Make `manager` the process-wide instance for the length of the block.

    Raises: RuntimeError if one is shared already; two would disagree about who wants what.
    """
    global _shared  # noqa: PLW0603 - the one published instance; see docs/architecture.md
    if _shared is not None:
        raise RuntimeError("a WebSocketManager is already shared")
    _shared = manager
    try:
        yield manager
    finally:
        _shared = None


def websocket_manager() -> WebSocketManager:
    """The process-wide instance, for scripts and the REPL; application code is given it by name.

    Raises: RuntimeError outside the running application.
    """
    if _shared is None:
        raise RuntimeError("no WebSocketManager is shared; is the application running?")
    return _shared
