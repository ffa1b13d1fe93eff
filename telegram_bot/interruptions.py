"""What a card tells of interruptions: those that last, and for a while the one that ended."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.domain.continuity import Gap
from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId
from core.services.clock import utc_now
from core.services.price_board import PriceBoard
from telegram_bot.screens.continuity import POLLED_INSTEAD, Orders, restored, stopped
from telegram_bot.words import say

TOLD: Final = 60.0  # seconds that a card tells of an interruption which is over
FIRST_BOOKS: Final = 6.0  # seconds that the stream gets before a card says that it brings nothing


@dataclass(frozen=True, slots=True)
class Interruption:
    """Gaps of a card's tokens that are over, as far as they belong together. Monotonic seconds."""

    began: float
    ended: float


def joined(before: Interruption | None, gap: Gap) -> Interruption | None:
    """What there is to tell after `gap` ended; tokens that were lost together are one story."""
    if gap.ended is None:
        return before
    if before is None or gap.began > before.ended:
        return Interruption(gap.began, gap.ended)
    return Interruption(min(before.began, gap.began), max(before.ended, gap.ended))


class Interruptions:
    """Knows what is wrong with some tokens now, and puts it into words."""

    def __init__(
        self,
        board: PriceBoard,
        now: Callable[[], float],
        wall: Callable[[], datetime] = utc_now,
    ) -> None:
        """`now`: the monotonic clock of the board."""
        self._board = board
        self._now = now
        self._wall = wall

    def line(
        self,
        tokens: Collection[TokenId],
        over: Interruption | None = None,
        *,
        looked_for: float = 0.0,
    ) -> str | None:
        """The one thing to tell those who look at `tokens`, for `looked_for` seconds by now."""
        gaps = [gap for token in tokens if (gap := self._board.gap(token)) is not None]
        if gaps:
            return self._stopped(min(gaps, key=lambda gap: gap.began), gaps)
        if over is not None and self._now() - over.ended < TOLD:
            return restored(over.ended - over.began, self._moment(over.ended))
        if looked_for >= FIRST_BOOKS and any(self._brings_nothing(token) for token in tokens):
            return say(POLLED_INSTEAD)
        return None

    def _stopped(self, first: Gap, gaps: list[Gap]) -> str:
        states = {self._board.state(gap.token) for gap in gaps}
        return stopped(first.why, self._moment(first.began), _orders(states))

    def _brings_nothing(self, token: TokenId) -> bool:
        is_polled = self._board.state(token) is PriceState.POLLED
        return is_polled and self._board.why(token) in {None, Doubt.UNHEARD}

    def _moment(self, monotonic: float) -> datetime:
        return self._wall() - timedelta(seconds=self._now() - monotonic)


def _orders(states: Collection[PriceState]) -> Orders:
    """What those who are not live leave of them: an answer for some is not one for all."""
    if all(state is PriceState.POLLED for state in states):
        return Orders.WORK
    is_refused = PriceState.DOWN in states and PriceState.POLLED not in states
    return Orders.WAIT if is_refused else Orders.ASK
