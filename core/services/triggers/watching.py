"""What is seen of one armed trigger from book to book: pure, on a clock of the caller's."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.domain.book import Level
from core.domain.trigger import Fired, Sighting, Trigger, executable_bid, is_held
from core.domain.units import Price, Size

FIRST_RETRY: Final = 5.0  # seconds after a try that was refused, doubled by each further one
LONGEST_RETRY: Final = 60.0


@dataclass(slots=True)
class Watched:
    """One armed trigger, and since when a book has been saying what it waits for.

    A rise that lifts a trailing stop has to be held as long as a fall that fires it: otherwise one
    ghost of a bid would lift the stop above the market, and the next true one would sell.
    """

    trigger: Trigger
    minimum: Size  # shares; the market's least order
    tick: Decimal
    first: Sighting | None = None
    rise: tuple[Price, Sighting] | None = None
    is_busy: bool = False  # an order of it is being placed
    is_waiting: bool = False  # an order of it may be out that is not counted yet
    has_news: bool = False  # something was heard of its shares while it was busy
    retry_at: float = 0.0  # monotonic seconds
    retries: int = 0
    checked: float = 0.0  # monotonic seconds of the last look, successful or not

    def look(self, bids: Iterable[Level], now: float, epoch: int, hold: float) -> Price | None:
        """The executable bid if it is time to sell at it; `bids` best first."""
        size = self.minimum if self.trigger.left is None else self.trigger.left
        bid = executable_bid(bids, size, self.minimum)
        self._follow(bid, now, epoch, hold)
        if bid is None or not self.trigger.is_reached(bid):
            self.first = None
            return None
        if self.first is None or self.first.epoch != epoch:
            self.first = Sighting(now, epoch)
        return bid if is_held(self.first, now, epoch, hold) else None

    def due(self, hold: float) -> float | None:
        """When it should be looked at although nothing changes; None if that has been done."""
        seen = (self.first, self.rise and self.rise[1])
        times = [self.retry_at, *(max(one.at + hold, self.retry_at) for one in seen if one)]
        return min((time for time in times if time > self.checked), default=None)

    def after(self, fired: Fired, now: float) -> None:
        """A try or a count is over: the next try has to see it twice again.

        Only a refusal puts it off, or an order that is out: after bids that were gone before the
        order came, the hold is pause enough.
        """
        is_counted = fired.trigger.shot > self.trigger.shot
        self.trigger, self.is_waiting = fired.trigger, fired.is_order_out
        self.is_busy, self.first = False, None
        if fired.is_order_out or fired.is_refused:
            self._put_off(now)
        elif is_counted:
            self.retries, self.retry_at = 0, 0.0

    def lost(self, now: float, *, is_firing: bool) -> None:
        """Nobody knows what came of a try or a count, so there may be an order."""
        self.is_busy, self.is_waiting, self.first = False, True, None
        if is_firing:
            self._put_off(now)

    def _put_off(self, now: float) -> None:
        pause = min(FIRST_RETRY * 2 ** min(self.retries, 10), LONGEST_RETRY)
        self.retries += 1
        self.retry_at = now + pause

    def _follow(self, bid: Price | None, now: float, epoch: int, hold: float) -> None:
        if bid is None or not self.trigger.is_risen(bid):
            self.rise = None
            return
        if self.rise is None or self.rise[1].epoch != epoch:
            self.rise = bid, Sighting(now, epoch)
        least = min(self.rise[0], bid)
        self.rise = least, self.rise[1]
        if is_held(self.rise[1], now, epoch, hold):
            self.trigger, self.rise = self.trigger.lifted(least, self.tick), None
