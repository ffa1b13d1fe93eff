"""Watches the price board for everything that is armed, and sells when it is time."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.book import Level
from core.domain.errors import PolycoolError
from core.domain.price import PriceState
from core.domain.trigger import Stake, Trigger, TriggerId, TriggerState
from core.domain.units import Price, TokenId
from core.services.bell import Bell
from core.services.fresh_books import FreshBooks
from core.services.price_board import PriceBoard
from core.services.triggers.firing import TriggerFirer
from core.services.triggers.triggers import Triggers
from core.services.triggers.watching import Watched
from core.storage import markets
from core.storage import triggers as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

HOLD: Final = 1.0  # seconds between the two books that have to agree
SAVE_GAP: Final = 1.0  # seconds between two writes of risen stops
RETRY: Final = 2.0  # seconds before a database that failed is asked again
SWEEP: Final = 60.0  # seconds after which what is armed is read again at the latest

logger = logging.getLogger(__name__)


class TriggerEngine:
    """Decides on live books, and otherwise on books fetched for the decision. One task a sale.

    What a restart finds armed goes on from where it was: an order that was placed is counted, and
    a level has to be seen twice anew.
    """

    def __init__(
        self,
        sessions: Sessions,
        board: PriceBoard,
        books: FreshBooks,
        triggers: Triggers,
        firer: TriggerFirer,
        *,
        hold: float = HOLD,
    ) -> None:
        self._sessions = sessions
        self._board = board
        self._books = books
        self._triggers = triggers
        self._firer = firer
        self._hold = hold
        self._watched: dict[TokenId, dict[TriggerId, Watched]] = {}
        self._stirred: set[TokenId] = set()
        self._asking: set[TokenId] = set()
        self._ask_again: dict[TokenId, float] = {}  # monotonic seconds
        self._risen: dict[TriggerId, Trigger] = {}
        self._saved_at = 0.0
        self._bell = Bell(board.clock)
        self._outdated: set[Stake] = set()
        self._read_at = 0.0
        self._is_failing = False

    @property
    def armed(self) -> int:
        """Triggers that are watched now."""
        return sum(len(of_token) for of_token in self._watched.values())

    @property
    def is_at_rest(self) -> bool:
        """All that was heard has been looked at, and nothing is asked, sold or counted now."""
        watched = (one for of_token in self._watched.values() for one in of_token.values())
        is_busy = self._stirred or self._asking or any(one.is_busy for one in watched)
        return self._bell.is_silent and not (is_busy or self._outdated)

    def wake(self) -> None:
        """Look at what is due. It wakes by itself, unless its clock is one that does not run."""
        self._bell.ring()

    async def run(self) -> None:
        """Until cancelled. A database that fails is asked again."""
        ends = self._board.listen(self._note), self._triggers.listen(self._outdate)
        self._read_at = self._board.clock() - SWEEP
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    await self._keep_up(tasks)
                    self._look_at_all(tasks)
                    await self._bell.wait(self._next_due())
        finally:
            for end in ends:
                end()

    def _outdate(self, stake: Stake) -> None:
        self._outdated.add(stake)
        self._bell.ring()

    def _note(self, token: TokenId) -> None:
        if token in self._watched:
            self._stirred.add(token)
            self._bell.ring()

    def _next_due(self) -> float:
        times = [self._read_at + SWEEP]
        if self._risen:
            times.append(self._saved_at + SAVE_GAP)
        for of_token in self._watched.values():
            for watched in of_token.values():
                due = None if watched.is_busy else watched.due(self._hold)
                if due is not None:
                    times.append(due)
        return min(times)

    async def _keep_up(self, tasks: asyncio.TaskGroup) -> None:
        """In step with Postgres, both ways."""
        now = self._board.clock()
        try:
            if now - self._read_at >= SWEEP:
                self._read_at, self._outdated = now, set()
                await self._read(tasks, None)
            elif self._outdated:
                stakes, self._outdated = self._outdated, set()
                await self._read(tasks, stakes)
            if self._risen and now - self._saved_at >= SAVE_GAP:
                self._saved_at = now
                await self._save()
        except (SQLAlchemyError, OSError) as fault:
            self._read_at = now - SWEEP + RETRY
            if not self._is_failing:
                logger.warning("Triggers cannot be read or kept: %s", type(fault).__name__)
            self._is_failing = True
        else:
            self._is_failing = False

    async def _read(self, tasks: asyncio.TaskGroup, stakes: Collection[Stake] | None) -> None:
        """What is armed on those; all that is armed without `stakes`."""
        async with as_worker(self._sessions) as session:
            armed = await stored.armed(session, stakes)
            found = await markets.by_ids(session, sorted({one.market_id for one, _ in armed}))
        known = self._forget(stakes)
        for trigger, is_held in armed:
            market = found[trigger.market_id]
            before = known.get(trigger.id)
            one = before or Watched(trigger, market.minimum_size, market.tick)
            one.minimum, one.tick = market.minimum_size, market.tick  # a venue changes them
            self._watched.setdefault(trigger.token_id, {})[trigger.id] = one
            one.has_news = one.is_busy
            if before is None or (not one.is_busy and (one.is_waiting or not is_held)):
                one.is_busy = True  # an order of before is counted before anything else
                tasks.create_task(self._settle(one, None), name=f"trigger-{trigger.id}")
            self._stirred.add(trigger.token_id)
        self._ask_again = {one: at for one, at in self._ask_again.items() if one in self._watched}

    def _forget(self, stakes: Collection[Stake] | None) -> dict[TriggerId, Watched]:
        """What was watched on those, and is not any more."""
        tokens = set(self._watched) if stakes is None else {one.token for one in stakes}
        found = [one for token in tokens for one in self._watched.get(token, {}).values()]
        known = {
            one.trigger.id: one for one in found if stakes is None or one.trigger.stake in stakes
        }
        for one in known.values():
            self._unwatch(one.trigger)
        return known

    def _unwatch(self, trigger: Trigger) -> None:
        of_token = self._watched.get(trigger.token_id, {})
        of_token.pop(trigger.id, None)
        if not of_token:
            self._watched.pop(trigger.token_id, None)

    async def _save(self) -> None:
        risen, self._risen = self._risen, {}
        try:
            async with as_worker(self._sessions) as session:
                await stored.raise_stops(session, risen.values())
        except (SQLAlchemyError, OSError):
            self._risen = risen | self._risen
            raise

    def _look_at_all(self, tasks: asyncio.TaskGroup) -> None:
        now = self._board.clock()
        tokens, self._stirred = self._stirred, set()
        for token, of_token in self._watched.items():
            dues = (one.due(self._hold) for one in of_token.values() if not one.is_busy)
            if token in tokens or any(due is not None and due <= now for due in dues):
                self._look(token, tasks)

    def _look(self, token: TokenId, tasks: asyncio.TaskGroup) -> None:
        for watched in self._watched[token].values():
            watched.checked = self._board.clock()
        quote, state = self._board.quote(token), self._board.state(token)
        if quote is None or quote.book is None or quote.book.is_crossed:
            return
        if state is PriceState.LIVE:
            self._decide(token, quote.book.best_bids, tasks)
        elif state is PriceState.POLLED and self._is_worth_asking(token, quote.bid):
            self._asking.add(token)
            tasks.create_task(self._ask(token, tasks), name=f"trigger-book-{token[:8]}")

    def _is_worth_asking(self, token: TokenId, bid: Price | None) -> bool:
        """A polled price says enough to ask for the book, and not enough to sell."""
        if token in self._asking or self._board.clock() < self._ask_again.get(token, 0.0):
            return False
        watched = (one.trigger for one in self._idle(token))
        return any(one.is_reached(bid) or one.is_risen(bid) for one in watched)

    async def _ask(self, token: TokenId, tasks: asyncio.TaskGroup) -> None:
        """Decide on a book that is fetched for it; nothing is decided without one.

        The fetched book comes to the board as well, so it must be no reason to fetch it again.
        """
        asked = self._board.clock()
        try:
            book = await self._books.book(token)
        except PolycoolError as fault:
            logger.info("A trigger has no book to decide on: %s", fault)
        else:
            self._decide(token, lambda: book.bids, tasks)
        finally:
            self._asking.discard(token)
            self._ask_again[token] = asked + self._hold

    def _decide(
        self, token: TokenId, bids: Callable[[], Iterable[Level]], tasks: asyncio.TaskGroup
    ) -> None:
        now, epoch = self._board.clock(), self._board.epoch(token)
        for watched in self._idle(token):
            before = watched.trigger
            bid = watched.look(bids(), now, epoch, self._hold)
            if watched.trigger is not before:
                self._risen[watched.trigger.id] = watched.trigger
            if bid is not None and not self._is_sold_otherwise(watched):
                watched.is_busy = True
                tasks.create_task(self._fire(watched, bid), name=f"trigger-{before.id}")

    def _is_sold_otherwise(self, watched: Watched) -> bool:
        """One sale a position at a time: another would find its shares reserved, and say so."""
        trigger = watched.trigger
        return any(
            one is not watched and (one.is_busy or one.is_waiting)
            for one in self._watched.get(trigger.token_id, {}).values()
            if one.trigger.position_id == trigger.position_id
        )

    def _idle(self, token: TokenId) -> list[Watched]:
        now = self._board.clock()
        found = self._watched.get(token, {}).values()
        return [one for one in found if not one.is_busy and one.retry_at <= now]

    async def _fire(self, watched: Watched, bid: Price) -> None:
        before = watched.trigger
        logger.info(
            "Trigger fires",
            extra={"user_id": before.user_id, "trigger_id": before.id, "bid": str(bid)},
        )
        await self._settle(watched, bid)

    async def _settle(self, watched: Watched, bid: Price | None) -> None:
        before = watched.trigger
        is_firing = bid is not None
        try:
            fired = self._firer.finish(before) if bid is None else self._firer.fire(before, bid)
            watched.after(await fired, self._board.clock())
        except (PolycoolError, SQLAlchemyError, OSError) as fault:
            logger.warning("A trigger could not sell: %s", fault, extra={"trigger_id": before.id})
            watched.lost(self._board.clock(), is_firing=is_firing)
            self._read_at = min(self._read_at, self._board.clock() - SWEEP + RETRY)
        if watched.trigger.state is not TriggerState.ARMED:
            self._unwatch(before)
        elif watched.has_news:
            watched.has_news = False
            self._outdate(before.stake)
        self._note(before.token_id)  # nobody looked at it meanwhile
