"""Tells people that a market which they hold or watch ends soon."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from core.domain.notice import ClosingSoon
from core.services.beating import beat
from core.services.outbox import Outbox
from core.storage import alert_subjects
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

AHEAD: Final = timedelta(hours=1)
BEAT: Final = 60.0  # seconds


class ClosingWatch:
    """One notice a user, market and end: a market whose end was put off is told again."""

    def __init__(
        self,
        sessions: Sessions,
        outbox: Outbox,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._now = now

    async def run(self) -> None:
        """Until cancelled; a database that fails is asked again."""
        await beat("Markets that end", self.look, BEAT)

    async def look(self) -> int:
        """How many were told."""
        async with as_worker(self._sessions) as session:
            found = await alert_subjects.endings(session, self._now(), AHEAD)
            for one in found:
                news = ClosingSoon(one.market_id, one.question, one.ends_at, is_held=one.is_held)
                await self._outbox.write_down(session, one.user_id, one.key, news)
        return len(found)
