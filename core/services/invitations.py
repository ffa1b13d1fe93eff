"""One-time invitations: only their hashes are kept, and each lets one person in within a day."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import Rejected
from core.domain.units import UserId
from core.domain.user import Role
from core.services.audit import Audit, named
from core.services.clock import utc_now
from core.services.people import refuse_others
from core.storage import invitations as stored
from core.storage import users
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

LIFETIME: Final = timedelta(hours=24)
LONGEST: Final = 64  # characters of what may be a code


class Invitations:
    def __init__(
        self, sessions: Sessions, audit: Audit, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._sessions = sessions
        self._audit = audit
        self._now = now

    async def make(self, by: UserId, role: Role) -> str:
        """A code that nobody but its reader will ever know.

        Raises: Rejected for anybody but the owner.
        """
        if role is Role.OWNER:
            raise Rejected("There is one owner, and nobody can be invited to be another.")
        code, now = secrets.token_urlsafe(16), self._now()
        async with as_worker(self._sessions) as session:
            await refuse_others(session, by)
            await stored.add(session, hashed(code), role, by, now + LIFETIME)
            await self._audit.note(
                session, named(by), "invitation made", {"role": role.value}, user=by
            )
        return code


async def redeem(
    session: AsyncSession, telegram_id: int, first_name: str, code: str, now: datetime
) -> UserId | None:
    """Whom the code lets in, in this transaction; None if it is nobody's, used or too old.

    Who is blocked stays so, and the invitation unused.
    """
    found = await stored.lock_open(session, hashed(code), now)
    if found is None or await users.is_blocked(session, telegram_id):
        return None
    user = await users.save(session, telegram_id, first_name, found.role)
    await users.set_role(session, user.id, found.role)
    await stored.use(session, found, user.id, now)
    details = {"role": found.role.value, "invited by": named(found.made_by)}
    await Audit.note(session, named(user.id), "invitation used", details, user=user.id)
    return user.id


def hashed(code: str) -> str:
    """Of the code as it is: capitals count."""
    return hashlib.sha256(code[:LONGEST].encode("utf-8", "replace")).hexdigest()
