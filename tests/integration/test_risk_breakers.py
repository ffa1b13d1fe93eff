"""Circuit breakers: when they open, whom they stop, and that only a person closes them."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.breaker import Trip
from core.domain.errors import AnotherOrder, EmptyBook, OutcomeUnknown, Unavailable
from core.domain.order import OrderStatus
from core.domain.refusals import CancelOnly
from core.domain.units import UserId
from core.services.risk.host_watch import HostMeasures, HostRules, HostWatch
from core.storage.models import Sessions
from infrastructure.database.engine import close_engine, create_engine
from tests.support.databases import database_named
from tests.support.guarded_clob import guarded_clob
from tests.support.guarding import Guarded, ask, bid, seller


async def rejected(desk: Guarded, user: UserId, key: str) -> None:
    order = await desk.send(await desk.place(bid(user, "1", key)))
    await desk.becomes(order, OrderStatus.REJECTED)


async def test_five_refusals_in_a_minute_leave_only_cancelling(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    other, owner = await desk.user(2), await desk.user(3)
    for number in range(5):
        await rejected(desk, user, f"k{number}")
    with pytest.raises(CancelOnly, match="The venue refused several orders within a minute"):
        await desk.place(ask(user, key="exit"))
    ((told, sentence),) = desk.outside.alarms
    assert told == user
    assert "Only cancelling is allowed" in sentence
    await desk.place(bid(other))
    assert await desk.breakers.reset(owner, user) is Trip.REJECTS
    await desk.place(ask(user, key="exit"))
    assert desk.outside.noted[-1] == (
        f"user {owner}",
        "breaker reset",
        {"whose": f"user {user}", "was": "rejects"},
    )


async def test_refusals_over_more_than_a_minute_are_forgotten(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    for number in range(12):
        await rejected(desk, user, f"k{number}")
        desk.time.seconds += 15.1
        desk.stream()
    await desk.place(bid(user))


async def test_telling_a_refusal_again_counts_it_once(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    order = await desk.send(await desk.place(bid(user, "1")))
    for _ in range(10):
        await desk.becomes(order, OrderStatus.REJECTED)
    await desk.place(bid(user, key="k2"))


async def test_three_lost_answers_open_the_breaker(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    for number in range(3):
        order = await desk.send(await desk.place(bid(user, "1", f"k{number}")))
        await desk.becomes(order, OrderStatus.UNKNOWN)
    with pytest.raises(CancelOnly, match="sent and not answered"):
        await desk.place(bid(user))


async def test_an_order_refused_here_is_no_refusal_of_the_venue(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    for number in range(8):
        order = await desk.place(bid(user, "1", f"k{number}"))
        await desk.becomes(order, OrderStatus.REJECTED)
    await desk.place(bid(user))


async def test_orders_that_found_nobody_open_no_breaker(sessions: Sessions) -> None:
    house = await guarded_clob(sessions)
    user = await house.user(shares="100")
    house.venue.posts = [EmptyBook("Nobody took the other side.") for _ in range(6)]
    for number in range(6):
        with pytest.raises(EmptyBook):
            await house.clob.place_order(bid(user, "1", f"k{number}"))
    assert len(house.venue.bodies) == 6  # signed, sent and answered, each of them
    await house.clob.place_order(ask(user, key="exit"))
    assert house.desk.outside.alarms == []


async def test_an_answer_about_another_order_leaves_its_user_only_cancelling(
    sessions: Sessions,
) -> None:
    house = await guarded_clob(sessions)
    user, other = await house.user(), await house.user(2)
    house.venue.posts = [AnotherOrder("It answered about another.")]
    with pytest.raises(AnotherOrder):
        await house.clob.place_order(bid(user, "1"))
    (order,) = await house.clob.open_orders(user)
    assert order.status is OrderStatus.UNKNOWN
    ((told, sentence),) = house.desk.outside.alarms
    assert (told, "do not agree" in sentence) == (user, True)
    with pytest.raises(CancelOnly, match="do not agree"):
        await house.clob.place_order(bid(user, "1", "k2"))
    await house.clob.place_order(bid(other, "1"))


async def test_sending_again_is_no_reason_to_believe_another_order(sessions: Sessions) -> None:
    house = await guarded_clob(sessions)
    user = await house.user()
    house.venue.posts = ["lost", AnotherOrder("It answered about another.")]
    with pytest.raises(OutcomeUnknown):
        await house.clob.place_order(bid(user, "1"))
    house.desk.time.seconds += 3
    await house.unresolved.look()
    assert len(house.venue.bodies) == 2
    assert (await house.desk.breakers.switches(user)).trip is Trip.MISMATCH


async def test_refusals_of_many_users_open_the_breaker_for_everybody(sessions: Sessions) -> None:
    desk, owner = await seller(sessions)
    users = [await desk.user(number) for number in range(10, 20)]
    for user in users:
        await rejected(desk, user, "k0")
        await rejected(desk, user, "k1")
    with pytest.raises(CancelOnly, match="for everybody"):
        await desk.place(ask(owner))
    assert [whom for whom, _ in desk.outside.alarms] == [None]
    await desk.breakers.reset(owner)
    await desk.place(ask(owner))


async def test_a_breaker_keeps_its_first_reason(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    assert await desk.breakers.trip(Trip.MISMATCH, user)
    assert not await desk.breakers.trip(Trip.CLOCK, user)
    switches = await desk.breakers.switches(user)
    assert (switches.trip, switches.trip_of_all) == (Trip.MISMATCH, None)


@pytest.mark.parametrize(
    ("skew", "slowness", "trip"), [(6.0, 0.0, Trip.CLOCK), (0.0, 1.5, Trip.DATABASE)]
)
async def test_three_bad_measures_in_a_row_open_the_breaker(
    sessions: Sessions, skew: float, slowness: float, trip: Trip
) -> None:
    desk, user = await seller(sessions)
    ticks = iter(range(1000))

    async def measured() -> float:
        return skew

    measures = HostMeasures(lambda: 50.0, measured, clock=lambda: next(ticks) * slowness)
    watch = HostWatch(sessions, desk.breakers, desk.outside, HostRules(10.0), measures)
    await watch.look()
    await watch.look()
    assert (await desk.breakers.switches(user)).trip_of_all is None
    await watch.look()
    assert (await desk.breakers.switches(user)).trip_of_all is trip


async def test_a_full_disk_is_told_once_and_again_after_there_was_room(
    sessions: Sessions,
) -> None:
    desk, _ = await seller(sessions)

    async def unknown() -> float:
        raise Unavailable("The venue is away.")

    measures = HostMeasures(lambda: desk.outside.disk, unknown)
    watch = HostWatch(sessions, desk.breakers, desk.outside, HostRules(10.0), measures)
    for free in (50.0, 9.0, 8.0, 12.0, 9.5):
        desk.outside.disk = free
        await watch.look()
    assert [sentence[:15] for _, sentence in desk.outside.alarms] == [
        "Only 9.0 % of t",
        "Only 9.5 % of t",
    ]


async def test_a_database_that_is_away_ends_no_watch(
    sessions: Sessions, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk, _ = await seller(sessions)

    async def in_time() -> float:
        return 0.0

    gone = create_engine(database_named(postgres_url, "nowhere"))
    measures = HostMeasures(lambda: 50.0, in_time)
    rules = HostRules(10.0)
    watch = HostWatch(async_sessionmaker(gone), desk.breakers, desk.outside, rules, measures)
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(20):
        while not (running.done() or caplog.messages):  # noqa: ASYNC110 - a log rings no bell
            await asyncio.sleep(0)
    assert not running.done()
    assert "The host cannot be looked at" in caplog.messages[0]
    running.cancel()
    await close_engine(gone)
