"""Who is let in, as the owner sees and changes it; each change is in the audit."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import NotFound, Rejected
from core.domain.sentences import mark
from core.domain.units import UserId
from core.domain.user import Member, Role
from core.services.audit import Audit, named
from core.services.clock import utc_now
from core.storage import users
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

OWNER_ONLY: Final = mark("Only the owner of this bot can do that.")
ONE_OWNER: Final = mark("The owner stays the owner: that is decided where this bot is set up.")
NOBODY: Final = mark("There is no such person here.")

Listener: TypeAlias = Callable[[Member], Awaitable[None]]


class People:
    """Listeners are told of everybody who is no longer what they were, once it is so."""

    def __init__(
        self, sessions: Sessions, audit: Audit, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._sessions = sessions
        self._audit = audit
        self._now = now
        self._listeners: list[Listener] = []

    def on_change(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def list(self) -> Sequence[Member]:
        """Everybody, also who is blocked, in the order in which they came."""
        async with as_worker(self._sessions) as session:
            return await users.members(session)

    async def find(self, user: UserId) -> Member:
        """Raises: NotFound."""
        found = next((each for each in await self.list() if each.user.id == user), None)
        if found is None:
            raise NotFound(NOBODY)
        return found

    async def change_role(self, by: UserId, user: UserId, role: Role) -> Member:
        """From their next act on. Raises: Rejected for anybody but the owner, NotFound."""
        if role is Role.OWNER:
            raise Rejected(ONE_OWNER)

        async def change(session: AsyncSession, before: Member) -> Mapping[str, object]:
            await users.set_role(session, user, role)
            return {"from": before.user.role.value, "to": role.value}

        return await self._change(by, user, "role changed", change)

    async def block(self, by: UserId, user: UserId) -> Member:
        """Out at once; what sells by itself goes on, since their shares stay theirs.

        Raises: Rejected for anybody but the owner, NotFound.
        """

        async def change(session: AsyncSession, _: Member) -> Mapping[str, object]:
            await users.set_blocked(session, user, self._now())
            return {}

        return await self._change(by, user, "person blocked", change)

    async def unblock(self, by: UserId, user: UserId) -> Member:
        """Let in as before. Raises: Rejected for anybody but the owner, NotFound."""

        async def change(session: AsyncSession, _: Member) -> Mapping[str, object]:
            await users.set_blocked(session, user, None)
            return {}

        return await self._change(by, user, "person unblocked", change)

    async def _change(
        self,
        by: UserId,
        user: UserId,
        what: str,
        change: Callable[[AsyncSession, Member], Awaitable[Mapping[str, object]]],
    ) -> Member:
        async with as_worker(self._sessions) as session:
            await refuse_others(session, by)
            before = await users.lock_member(session, user)
            if before is None:
                raise NotFound(NOBODY)
            if before.user.role is Role.OWNER:
                raise Rejected(ONE_OWNER)
            details = await change(session, before)
            after = await users.lock_member(session, user)
            await self._audit.note(session, named(by), what, details, user=user)
        if after is None:
            raise NotFound(NOBODY)
        for listener in tuple(self._listeners):
            await listener(after)
        return after


async def refuse_others(session: AsyncSession, by: UserId) -> None:
    """Raises: Rejected for anybody but the owner."""
    if await users.owner_id(session) != by:
        raise Rejected(OWNER_ONLY)
