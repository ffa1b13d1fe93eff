"""Whether a token's news is late: later than it used to be, by more than networks explain."""

from typing import Final

LATE: Final = 2.0  # seconds beyond the least lag, or between REST's answer and the same by socket


class Lateness:
    """Lags are seconds from the venue's timestamp to the receipt, by clocks that may differ by any.

    Whoever is late for long is not excused by that: only a book by REST that knows nothing newer
    than the stream makes a greater lag the usual one.
    """

    __slots__ = ("_least", "_newest")

    def __init__(self) -> None:
        self._least = self._newest = float("inf")

    @property
    def is_late(self) -> bool:
        """Whether the newest news was."""
        return self._newest - self._least > LATE

    def would_be_late(self, lag: float) -> bool:
        """Whether news with this lag is."""
        return lag - self._least > LATE

    def tell(self, lag: float) -> None:
        """Of the newest news."""
        self._newest = lag
        self._least = min(self._least, lag)

    def refute(self) -> None:
        """The newest news was on time: a clock has changed."""
        self._least = self._newest
