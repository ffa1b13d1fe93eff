"""Heartbeats: for whom they begin, when they end, and what a lost one means."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import PolycoolError, Rejected, Unavailable
from core.domain.order import Order, OrderStatus, Origin
from core.domain.order_amounts import OrderKind
from core.domain.units import UserId
from core.services.risk.heartbeat import BEGUN, ENDED, HeartbeatKeeper
from core.storage.models import Sessions
from tests.support.guarding import Guarded, bid, guarded

GTC = OrderKind.GTC


@dataclass
class Venue:
    """Hears heartbeats, and answers each with the next of `faults`, if there is one."""

    heard: list[UserId] = field(default_factory=list)
    told: list[tuple[UserId, str]] = field(default_factory=list)
    faults: list[PolycoolError] = field(default_factory=list)
    silent_for: set[UserId] = field(default_factory=set)
    given_up: set[UserId] = field(default_factory=set)  # of those
    is_unheard: bool = False  # the database takes no word for a user

    def heart_of(self, user: UserId) -> "Heart":
        return Heart(self, user)

    async def heartbeat(self, session: AsyncSession, user: UserId, sentence: str) -> None:
        assert session.in_transaction()
        if self.is_unheard:
            raise OperationalError("notices", {}, ConnectionError())
        self.told.append((user, sentence))


@dataclass
class Heart:
    venue: Venue
    user: UserId

    async def beat(self) -> None:
        assert (self.user, BEGUN) in self.venue.told, "the user must know before the first beat"
        self.venue.heard.append(self.user)
        if self.user in self.venue.silent_for:
            await self._never()
        if self.venue.faults:
            raise self.venue.faults.pop(0)

    async def _never(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.venue.given_up.add(self.user)


async def beating(sessions: Sessions) -> tuple[Guarded, Venue, HeartbeatKeeper]:
    desk, venue = await guarded(sessions), Venue()
    keeper = HeartbeatKeeper(
        sessions, venue.heart_of, venue, now=desk.time.wall, clock=desk.time.clock
    )
    return desk, venue, keeper


async def rest(desk: Guarded, user: UserId, origin: Origin = Origin.AUTOMATION) -> Order:
    return await desk.place(bid(user, "10", f"k{origin.value}", origin=origin, kind=GTC))


async def test_no_heartbeat_for_what_people_rest_by_hand(sessions: Sessions) -> None:
    desk, venue, keeper = await beating(sessions)
    user = await desk.user()
    await rest(desk, user, Origin.PERSON)
    await desk.place(bid(user, "10", "taken", origin=Origin.AUTOMATION))
    await keeper.beat_all()
    assert (venue.heard, venue.told) == ([], [])
    assert keeper.is_healthy(user)


async def test_it_begins_with_the_first_automated_order_that_rests(sessions: Sessions) -> None:
    desk, venue, keeper = await beating(sessions)
    user, other = await desk.user(), await desk.user(2)
    await rest(desk, user)
    await rest(desk, other, Origin.PERSON)
    await keeper.beat_all()
    await keeper.beat_all()
    assert venue.heard == [user, user]
    assert venue.told == [(user, BEGUN)]
    assert keeper.is_healthy(user)


async def test_it_goes_on_while_anything_rests_and_then_ends(sessions: Sessions) -> None:
    desk, venue, keeper = await beating(sessions)
    user = await desk.user()
    automated, by_hand = await rest(desk, user), await rest(desk, user, Origin.PERSON)
    await keeper.beat_all()
    await desk.becomes(automated, OrderStatus.CANCELLED)
    await keeper.beat_all()
    assert venue.heard == [user, user]
    await desk.becomes(by_hand, OrderStatus.FILLED)
    await keeper.beat_all()
    await keeper.beat_all()
    assert venue.heard == [user, user]
    assert venue.told == [(user, BEGUN), (user, ENDED)]


async def test_a_restart_goes_on_without_telling_again(sessions: Sessions) -> None:
    desk, venue, keeper = await beating(sessions)
    user = await desk.user()
    automated = await rest(desk, user)
    await rest(desk, user, Origin.PERSON)
    await keeper.beat_all()
    await desk.becomes(automated, OrderStatus.CANCELLED)
    again = HeartbeatKeeper(sessions, venue.heart_of, venue, now=desk.time.wall)
    await again.beat_all()
    assert (venue.heard, venue.told) == ([user, user], [(user, BEGUN)])


async def test_one_lost_heartbeat_is_repeated_at_once(sessions: Sessions) -> None:
    desk, venue, keeper = await beating(sessions)
    user = await desk.user()
    await rest(desk, user)
    venue.faults = [Unavailable("reset")]
    await keeper.beat_all()
    assert keeper.is_healthy(user)
    assert venue.heard == [user, user]


@pytest.mark.parametrize(
    "faults", [[Unavailable("a"), Unavailable("b")], [Rejected("These credentials are refused.")]]
)
async def test_a_lost_heartbeat_is_unhealthy_until_the_next_acknowledged_one(
    sessions: Sessions, faults: list[PolycoolError]
) -> None:
    desk, venue, keeper = await beating(sessions)
    user = await desk.user()
    await rest(desk, user)
    await keeper.beat_all()
    venue.faults = list(faults)
    await keeper.beat_all()
    assert not keeper.is_healthy(user)
    await keeper.beat_all()
    assert keeper.is_healthy(user)


async def test_a_keeper_that_is_held_up_proves_nothing_for_long(sessions: Sessions) -> None:
    desk, _, keeper = await beating(sessions)
    user = await desk.user()
    await rest(desk, user)
    await keeper.beat_all()
    desk.time.seconds += 9.9
    assert keeper.is_healthy(user)
    desk.time.seconds += 0.2
    assert not keeper.is_healthy(user)


async def test_a_venue_that_never_answers_one_user_delays_no_other(sessions: Sessions) -> None:
    desk, venue, keeper = await beating(sessions)
    user, other = await desk.user(), await desk.user(2)
    await rest(desk, user)
    await rest(desk, other)
    venue.silent_for.add(user)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(keeper.run())
        async with asyncio.timeout(20):
            while not {user, other} <= set(venue.heard):  # noqa: ASYNC110 - two who need not meet
                await asyncio.sleep(0)
            while not keeper.is_healthy(other):  # noqa: ASYNC110
                await asyncio.sleep(0)
        assert venue.given_up == set()
        assert not keeper.is_healthy(user)
        running.cancel()


@pytest.mark.parametrize("is_hanging", [False, True])
async def test_a_database_that_is_away_ends_no_heartbeat_that_has_begun(
    sessions: Sessions, *, is_hanging: bool
) -> None:
    desk, venue, keeper = await beating(sessions)
    user, by_hand = await desk.user(), await desk.user(2)
    await rest(desk, user)
    await rest(desk, by_hand, Origin.PERSON)
    await keeper.beat_all()
    async with away(sessions, is_hanging=is_hanging):
        desk.time.seconds += 9
        await keeper.beat_all()
        desk.time.seconds += 9
        assert keeper.is_healthy(user)
        assert venue.heard == [user, user]
    await keeper.beat_all()
    assert (venue.heard, venue.told) == ([user] * 3, [(user, BEGUN)])


async def test_a_database_that_cannot_end_one_heartbeat_keeps_the_others(
    sessions: Sessions,
) -> None:
    desk, venue, keeper = await beating(sessions)
    user, other = await desk.user(), await desk.user(2)
    over = await rest(desk, user)
    await rest(desk, other)
    await keeper.beat_all()
    await desk.becomes(over, OrderStatus.CANCELLED)
    venue.is_unheard = True
    await keeper.beat_all()
    assert venue.heard == [user, other, other]
    venue.is_unheard = False
    await keeper.beat_all()
    assert (venue.heard[3:], venue.told[2:]) == ([other], [(user, ENDED)])


@asynccontextmanager
async def away(sessions: Sessions, *, is_hanging: bool) -> AsyncIterator[None]:
    """What the heartbeats are kept in cannot be read: it is locked, or not there."""
    if is_hanging:
        async with sessions.begin() as session:
            await session.execute(sa.text("LOCK TABLE risk_accounts"))
            yield
        return
    await _execute(sessions, "ALTER TABLE risk_accounts RENAME TO risk_accounts_gone")
    try:
        yield
    finally:
        await _execute(sessions, "ALTER TABLE risk_accounts_gone RENAME TO risk_accounts")


async def _execute(sessions: Sessions, words: str) -> None:
    async with sessions.begin() as session:
        await session.execute(sa.text(words))
