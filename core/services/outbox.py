"""What people are to be told: written down with what happened, sent at least once."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.notice import NEWS, News, Notice
from core.domain.units import UserId
from core.services.clock import utc_now
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import notices
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

BATCH: Final = 20  # notices claimed at once
FIRST_PAUSE: Final = timedelta(minutes=2)  # before a second attempt; longer than any first takes
LONGEST_PAUSE: Final = timedelta(hours=1)
MAX_ATTEMPTS: Final = 48  # about two days
REMEMBERED: Final = timedelta(days=30)  # how long the rows of sent ones are kept

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class OutboxStatistics:
    """Totals count from the start of the program."""

    sent: int = 0
    given_up: int = 0
    waiting: int = 0  # when it was last looked


class Outbox:
    """Notices that wait for their delivery, in Postgres: no restart loses one.

    Whoever sends claims first and settles afterwards, so only a crash between the two, or an
    answer of Telegram that was lost, can send one twice.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        now: Callable[[], datetime] = utc_now,
        reached: Reached = unwatched,
    ) -> None:
        self.news = asyncio.Event()  # something may wait to be sent
        self.statistics = OutboxStatistics()
        self._sessions = sessions
        self._now = now
        self._reached = reached

    def now(self) -> datetime:
        """By which notices are due."""
        return self._now()

    async def write_down(
        self,
        session: AsyncSession,
        user_id: UserId,
        key: str,
        news: News,
        *,
        silent: bool = False,
    ) -> None:
        """In the transaction of what it tells of; `news` is set as soon as that is committed.

        `silent`: it comes without a sound.
        """
        told = _told(news, silent=silent)
        await self._add(session, [(user_id, key, told)])

    async def write_all_down(
        self, session: AsyncSession, entries: Sequence[tuple[UserId, str, News]]
    ) -> None:
        """The same for many at once."""
        if entries:
            await self._add(session, [(user, key, _told(news)) for user, key, news in entries])

    async def _add(
        self, session: AsyncSession, entries: Sequence[tuple[UserId, str, notices.Told]]
    ) -> None:
        await notices.add_all(session, entries, self._now())
        event.listen(session.sync_session, "after_commit", lambda _: self.news.set(), once=True)

    async def claim(self) -> list[Notice]:
        """Some that are due; nobody else gets them for a while. Unreadable ones are dropped."""
        now = self._now()
        async with as_worker(self._sessions) as session:
            entries = await notices.claim(session, now, now + FIRST_PAUSE, limit=BATCH)
            read = [(entry, _read(entry)) for entry in entries]
            for entry, notice in read:
                if notice is None:
                    await notices.drop(session, entry.id, now)
        claimed = [notice for _, notice in read if notice is not None]
        if claimed:
            self._reached(Milestone.NOTICE_CLAIMED)
        return claimed

    async def sent(self, notice: Notice, message_id: int) -> None:
        """Telegram has it, as that message of its user's chat."""
        self._reached(Milestone.NOTICE_SENT)
        async with as_worker(self._sessions) as session:
            await notices.mark_sent(session, notice.id, message_id, self._now())
        self._reached(Milestone.NOTICE_MARKED)
        self.statistics.sent += 1

    async def not_sent(self, notice: Notice) -> None:
        """Try again later, less and less often, until it makes no sense any more."""
        if notice.attempts >= MAX_ATTEMPTS:
            await self.undeliverable(notice, "tried too often")
            return
        pause = min(FIRST_PAUSE * 2 ** min(notice.attempts - 1, 10), LONGEST_PAUSE)
        async with as_worker(self._sessions) as session:
            await notices.postpone(session, notice.id, self._now() + pause)

    async def put_off(self, notice: Notice, until: datetime) -> None:
        """Its time has not come: it is due then, as if nobody had tried."""
        async with as_worker(self._sessions) as session:
            await notices.put_off(session, notice.id, until)

    async def unwanted(self, notice: Notice) -> None:
        """Its user does not want to hear of this kind."""
        async with as_worker(self._sessions) as session:
            await notices.drop(session, notice.id, self._now())

    async def undeliverable(self, notice: Notice, reason: str) -> None:
        """Never try again."""
        async with as_worker(self._sessions) as session:
            await notices.drop(session, notice.id, self._now())
        self.statistics.given_up += 1
        logger.warning(
            "A notice is given up: %s", reason, extra={"user_id": notice.user_id, "key": notice.key}
        )

    async def count(self) -> None:
        """Bring `statistics.waiting` up to date."""
        async with as_worker(self._sessions) as session:
            self.statistics.waiting = await notices.waiting(session)

    async def resume(self) -> None:
        """Once, after a start: who claimed before is gone, so all that waits is due at once.

        What was settled long ago is forgotten.
        """
        now = self._now()
        async with as_worker(self._sessions) as session:
            await notices.forget(session, now - REMEMBERED)
            await notices.release(session, now)


def _told(news: News, *, silent: bool = False) -> notices.Told:
    kind = next(kind for kind, told in NEWS.items() if isinstance(news, told))
    return notices.Told(kind, msgspec.to_builtins(news), silent=silent)


def _read(entry: notices.Entry) -> Notice | None:
    try:
        news = msgspec.convert(entry.payload, NEWS[entry.kind])
    except (msgspec.ValidationError, KeyError) as error:  # or of a kind that nothing reads
        logger.error("A notice cannot be read: %s", error, extra={"key": entry.key})  # noqa: TRY400 - its trace says nothing
        return None
    return Notice(
        entry.id,
        entry.user_id,
        entry.telegram_id,
        entry.key,
        entry.attempts,
        news,
        silent=entry.silent,
    )
