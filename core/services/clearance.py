"""Whether anything but a cancel may leave: asked in the very transaction that commits to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.refusals import Halted
from core.domain.units import UserId
from core.services.risk.outside import Fence
from core.storage import risk_switches
from core.storage.models import Sessions
from core.storage.tenancy import as_user


@dataclass(frozen=True, slots=True)
class Clearance:
    """For deeds with a wallet; orders pass the guards, which ask the same and more."""

    sessions: Sessions
    fence: Fence

    @asynccontextmanager
    async def transaction(self, user: UserId) -> AsyncIterator[AsyncSession]:
        """Whoever halts trading or takes over meanwhile waits for its end.

        Raises: Halted, and what the fence raises.
        """
        async with as_user(self.sessions, user) as session:
            is_halted, epoch = await risk_switches.lock_halt(session)
            self.fence.refuse(epoch)
            if is_halted:
                raise Halted(
                    "The owner has halted trading. Nothing was sent; try again when the halt is "
                    "lifted."
                )
            yield session
