"""How long a venue that did not answer is left alone."""

from typing import Final

from core.domain.errors import Unavailable
from core.domain.patience import with_jitter

FIRST: Final = 1.0  # seconds after the first failure, less up to a half of it by chance; doubles
LONGEST: Final = 30.0  # seconds
LONGEST_ASKED: Final = 300.0  # seconds; what a venue may ask for itself


class Backoff:
    """Counts failures in a row."""

    def __init__(self) -> None:
        self.failures = 0

    def after(self, fault: Exception, chance: float) -> float:
        """Seconds to wait after one more failure: as the venue says, or longer each time.

        `chance` is between 0 and 1, so that many who failed together do not come back together.
        """
        own = min(FIRST * 2.0 ** min(self.failures, 10), LONGEST) * (1 - chance / 2)
        self.failures += 1
        asked = fault.retry_after if isinstance(fault, Unavailable) else 0.0
        return max(own, with_jitter(min(asked, LONGEST_ASKED), chance))

    def over(self) -> None:
        """The venue answered."""
        self.failures = 0
