"""The prices of the last minutes, coarsely: how far they went, in bounded room."""

from collections import deque
from typing import Final, NamedTuple

from core.domain.units import Price

STEPS: Final = 60  # parts of a window that are told apart


class Range(NamedTuple):
    """`first`: which of the two came before the other."""

    low: Price
    high: Price
    first: Price


class _Step(NamedTuple):
    began: float
    low: Price
    high: Price
    last: Price


class PriceWindow:
    """Of one unbroken series: another epoch begins anew. Times are monotonic seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._steps: deque[_Step] = deque()
        self._epoch: int | None = None

    def add(self, price: Price, now: float, epoch: int) -> Range:
        """What lies within the window after this price.

        The price that stood when the window began is part of it, so that a jump after a long
        rest is seen whole.
        """
        if epoch != self._epoch:
            self._steps.clear()
            self._epoch = epoch
        self._drop_before(now - self._seconds)
        self._keep(price, now)
        return self._range()

    def _keep(self, price: Price, now: float) -> None:
        newest = self._steps[-1] if self._steps else None
        if newest is not None and now - newest.began < self._seconds / STEPS:
            self._steps[-1] = _Step(
                newest.began, min(newest.low, price), max(newest.high, price), price
            )
        else:
            self._steps.append(_Step(now, price, price, price))

    def _drop_before(self, start: float) -> None:
        while len(self._steps) > 1 and self._steps[1].began <= start:
            self._steps.popleft()
        if self._steps and self._steps[0].began + self._seconds / STEPS <= start:
            last = self._steps[0].last
            self._steps[0] = _Step(self._steps[0].began, last, last, last)

    def _range(self) -> Range:
        lowest = min(self._steps, key=lambda step: step.low)
        highest = max(self._steps, key=lambda step: step.high)
        is_rise = lowest.began < highest.began or (
            lowest.began == highest.began and lowest.last >= highest.high
        )
        low, high = lowest.low, highest.high
        return Range(low, high, low if is_rise else high)
