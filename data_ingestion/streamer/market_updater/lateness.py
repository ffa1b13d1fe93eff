"""Whether a token's news is late: later than it used to be, by more than networks explain."""

from collections.abc import Iterable
from typing import Final

LATE: Final = 2.0  # seconds beyond the least lag, or between REST's answer and the same by socket
UNKNOWN: Final = float("inf")
FIRST: Final = 8.0  # seconds that the very first news may be old by our clock, and LATE besides
ASTRAY: Final = 3600.0  # seconds; news that is older than that says more of clocks than of news


class Lateness:
    """Lags are seconds from the venue's timestamp to the receipt, by clocks that may differ by any.

    Whoever is late for long is not excused by that: only a book by REST that knows nothing newer
    than the stream makes a greater lag the usual one.
    """

    __slots__ = ("_least", "_limit", "_newest", "confirmed")

    def __init__(self) -> None:
        self._least = self._newest = UNKNOWN
        self._limit = UNKNOWN  # what our own clock allows while nobody knows better
        self.confirmed = UNKNOWN  # the least lag but one: a single news that is early says nothing

    @property
    def is_new(self) -> bool:
        """Whether nothing is known yet."""
        return self._least == UNKNOWN

    @property
    def is_late(self) -> bool:
        """Whether the newest news was."""
        return self.would_be_late(self._newest)

    def would_be_late(self, lag: float) -> bool:
        """Whether news with this lag is."""
        return lag - min(self._least, self._limit) > LATE

    def begin(self, usual: float) -> None:
        """The token is new, but not its venue: with lags of `usual` news is on time."""
        self._least = self.confirmed = usual

    def limit(self, most: float) -> None:
        """The venue is new as well: news with lags up to `most` may be on time."""
        self._limit = most

    def tell(self, lag: float) -> None:
        """Of the newest news; what is beyond the limit is no example for anybody."""
        self._newest = lag
        if lag - self._limit > LATE:
            return
        self._least, self.confirmed = sorted((lag, self._least, self.confirmed))[:2]

    def refute(self) -> None:
        """The newest news was on time: a clock has changed."""
        self._least = self.confirmed = self._newest
        self._limit = UNKNOWN


def first_lag(told: float, age: float) -> float:
    """The greatest lag of a venue's very first news, told with this one, that may be on time.

    `age` is what its lag is by the clock of this machine, which may be wrong. Then one book that
    is asked for and comes at once refutes it; a stream that is late brings none at once.
    """
    return UNKNOWN if age > ASTRAY else told - age + FIRST


def usual_lag(told: Iterable[tuple[str, Lateness]], before: float) -> float:
    """The lag with which a venue's news comes when it is on time, by the name of each market.

    It is the least but one of the markets', so that one whose clock is ahead makes nobody late;
    `before` where nothing is known of any.
    """
    markets = dict[str, float]()
    for market, lateness in told:
        markets[market] = min(lateness.confirmed, markets.get(market, UNKNOWN))
    known = sorted(lag for lag in markets.values() if lag < UNKNOWN)[:2]
    return known[-1] if known else before
