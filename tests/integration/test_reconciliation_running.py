"""When accounts are compared: at the start, regularly, when somebody calls; for live users only."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.exc import OperationalError

from core.domain.reports import OrderReport, VenuePosition
from core.domain.units import TokenId, UserId
from core.services.reconciliation.reconciliation import Reconciliation
from core.storage.models import Sessions
from tests.support.compared import Comparison, ScriptedAccount, comparison, unavailable
from tests.support.manual_clock import ManualClock

PATIENCE = 20.0
NOBODY = UserId(99)


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


@dataclass
class Turns(ScriptedAccount):
    """A venue that notes whose account is read, in which order, and how many at a time."""

    order: list[UserId] = field(default_factory=list)
    at_once: int = 0
    most: int = 0
    asked: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def open_orders(self, user: UserId) -> tuple[OrderReport, ...]:
        self.order.append(user)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        return await super().open_orders(user)

    async def positions(self, user: UserId) -> Mapping[TokenId, VenuePosition]:
        found = await super().positions(user)
        self.at_once -= 1
        async with self.asked:
            self.asked.notify_all()
        return found

    async def until(self, order: list[UserId]) -> None:
        async with asyncio.timeout(PATIENCE), self.asked:
            await self.asked.wait_for(lambda: self.order == order and not self.at_once)


@asynccontextmanager
async def running(
    scene: Comparison, live: Live, interval: float, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[Reconciliation]:
    part = Reconciliation(scene.reconciler, live, interval, gap=0.01, clock=clock)
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


async def test_what_hangs_on_a_comparison_is_done_after_each_also_after_a_failed_one(
    sessions: Sessions,
) -> None:
    scene = await comparison(sessions)
    proved: list[UserId] = []

    async def prove(user: UserId) -> None:
        proved.append(user)

    part = Reconciliation(scene.reconciler, Live(scene.user), 60, afterwards=prove)
    await part.check_all()
    scene.venue.faults["open_orders"] = unavailable()
    await part.check_all()
    assert proved == [scene.user, scene.user]


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
        part.wake(NOBODY)
        await live.until(1)
        part.wake(other.user)
        await live.until(2)
    assert venue.askers == {other.user}


async def test_a_round_compares_one_account_at_a_time_over_half_the_interval(
    sessions: Sessions,
) -> None:
    venue = Turns()
    scenes = [await comparison(sessions, venue=venue, telegram_id=number) for number in (1, 2, 3)]
    first, second, third = (scene.user for scene in scenes)
    live, clock = Live(first, second, third), ManualClock()
    async with running(scenes[0], live, 3600, clock.now) as part:
        await clock.advance(3600)
        part.wake(NOBODY)  # it looks at the clock
        await venue.until([first])
        await clock.advance(599)
        for count in (3, 4):
            part.wake(NOBODY)
            await live.until(count)
        assert venue.order == [first]
        await clock.advance(1)
        part.wake(NOBODY)
        await venue.until([first, second])
        await clock.advance(600)
        part.wake(NOBODY)
        await venue.until([first, second, third])
    assert venue.most == 1


async def test_whoever_is_called_for_does_not_wait_for_the_round_to_end(
    sessions: Sessions,
) -> None:
    venue = Turns()
    scenes = [await comparison(sessions, venue=venue, telegram_id=number) for number in (1, 2, 3)]
    first, second, third = (scene.user for scene in scenes)
    clock = ManualClock()
    async with running(scenes[0], Live(first, second, third), 3600, clock.now) as part:
        await clock.advance(3600)
        part.wake(NOBODY)
        await venue.until([first])
        part.wake(third)
        await venue.until([first, third])


async def test_a_database_that_fails_is_asked_again(sessions: Sessions) -> None:
    scene = await comparison(sessions)
    live = Live(scene.user)
    live.fault = OperationalError("", {}, ConnectionError("gone"))
    async with running(scene, live, 0.01) as part:
        await live.until(3)
    assert part.statistics.finished >= 1
