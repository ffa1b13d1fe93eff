"""Tells holders that the prices of what they hold have not been live for a while, and are again."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from core.domain.continuity import Gap
from core.domain.notice import FeedTrouble
from core.domain.price import PriceState
from core.domain.units import MarketId, TokenId, UserId
from core.services.beating import beat
from core.services.outbox import Outbox
from core.services.price_board import PriceBoard
from core.storage import alert_subjects
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

PATIENCE: Final = 60.0  # seconds without a live price
BEAT: Final = 5.0  # seconds


@dataclass(slots=True)
class _Trouble:
    """What one user's prices lack: `markets` now, `began` with the first of them."""

    markets: set[MarketId]
    began: float  # monotonic seconds
    is_paused: bool = False


class FeedWatch:
    """One notice a user and episode, which ends when all of the user's prices are live again."""

    def __init__(
        self,
        sessions: Sessions,
        board: PriceBoard,
        outbox: Outbox,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sessions = sessions
        self._board = board
        self._outbox = outbox
        self._now = now
        self._open: dict[TokenId, Gap] = {}
        self._told: dict[UserId, FeedTrouble] = {}  # episodes that are not over

    async def run(self) -> None:
        """Until cancelled; a database that fails is asked again."""
        with self.listening():
            await beat("Prices that are not live", self.look, BEAT)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Gaps that open meanwhile are known."""
        end = self._board.listen_gaps(self._note)
        try:
            yield
        finally:
            end()

    def _note(self, gap: Gap) -> None:
        if gap.ended is None:
            self._open[gap.token] = gap
        else:
            self._open.pop(gap.token, None)

    async def look(self) -> None:
        """Who has waited for longer than `PATIENCE`, and whose prices are back."""
        now = self._board.clock()
        lasting = {one: gap for one, gap in self._open.items() if now - gap.began >= PATIENCE}
        if not (lasting or self._told):
            return
        async with as_worker(self._sessions) as session:
            held = await alert_subjects.holders(session, lasting) if lasting else ()
            troubles = self._troubles(held, lasting)
            begun = {
                user: self._news(trouble)
                for user, trouble in troubles.items()
                if user not in self._told
            }
            over = {
                user: FeedTrouble(told.since, told.markets, told.is_paused, is_over=True)
                for user, told in self._told.items()
                if user not in troubles
            }
            for user, news in (*begun.items(), *over.items()):
                await self._outbox.write_down(session, user, _key(user, news), news)
        self._told.update(begun)
        for user in over:
            del self._told[user]

    def _troubles(
        self,
        held: alert_subjects.Holders,
        lasting: Mapping[TokenId, Gap],
    ) -> Mapping[UserId, _Trouble]:
        found: dict[UserId, _Trouble] = defaultdict(lambda: _Trouble(set(), float("inf")))
        for user, market, token in held:
            trouble = found[user]
            trouble.markets.add(market)
            trouble.began = min(trouble.began, lasting[token].began)
            trouble.is_paused |= self._board.state(token) is not PriceState.POLLED
        return found

    def _news(self, trouble: _Trouble) -> FeedTrouble:
        lasted = timedelta(seconds=self._board.clock() - trouble.began)
        return FeedTrouble(self._now() - lasted, len(trouble.markets), trouble.is_paused)


def _key(user: UserId, news: FeedTrouble) -> str:
    return f"feed:{user}:{news.since.isoformat()}{':over' if news.is_over else ''}"
