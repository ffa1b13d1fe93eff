"""Somebody who looks at markets' cards all the time, and remembers every sentence on them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.domain.continuity import Gap
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from telegram_bot.interruptions import Interruption, Interruptions, joined
from telegram_bot.screens.freshness import priced
from tests.support.sights import Sight
from tests.support.stepped_loop import stepped


@dataclass(slots=True)
class Card:
    """One market's, with the last interruption that was over."""

    tokens: Collection[TokenId]
    over: Interruption | None = None


@dataclass(slots=True)
class Onlooker:
    """Looks whenever the stepped loop is about to let time pass: at what a chat can show."""

    board: PriceBoard
    cards: Sequence[Card]
    wall: float  # seconds from the loop's time to 1970's
    read: set[str] = field(default_factory=set)

    def start(self) -> None:
        stepped().watch(self._look)
        self.board.listen_gaps(self._hear)

    def forget(self) -> None:
        """A new part of the story begins."""
        self.read.clear()
        for card in self.cards:
            card.over = None

    def confirm(self, sight: Sight) -> None:
        """Raises: AssertionError if something else was to be read."""
        missing = [words for words in sight.reads if not self._has_read(words)]
        wrong = [words for words in sight.never if self._has_read(words)]
        assert (missing, wrong) == ([], []), f"on the cards:\n{sorted(self.read)}"

    def confirm_unread(self, denied: Collection[str]) -> None:
        """Raises: AssertionError if one of these could be read by now."""
        wrong = [words for words in denied if self._has_read(words)]
        assert wrong == [], f"on the cards:\n{sorted(self.read)}"

    def _has_read(self, words: str) -> bool:
        return any(words in sentence for sentence in self.read)

    def _hear(self, gap: Gap) -> None:
        for card in self.cards:
            if gap.token in card.tokens:
                card.over = joined(card.over, gap)

    def _look(self) -> None:
        for card in self.cards:
            self._look_at(card)

    def _look_at(self, card: Card) -> None:
        for token in card.tokens:
            reading = self.board.reading(token)
            if reading is not None:
                self.read.add(priced(reading.value, reading.state, reading.age, reading.why))
        line = Interruptions(self.board, stepped().time, self._now).line(card.tokens, card.over)
        if line is not None:
            self.read.add(line)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(stepped().time() + self.wall, UTC)
