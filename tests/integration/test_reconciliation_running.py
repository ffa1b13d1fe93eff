"""When accounts are compared: at the start, regularly, when somebody calls; for live users only."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

from sqlalchemy.exc import OperationalError

from core.domain.units import UserId
from core.services.reconciliation.reconciliation import Reconciliation
from core.storage.models import Sessions
from tests.support.compared import Comparison, ScriptedAccount, comparison, unavailable

PATIENCE = 20.0


class Live:
    """Who trades with real money; `fault` is raised once instead."""

    def __init__(self, *users: UserId) -> None:
        self.users = list(users)
        self.fault: Exception | None = None
        self.asked = asyncio.Condition()
        self.count = 0

    async def __call__(self) -> Sequence[UserId]:
        async with self.asked:
            self.count += 1
            self.asked.notify_all()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return self.users

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE), self.asked:
            await self.asked.wait_for(lambda: self.count >= count)


@asynccontextmanager
async def running(scene: Comparison, live: Live, interval: float) -> AsyncIterator[Reconciliation]:
    part = Reconciliation(scene.reconciler, live, interval, gap=0.01)
    task = asyncio.create_task(part.run())
    try:
        yield part
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_every_live_account_is_compared_at_the_start(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    other = await comparison(sessions, venue=scene.venue, telegram_id=2)
    part = Reconciliation(scene.reconciler, Live(scene.user, other.user), 60)
    assert await part.check_all()
    assert scene.venue.askers == {scene.user, other.user}
    assert await scene.is_clear()
    assert await other.is_clear()
    assert part.statistics.finished == 2


async def test_a_start_without_the_venue_says_so(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    scene.venue.faults["open_orders"] = unavailable()
    part = Reconciliation(scene.reconciler, Live(scene.user), 60)
    assert not await part.check_all()
    assert (part.statistics.finished, part.statistics.unfinished) == (0, 1)
    assert not await scene.is_clear()


async def test_accounts_are_compared_again_and_again(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    live = Live(scene.user)
    async with running(scene, live, 0.01) as part:
        await live.until(4)
    assert part.statistics.finished >= 3


async def test_only_whoever_was_called_for_is_compared_between_rounds(
    sessions: Sessions,
) -> None:
    venue = ScriptedAccount(Decimal(5))
    scene = await comparison(sessions, venue=venue)
    other = await comparison(sessions, venue=venue, telegram_id=2)
    live = Live(scene.user, other.user)
    async with running(scene, live, 3600) as part:
        part.wake(other.user)
        part.wake(UserId(99))  # nobody's
        await live.until(1)
        part.wake(other.user)
        await live.until(2)
    assert venue.askers == {other.user}


async def test_a_database_that_fails_is_asked_again(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    live = Live(scene.user)
    live.fault = OperationalError("", {}, ConnectionError("gone"))
    async with running(scene, live, 0.01) as part:
        await live.until(3)
    assert part.statistics.finished >= 1
