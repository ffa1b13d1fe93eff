"""Watches the price board for everything that people want to hear of, and tells it once."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.alert import Alert, AlertId, AlertKind, AlertState
from core.domain.market import Market
from core.domain.notice import AlertFired
from core.domain.price import PriceState, Quote
from core.domain.units import TokenId
from core.services.alerts.alert_wishes import AlertWishes
from core.services.alerts.alerts import Alerts
from core.services.alerts.observing import Observed, Sight
from core.services.outbox import Outbox
from core.services.price_board import PriceBoard
from core.storage import alerts as stored
from core.storage import markets
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

BEAT: Final = 20.0  # seconds between two looks at the time, and at markets that have ended
RETRY: Final = 2.0  # seconds before a database that failed is asked again
TOGETHER: Final = 50  # changes of one transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Change:
    """From one state to the next; `news` if that is to be told."""

    before: Alert
    after: Alert
    news: AlertFired | None


class AlertEngine:
    """One task. What was seen is kept until it is committed, also while the database is away.

    State and number in Postgres decide: a firing is told with the transaction that moves them,
    so neither a restart nor a second engine tells it again.
    """

    def __init__(
        self,
        sessions: Sessions,
        board: PriceBoard,
        alerts: Alerts,
        outbox: Outbox,
        wishes: AlertWishes,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sessions = sessions
        self._board = board
        self._alerts = alerts
        self._outbox = outbox
        self._wishes = wishes
        self._now = now
        self._known: dict[AlertId, Observed] = {}
        self._of_token: dict[TokenId, dict[AlertId, Observed]] = defaultdict(dict)
        self._stirred: set[TokenId] = set()
        self._set: list[Alert] = []  # by their users, and not looked at yet
        self._changes: list[_Change] = []  # seen, and not committed yet
        self._wake = asyncio.Event()
        self._is_read = False
        self._beat_at = 0.0  # monotonic seconds
        self._retry_at = 0.0
        self._is_failing = False
        self._is_busy = False

    @property
    def watched(self) -> int:
        """Alerts that are set."""
        return len(self._known)

    @property
    def is_at_rest(self) -> bool:
        """All that was heard has been looked at, and what follows is committed."""
        waits = self._stirred or self._set or self._changes or self._wake.is_set()
        return self._is_read and not (waits or self._is_busy)

    @property
    def has_failed(self) -> bool:
        """The database could not be asked the last time."""
        return self._is_failing

    def wake(self) -> None:
        """Look at the time as well. It wakes by itself, unless its clock does not run."""
        self._beat_at = 0.0
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. A database that fails is asked again."""
        ends = self._board.listen(self._note), self._alerts.listen(self._take)
        self._is_read = False
        try:
            while True:
                self._wake.clear()
                self._is_busy = True
                await self._keep_up()
                self._is_busy = False
                await self._wait()
        finally:
            for end in ends:
                end()

    def _note(self, token: TokenId) -> None:
        if token in self._of_token:
            self._stirred.add(token)
            self._wake.set()

    def _take(self, alert: Alert) -> None:
        self._set.append(alert)
        self._wake.set()

    async def _wait(self) -> None:
        due = self._retry_at if self._is_failing else self._beat_at + BEAT
        try:
            async with asyncio.timeout(max(0.0, due - self._board.clock())):
                await self._wake.wait()
                if self._is_failing:
                    await asyncio.sleep(max(0.0, due - self._board.clock()))
        except TimeoutError:
            pass

    async def _keep_up(self) -> None:
        try:
            if not self._is_read:
                await self._read()
            await self._take_over()
            self._look_at_prices()
            if self._board.clock() >= self._beat_at + BEAT or not self._beat_at:
                await self._beat()
            await self._commit()
        except (SQLAlchemyError, OSError) as fault:
            if not self._is_failing:
                logger.warning("Alerts cannot be read or kept: %s", type(fault).__name__)
            self._is_failing = True
            self._retry_at = self._board.clock() + RETRY
        else:
            self._is_failing = False

    async def _read(self) -> None:
        await self._commit()  # what was seen before counts
        self._set.clear()  # they are committed, so they are read now
        async with as_worker(self._sessions) as session:
            active = await stored.active(session)
            found = await markets.by_ids(session, sorted({one.market_id for one in active}))
        self._known.clear()
        self._of_token.clear()
        for alert in active:
            self._watch(alert, found[alert.market_id])
        await self._wishes.replace(active)
        self._is_read = True

    async def _take_over(self) -> None:
        """What people have set, muted and removed since."""
        while self._set:
            alert = self._set[0]
            known = self._known.get(alert.id)
            if not alert.is_active:
                await self._forget(alert.id)
            elif known is not None:
                known.take(alert)
                self._stirred.add(alert.token_id)
            else:
                async with as_worker(self._sessions) as session:
                    market = await markets.by_id(session, alert.market_id)
                self._watch(alert, market)
                await self._wishes.add(alert)
            self._set.pop(0)

    def _watch(self, alert: Alert, market: Market) -> None:
        observed = Observed(alert, market.question, market.tick, market.ends_at)
        self._known[alert.id] = self._of_token[alert.token_id][alert.id] = observed
        self._stirred.add(alert.token_id)

    async def _forget(self, alert_id: AlertId) -> None:
        observed = self._known.pop(alert_id, None)
        if observed is None:
            return
        token = observed.alert.token_id
        self._of_token[token].pop(alert_id, None)
        if not self._of_token[token]:
            del self._of_token[token]
        await self._wishes.drop(observed.alert)

    def _look_at_prices(self) -> None:
        tokens, self._stirred = self._stirred, set()
        now = self._now()
        for token in tokens:
            sight = self._sight(token)
            if sight is None:
                continue
            for observed in self._of_token.get(token, {}).values():
                self._note_change(observed, observed.look(sight, now), sight)

    def _sight(self, token: TokenId) -> Sight | None:
        """None where nothing may be decided: doubtful, crossed, or of before the last gap."""
        quote, state = self._board.quote(token), self._board.state(token)
        if quote is None or state not in {PriceState.LIVE, PriceState.POLLED}:
            return None
        is_live, now = state is PriceState.LIVE, self._board.clock()
        if quote.book is not None and quote.book.is_crossed:
            return None
        if not is_live and not self._board.is_since_gap(token):
            return None
        return Sight(quote, is_live, self._board.epoch(token), now)

    def _note_change(self, observed: Observed, before: Alert | None, sight: Sight | None) -> None:
        if before is None:
            return
        after = observed.alert
        is_firing = after.state is AlertState.FIRED
        news = self._news(observed, sight) if is_firing else None
        self._changes.append(_Change(before, after, news))

    def _news(self, observed: Observed, sight: Sight | None) -> AlertFired:
        alert = observed.alert
        quote: Quote | None = self._board.quote(alert.token_id) if sight is None else sight.quote
        return AlertFired(
            alert_id=alert.id,
            market_id=alert.market_id,
            question=observed.question,
            outcome=alert.outcome,
            wish=alert.wish,
            price=None if quote is None else quote.price,
            at=self._now(),
            is_polled=sight is not None and not sight.is_live,
        )

    async def _beat(self) -> None:
        """What time alone changes: ends that come near, markets that are over, mutes that end."""
        async with as_worker(self._sessions) as session:
            over = await stored.end_closed(session)
            of_time = {
                one.alert.market_id
                for one in self._known.values()
                if one.alert.wish.kind is AlertKind.CLOSING
            }
            ends = await stored.endings(session, of_time)
        for alert_id in over:
            await self._forget(alert_id)
        now = self._now()
        for observed in self._known.values():
            if observed.alert.market_id in ends:
                observed.ends_at = ends[observed.alert.market_id]
            self._note_change(observed, observed.look_at_time(now), None)
            if observed.alert.muted_until is not None:
                self._stirred.add(observed.alert.token_id)
        self._look_at_prices()
        self._beat_at = self._board.clock()

    async def _commit(self) -> None:
        while self._changes:
            together = self._next_changes()
            async with as_worker(self._sessions) as session:
                await self._settle(session, together)
            del self._changes[: len(together)]

    def _next_changes(self) -> list[_Change]:
        """Those that come first, as long as each is of another alert."""
        seen, together = set[AlertId](), list[_Change]()
        for change in self._changes[:TOGETHER]:
            if change.after.id in seen:
                break
            seen.add(change.after.id)
            together.append(change)
        return together

    async def _settle(self, session: AsyncSession, changes: Sequence[_Change]) -> None:
        """In the transaction; what somebody else has told before is not told again."""
        moved = await stored.step(session, [(each.before, each.after) for each in changes])
        told = [
            (each.after.user_id, each.before.key, each.news)
            for each in changes
            if each.news is not None and each.after.id in moved
        ]
        await self._outbox.write_all_down(session, told)
        if len(moved) < len(changes):
            self._is_read = False  # Postgres knows better
            self._wake.set()
