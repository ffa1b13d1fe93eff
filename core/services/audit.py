"""Who did what: noted with the deed, never changed, and provable."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.storage import audit
from core.storage.models import Sessions
from core.storage.tenancy import as_worker


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


async def prove_audit(sessions: Sessions) -> AuditProof:
    """Recompute every hash outside of the database. A row missing in between breaks the chain."""
    rows, head = 0, ""
    async with as_worker(sessions) as session:
        async for link in audit.links(session):
            digest = hashlib.sha256(link.content.encode()).hexdigest()
            if (link.id, link.previous, link.hash) != (rows + 1, head, digest):
                return AuditProof(rows, head, broken_at=link.id)
            rows, head = link.id, link.hash
    return AuditProof(rows, head, broken_at=None)
