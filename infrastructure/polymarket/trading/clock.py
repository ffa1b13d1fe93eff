"""The venue's clock as its answers show it: signatures carry its time, not this machine's."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

SKEW: Final = 2.0  # seconds; more than that is worth a line in the log
STEP: Final = 1.0  # seconds; what the venue states is cut to that

logger = logging.getLogger(__name__)


class VenueClock:
    """Our clock, moved only as far as the venue's answers prove that it is wrong."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        """`wall`: Unix seconds."""
        self._wall = wall
        self._offset = 0.0
        self._edge = 0.0  # seconds that the `Date` of answers is behind the clock that judges us
        self._is_reported = False

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.unix(), UTC)

    def unix(self) -> float:
        """Seconds since 1970 at the venue."""
        return self._wall() + self._offset

    @property
    def skew(self) -> float:
        """Seconds by which the venue is ahead of this machine; 0 unless proven."""
        return self._offset

    def local(self) -> float:
        """Unix seconds by our own clock: for `observe`."""
        return self._wall()

    def observe(self, stated: float, sent: float, received: float) -> None:
        """`stated`: the venue's whole seconds at some time between `sent` and `received`, both
        by `local`. A slow answer proves little, so it changes little.
        """
        earliest, latest = stated - received, stated + STEP - sent
        self._offset = min(max(self._offset, earliest), latest)
        self._report()

    def observe_date(self, header: str, sent: float, received: float) -> None:
        """`header`: the `Date` of an answer; what is no date says nothing."""
        stated = _unix(header)
        if stated is not None:
            self.observe(stated + self._edge, sent, received)

    def tell_apart(self, stated: float, header: str) -> None:
        """Of one answer, what the venue itself states and its `Date`, which whoever stands in front
        of it may have written: if they differ, the venue counts.
        """
        date = _unix(header)
        if date is not None:
            difference = stated - date
            self._edge = difference if abs(difference) > STEP else 0.0

    def _report(self) -> None:
        is_off = abs(self._offset) > SKEW
        if is_off and not self._is_reported:
            logger.warning("This machine's clock is %+.1f s off the venue's", -self._offset)
        elif self._is_reported and not is_off:
            logger.info("This machine's clock agrees with the venue's again")
        self._is_reported = is_off


def _unix(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
