"""Who did what: noted with the deed, never changed, provable, and in the end forgotten."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.services.clock import utc_now
from core.storage import audit
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

PERIOD: Final = 86_400.0  # seconds between two looks at what is too old
LEAST_KEPT: Final = timedelta(days=31)  # the database lets go of nothing that is younger

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditProof:
    """`head` is the newest hash: kept elsewhere, it also proves that nothing was cut off since."""

    rows: int
    head: str
    broken_at: int | None  # the first row that does not fit; None = the chain is whole


class Audit:
    """Notes are made in the transaction of the deed: neither is without the other."""

    @staticmethod
    async def note(
        session: AsyncSession,
        actor: str,
        what: str,
        details: Mapping[str, object],
        *,
        user: UserId | None = None,
    ) -> None:
        """`actor` did `what`; `user` is the person it is about, who may read it.

        The last thing in a transaction, since all others who note something wait for its end.
        `details` hold no secrets; amounts are strings.
        """
        await audit.add(session, actor, user, what, details)


def named(user: UserId) -> str:
    """Somebody as the audit names them."""
    return f"user {user}"


class AuditAge:
    """Takes what is too old off the beginning; a row further on keeps what the rest hangs on."""

    def __init__(
        self,
        sessions: Sessions,
        kept_for: timedelta,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._kept_for = max(kept_for, LEAST_KEPT)
        self._now = now

    async def run(self) -> None:
        """Until cancelled. What could not be forgotten today is tomorrow."""
        while True:
            try:
                await self.forget()
            except (SQLAlchemyError, OSError) as fault:
                logger.warning("Old rows of the audit stay for now: %s", fault)
            await asyncio.sleep(PERIOD)

    async def forget(self) -> int:
        """How many rows went."""
        async with as_worker(self._sessions) as session:
            return await audit.forget(session, self._now() - self._kept_for)


async def prove_audit(sessions: Sessions) -> AuditProof:
    """Recompute every hash outside of the database. A row missing in between breaks the chain,
    and so does a missing beginning that no row names.
    """
    rows, number, head = 0, 0, ""
    unnamed: tuple[int, str] | None = None  # the last row of a beginning that is gone
    async with as_worker(sessions) as session:
        async for link in audit.links(session):
            if not rows and link.id != 1:
                unnamed = number, head = link.id - 1, link.previous
                first = link.id
            digest = hashlib.sha256(link.content.encode()).hexdigest()
            if (link.id, link.previous, link.hash) != (number + 1, head, digest):
                return AuditProof(rows, head, broken_at=link.id)
            rows, number, head = rows + 1, link.id, link.hash
            if link.forgets == unnamed:
                unnamed = None
    return AuditProof(rows, head, broken_at=None if unnamed is None else first)
