"""The kill switches: a user stops, the owner halts; both bind in the very row a claim locks."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account_views import Swept
from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.risk import OpenOrderRef, Stop
from core.domain.units import UserId
from core.services.audit import named
from core.services.clock import utc_now
from core.services.milestones import Milestone, Reached, unwatched
from core.services.risk.outside import Audit, Cancels
from core.storage import risk_switches
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

AT_ONCE: Final = 8  # cancellations on the wire
PATIENCE: Final = 15.0  # seconds for one cancellation
EVERY: Final = 30.0  # seconds between two looks for what a switch wants gone

logger = logging.getLogger(__name__)


class KillSwitch:
    """Switches stay as they were set, over restarts too, until somebody sets them back.

    Once a method returns, no claim and no signature of what it forbids can be committed. Only who
    may halt is the caller's business.
    """

    def __init__(
        self,
        sessions: Sessions,
        cancels: Cancels,
        audit: Audit,
        *,
        now: Callable[[], datetime] = utc_now,
        every: float = EVERY,
        reached: Reached = unwatched,
    ) -> None:
        self._sessions = sessions
        self._cancels = cancels
        self._every = every
        self._audit = audit
        self._now = now
        self._reached = reached

    async def stop(self, user: UserId, stop: Stop = Stop.ENTRIES) -> Swept:
        """No more buys and no automation; with `Stop.EVERYTHING` nothing but cancelling.

        Cancels the user's resting automation orders, or all that rest.
        """
        automated_only = stop is Stop.ENTRIES
        async with as_user(self._sessions, user) as session:
            await risk_switches.set_stop(session, user, stop, self._now())
            unwanted = await risk_switches.working_orders(
                session, user, automated_only=automated_only
            )
            await self._note(session, user, "trading stopped", {"stop": stop.value}, user)
        self._reached(Milestone.SWITCH_COMMITTED)
        return await self._cancel(unwanted)

    async def resume(self, user: UserId) -> None:
        """The user may trade again; nothing that was cancelled comes back."""
        async with as_user(self._sessions, user) as session:
            await risk_switches.set_stop(session, user, Stop.NOTHING, self._now())
            await self._note(session, user, "trading resumed", {}, user)

    async def halt(self, owner: UserId, *, everything: bool = False) -> Swept:
        """Nobody may do anything but cancel; resting automation orders are taken off the books.

        `everything`: all that rests is, also what people placed by hand.
        """
        now = self._now()
        async with as_worker(self._sessions) as session:
            await risk_switches.set_halted(session, now, now, cancels_all=everything)
            unwanted = await risk_switches.working_orders(session, automated_only=not everything)
            what = "everything" if everything else "automation"
            await self._note(session, owner, "trading halted", {"cancels": what})
        self._reached(Milestone.SWITCH_COMMITTED)
        return await self._cancel(unwanted)

    async def lift(self, owner: UserId) -> None:
        """End the halt; what users stopped themselves stays stopped."""
        async with as_worker(self._sessions) as session:
            await risk_switches.set_halted(session, None, self._now())
            await self._note(session, owner, "halt lifted", {})

    async def run(self) -> None:
        """Until cancelled: what could not be cancelled is tried again while a switch binds."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.sweep()
            except* (SQLAlchemyError, OSError) as faults:
                logger.warning("Switches could not be looked at: %s", faults.exceptions[0])

    async def sweep(self) -> Swept:
        """Cancel what switches in force want gone, at each start and again and again."""
        async with as_worker(self._sessions) as session:
            unwanted = await risk_switches.unwanted_orders(session)
        return await self._cancel(unwanted)

    async def _note(
        self,
        session: AsyncSession,
        actor: UserId,
        what: str,
        details: Mapping[str, str],
        user: UserId | None = None,
    ) -> None:
        await self._audit.note(session, named(actor), what, details, user=user)
        logger.warning("Kill switch: %s", what, extra={"user_id": actor, **details})

    async def _cancel(self, unwanted: Sequence[OpenOrderRef]) -> Swept:
        turns = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for order in unwanted:
                tasks.create_task(self._cancel_one(order, turns), name="kill-switch-cancel")
        async with as_worker(self._sessions) as session:
            still = await risk_switches.still_open(session, [each.order_id for each in unwanted])
        return Swept(
            gone=tuple(each for each in unwanted if each.order_id not in still),
            left=tuple(each for each in unwanted if each.order_id in still),
        )

    async def _cancel_one(self, order: OpenOrderRef, turns: asyncio.Semaphore) -> None:
        """What became of the order is read afterwards: no answer says it better than its state."""
        async with turns:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._cancels.cancel_order(order.order_id, order.user_id)
            except (Rejected, Unavailable, OutcomeUnknown, TimeoutError) as error:
                logger.warning("Not cancelled: %r", error, extra={"order_id": order.order_id})
