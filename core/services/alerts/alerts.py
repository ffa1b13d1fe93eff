"""Alerts as people see them: set, muted, removed, listed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.domain.alert import (
    MOST_ALERTS,
    OF_PRICE,
    Alert,
    AlertId,
    AlertKind,
    AlertState,
    NewAlert,
    Stand,
    check_new,
    closing_stand,
    price_stand,
    spread_stand,
)
from core.domain.errors import InvalidQuantity, NotFound, Rejected
from core.domain.market import Market
from core.domain.sentences import worded
from core.domain.units import MarketId, TokenId, UserId
from core.services.clob.quoting import check_open
from core.services.price_board import PriceBoard
from core.storage import alerts as stored
from core.storage import markets
from core.storage.models import Sessions
from core.storage.tenancy import as_user


class Alerts:
    """Listeners get each alert that was set or changed by its user, once that is committed."""

    def __init__(
        self,
        sessions: Sessions,
        board: PriceBoard,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sessions = sessions
        self._board = board
        self._now = now
        self._listeners: list[Callable[[Alert], None]] = []

    def listen(self, listener: Callable[[Alert], None]) -> Callable[[], None]:
        """Call `listener` at every change; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def set(self, user: UserId, market_id: MarketId, outcome: int, wish: NewAlert) -> Alert:
        """On the outcome at that place.

        Raises: NotFound, MarketClosed, InvalidQuantity, Rejected.
        """
        check_new(wish)
        async with as_user(self._sessions, user) as session:
            market = await markets.by_id(session, market_id)
            check_open(market)
            if outcome >= len(market.outcomes):
                raise NotFound("There is no such outcome.")
            chosen = market.outcomes[outcome]
            self._check_not_reached(wish, market, chosen.token)
            if await stored.count_of(session, user) >= MOST_ALERTS:
                raise Rejected(
                    worded("You have {most} alerts already; remove one first.", most=MOST_ALERTS)
                )
            alert = await stored.add(session, user, market, chosen, wish)
            if alert is None:
                raise Rejected("Exactly this alert is set already.")
        self._tell(alert)
        return alert

    async def remove(self, user: UserId, alert_id: AlertId) -> Alert:
        """Raises: NotFound, also for somebody else's and for one that is not set any more."""
        async with as_user(self._sessions, user) as session:
            found = _still_set(await stored.lock(session, alert_id))
            await stored.remove(session, alert_id)
        self._tell(replace(found, state=AlertState.REMOVED))
        return found

    async def mute(self, user: UserId, alert_id: AlertId, hours: int) -> Alert:
        """0 hours end it. What is reached meanwhile is told afterwards, if it is so then.

        Raises: NotFound, as `remove`.
        """
        until = self._now() + timedelta(hours=hours) if hours else None
        async with as_user(self._sessions, user) as session:
            found = _still_set(await stored.lock(session, alert_id))
            await stored.mute(session, alert_id, until)
        muted = replace(found, muted_until=until)
        self._tell(muted)
        return muted

    async def of(self, user: UserId) -> Sequence[Alert]:
        """All that are set, newest first."""
        async with as_user(self._sessions, user) as session:
            return await stored.active_of(session, user)

    def _check_not_reached(self, wish: NewAlert, market: Market, token: TokenId) -> None:
        quote = self._board.quote(token)
        stand = Stand.LEFT
        if wish.kind is AlertKind.CLOSING:
            if market.ends_at is None:
                raise Rejected("It is not known when this market ends.")
            stand = closing_stand(wish, market.ends_at, self._now())
        elif quote is not None and quote.price is not None and wish.kind in OF_PRICE:
            stand = price_stand(wish, quote.price, market.tick)
        elif quote is not None and wish.kind is AlertKind.SPREAD:
            stand = spread_stand(wish, quote.bid, quote.ask, market.tick)
        if stand is Stand.REACHED:
            raise InvalidQuantity("That is so already; choose something that is yet to come.")

    def _tell(self, alert: Alert) -> None:
        for listener in tuple(self._listeners):
            listener(alert)


def _still_set(found: Alert | None) -> Alert:
    if found is None or not found.is_active:
        raise NotFound("This alert is not set any more.")
    return found
