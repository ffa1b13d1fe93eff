"""What becomes of a book whose news is odd: it is questioned, doubted, or found to be right."""

from collections import Counter
from collections.abc import Callable

from core.domain.health import Doubt
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.market_updater.token_feed import TokenFeed
from data_ingestion.streamer.market_updater.trust import Trust


class Verdicts:
    """Counts what was found, and tells the trust."""

    def __init__(self, trust: Trust, dropped: Counter[str], clock: Callable[[], float]) -> None:
        self.dropped = dropped  # news that was not applied, by reason
        self.unproven: Counter[Verdict] = Counter()  # comparisons that did not match, by result
        self._trust = trust
        self._clock = clock

    def question(self, feed: TokenFeed) -> None:
        """Something is odd about the book: it must prove itself soon."""
        feed.proof.question(self._clock())

    def mismatched(self, feed: TokenFeed) -> None:
        """The newest comparison of hashes did not match, and the frame is over."""
        feed.proof.conclude()
        verdict = feed.proof.verdict
        self.unproven[verdict] += 1
        if verdict is Verdict.WRONG:
            self.doubt(feed, Doubt.HASH, "hash_differs")
        elif feed.proof.mismatches and feed.proof.has_matched:
            feed.proof.question(self._clock())

    def refuse(self, feed: TokenFeed) -> None:
        """News that makes no sense: what it meant is missing now."""
        self.doubt(feed, Doubt.UNREADABLE, "invalid_entry")

    def disagree(self, feed: TokenFeed) -> None:
        """The venue stated another top than ours."""
        self.doubt(feed, Doubt.MISSED, "book_disagrees")

    def crossed(self, feed: TokenFeed) -> None:
        """A bid stands above an ask: the next frame may explain it."""
        if feed.crossed_since is None:
            feed.crossed_since = self._clock()

    def doubt(self, feed: TokenFeed, why: Doubt, reason: str) -> None:
        self.dropped[reason] += 1
        self._trust.doubt(feed, why)
