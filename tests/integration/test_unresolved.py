"""Orders whose answer was lost, or whose process died: found, sent again, or given up."""

import asyncio
import itertools
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.errors import OutcomeUnknown, PolycoolError, Rejected, Unavailable
from core.domain.notice import OrderMoved
from core.domain.order import Order, OrderStatus, Ticket
from core.domain.units import ZERO, UserId
from core.services.fence import Fenced
from core.services.milestones import Milestone
from core.services.outbox import Outbox
from core.storage.models import Sessions
from telegram_bot.telling import OrderWitness
from tests.support.live_desk import (
    Crash,
    CrashAt,
    LiveDesk,
    books_of,
    later,
    live_desk,
    open_live,
    resting,
    taking,
)
from tests.support.trading import Time


async def lost(desk: LiveDesk, ticket: Ticket, how: str = "unheard") -> Order:
    """The order, placed and never answered."""
    desk.venue.posts = [how]
    with pytest.raises(OutcomeUnknown):
        await desk.clob.place_order(ticket)
    order = (await desk.clob.open_orders(ticket.user_id))[-1]
    assert order.status is OrderStatus.UNKNOWN
    return order


async def test_an_order_that_arrived_unheard_is_found_and_not_sent_again(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    order = await lost(desk, resting(user, "20"))
    await desk.look()
    assert (await desk.order(order)).status is OrderStatus.LIVE
    assert len(desk.venue.bodies) == 1


async def test_the_trades_of_a_found_order_are_fetched(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("10", "0.49"), ("8", "0.50")]
    order = await lost(desk, taking(user, "20"))
    await desk.look()
    after = await desk.order(order)
    assert after.status is OrderStatus.PARTIAL
    assert order.reason
    assert not after.reason  # it was why nobody knew
    assert after.filled_value == Decimal("8.90")
    assert (await books_of(sessions, user)).fills == 2
    assert desk.guards.held[order.id] == 0


async def test_an_order_that_was_lost_on_the_way_is_sent_again_byte_by_byte(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    order = await lost(desk, resting(user, "20"), "lost")
    await desk.look()
    assert (await desk.order(order)).status is OrderStatus.LIVE
    first, second = desk.venue.bodies
    assert first == second
    assert len(desk.venue.book) == 1


async def test_an_order_that_arrives_after_it_was_sent_again_is_one_order(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("20", "0.50")]
    order = await lost(desk, taking(user, "10"), "late")
    await desk.look()
    desk.venue.arrive()
    await desk.look()
    assert (await desk.order(order)).status is OrderStatus.FILLED
    assert (await books_of(sessions, user)).shares == 20


async def test_a_refusal_of_the_second_time_proves_nothing_about_the_first(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("20", "0.50")]
    order = await lost(desk, taking(user, "10"), "late")
    desk.venue.posts = [Rejected("not enough balance")]  # the first one spent it
    await desk.look()
    assert (await desk.order(order)).status is OrderStatus.UNKNOWN
    assert desk.guards.held[order.id] == 10
    desk.venue.arrive()
    await desk.look()
    assert (await desk.order(order)).status is OrderStatus.FILLED


async def test_an_order_that_never_shows_up_is_cancelled_and_in_the_end_given_up(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    order = await lost(desk, taking(user, "10"), "lost")
    await desk.look(11)  # too old to be sent again
    assert len(desk.venue.bodies) == 1
    assert desk.venue.cancelled == [order.hash]
    await desk.look(40)
    assert (await desk.order(order)).status is OrderStatus.UNKNOWN
    assert desk.guards.held[order.id] == 10
    await desk.look(10)
    ended = await desk.order(order)
    assert ended.status is OrderStatus.CANCELLED
    assert "nothing was bought" in ended.reason
    assert desk.guards.held[order.id] == 0


async def test_whoever_rests_an_order_hears_that_it_never_arrived(sessions: Sessions) -> None:
    outbox = Outbox(sessions)
    desk, user = await open_live(sessions, witness=OrderWitness(outbox))
    await lost(desk, resting(user, "10"), "lost")
    await desk.look(11)  # too old to be sent again: it is taken off, by nobody's wish
    assert await outbox.claim() == []
    await desk.look(601)
    await desk.look(60)
    [notice] = await outbox.claim()
    assert isinstance(notice.news, OrderMoved)
    assert notice.news.status is OrderStatus.CANCELLED
    assert "nothing was bought" in notice.news.reason


async def test_a_fill_that_comes_after_everything_was_given_up_still_counts(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    desk.venue.fills = [("20", "0.50")]
    order = await lost(desk, taking(user, "10"), "late")
    for _ in range(8):
        await desk.look(11)
    assert (await desk.order(order)).status is OrderStatus.CANCELLED
    desk.venue.arrive()
    (trade,) = await desk.venue.trades(user, None)
    await desk.clob.news.trade(user, trade)
    assert (await desk.order(order)).status is OrderStatus.FILLED
    assert (await books_of(sessions, user)).shares == 20


async def test_an_order_that_arrives_after_it_was_wanted_off_the_book_is_taken_off(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    order = await lost(desk, resting(user, "20"), "late")
    await desk.look(11)
    desk.venue.arrive()
    await desk.look()  # found on the book: cancelled again
    await desk.look()
    assert (await desk.order(order)).status is OrderStatus.CANCELLED
    assert len(desk.venue.bodies) == 1


async def test_a_venue_that_cannot_be_asked_changes_nothing(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await lost(desk, taking(user, "10"), "lost")
    desk.venue.is_silent = True
    for _ in range(10):
        await desk.look(60)
    assert (await desk.order(order)).status is OrderStatus.UNKNOWN
    assert len(desk.venue.bodies) == 1
    assert desk.venue.cancelled == []


async def test_an_order_of_a_wallet_that_was_given_up_is_let_go_of_and_not_called_cancelled(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    resting_one = await desk.clob.place_order(resting(user, "20"))
    unheard = await lost(desk, taking(user, "10"))
    desk.venue.is_of_another_wallet = True
    await desk.look(50)
    assert (await desk.order(unheard)).status is OrderStatus.UNKNOWN  # it may still arrive
    assert desk.guards.held[unheard.id] == 10
    await desk.look(70)
    for order in (resting_one, unheard):
        assert (await desk.order(order)).is_lost_sight_of
        assert desk.guards.held[order.id] == 0
    assert desk.venue.cancelled == []


@pytest.mark.parametrize("refusal", [Rejected("Trading is stopped."), Fenced("Overtaken.")])
async def test_a_switch_or_another_instance_meanwhile_keeps_the_bytes_here(
    sessions: Sessions, refusal: Rejected
) -> None:
    desk, user = await open_live(sessions)
    await lost(desk, taking(user, "10"), "lost")
    desk.guards.send_refusal = refusal
    await desk.look()
    assert len(desk.venue.bodies) == 1


async def test_an_order_whose_time_is_over_has_expired(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await desk.clob.place_order(resting(user, "20", ends=later(desk.time, 300)))
    assert order.hash is not None
    del desk.venue.book[order.hash]
    await desk.look(361)
    await desk.look(61)
    assert (await desk.order(order)).status is OrderStatus.EXPIRED


async def test_a_resting_order_that_somebody_else_cancelled_is_noticed(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    order = await desk.clob.place_order(resting(user, "20"))
    assert order.hash is not None
    desk.venue.end(order.hash)
    del desk.venue.book[order.hash]
    await desk.look(61)
    assert (await desk.order(order)).status is OrderStatus.LIVE  # once is no proof
    await desk.look(61)
    assert (await desk.order(order)).status is OrderStatus.CANCELLED


async def test_a_task_that_never_came_back_is_noticed(sessions: Sessions) -> None:
    desk, user = await open_live(sessions, CrashAt(Milestone.AFTER_POST))
    with pytest.raises(Crash):
        await desk.clob.place_order(resting(user, "20"))
    await desk.look(59)
    assert await statuses(sessions) == ["signed"]
    await desk.look(3)
    assert await statuses(sessions) == ["live"]


@pytest.mark.parametrize("milestone", [Milestone.INTENT_COMMITTED, Milestone.SIGNED])
@pytest.mark.parametrize(("seconds", "status"), [(9, "live"), (11, "rejected")])
async def test_an_order_that_a_crash_kept_from_being_signed_is_sent_while_it_is_young(
    sessions: Sessions, milestone: Milestone, seconds: int, status: str
) -> None:
    desk, user = await open_live(sessions, CrashAt(milestone))
    with pytest.raises(Crash):
        await desk.clob.place_order(resting(user, "20"))
    desk.time.seconds += seconds
    for _ in range(2):
        await desk.restarted().unresolved.begin()
        assert await statuses(sessions) == [status]
    assert len(desk.venue.bodies) == len(desk.venue.book) == (status == "live")


async def test_a_run_that_was_overtaken_while_signing_leaves_the_order_to_the_next(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)

    async def overtake() -> None:
        desk.venue.before_signing = None
        desk.venue.posts, desk.venue.is_silent = ["unheard"], True
        await desk.restarted().unresolved.begin()

    desk.venue.before_signing = overtake()
    with pytest.raises(Rejected, match="before it was sent"):
        await desk.clob.place_order(resting(user, "20"))
    assert await statuses(sessions) == ["unknown"]
    desk.venue.is_silent = False
    await desk.look()
    assert await statuses(sessions) == ["live"]
    assert len(desk.venue.bodies) == 1


async def statuses(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list((await session.execute(sa.text("SELECT status FROM orders"))).scalars())


LIFE = (
    Milestone.INTENT_COMMITTED,
    Milestone.SIGNED,
    Milestone.SIGNATURE_COMMITTED,
    Milestone.BEFORE_POST,
    Milestone.AFTER_POST,
    Milestone.ANSWER_COMMITTED,
)
RECOVERY = (
    Milestone.BEFORE_LOOK_UP,
    Milestone.AFTER_LOOK_UP,
    Milestone.BEFORE_REPOST,
    Milestone.AFTER_REPOST,
    Milestone.BEFORE_FILL,
    Milestone.FILL_COMMITTED,
)
FATES = (None, "lost", "unheard", "late", Unavailable("The engine restarts."))


async def run(desk: LiveDesk, ticket: Ticket) -> None:
    """One process's try at an order; it may die of it."""
    try:
        await desk.unresolved.begin()
        await desk.clob.place_order(ticket)
    except* (Crash, PolycoolError):
        pass


@pytest.mark.parametrize(
    ("second", "fate"),
    [*((None, fate) for fate in FATES), *itertools.product(RECOVERY, ("lost", "late"))],
    ids=str,
)
async def test_killed_anywhere_one_intent_is_at_most_one_order_and_the_books_agree(
    sessions: Sessions, second: Milestone | None, fate: str | PolycoolError | None
) -> None:
    time = Time()
    first = live_desk(sessions, time)
    await first.market(1)
    for number, milestone in enumerate(LIFE):
        user = await first.user(telegram_id=number + 1)
        await _trial(first, user, milestone, second, fate)


async def _trial(
    origin: LiveDesk,
    user: UserId,
    milestone: Milestone,
    second: Milestone | None,
    fate: str | PolycoolError | None,
) -> None:
    """Killed at `milestone`, restarted, killed at `second`, restarted, and then left in peace."""
    venue, time = origin.venue, origin.time
    venue.fills = [("12", "0.49"), ("8", "0.50")]
    venue.posts = [fate]
    known = set(venue.book)
    ticket = taking(user, "10")
    await run(origin.restarted(CrashAt(milestone)), ticket)
    time.seconds += 2
    await run(origin.restarted(CrashAt(second)), ticket)  # the same tap, delivered again
    venue.arrive()
    last = origin.restarted()
    await run(last, ticket)
    venue.arrive()
    for _ in range(7):
        await last.look(11)
    new = [booked for order_hash, booked in venue.book.items() if order_hash not in known]
    assert len(new) <= 1
    books = await books_of(origin.sessions, user)
    matched = sum((trade.size for booked in new for trade in booked.trades), ZERO)
    assert books.shares == matched
    assert books.fills == sum(len(booked.trades) for booked in new)
    assert await last.clob.open_orders(user) == ()
    assert sum(last.guards.held.values()) == 0
    async with origin.sessions() as session:
        count = await session.scalar(
            sa.text("SELECT count(*) FROM orders WHERE user_id = :u"), {"u": user}
        )
    assert count == 1


async def test_it_runs_until_it_is_stopped(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await lost(desk, resting(user, "20"))
    desk.time.seconds += 3
    found = asyncio.Event()
    look_up = desk.restarted(lambda milestone: found.set() if milestone is RECOVERY[1] else None)
    running = asyncio.create_task(look_up.unresolved.run())
    async with asyncio.timeout(20):
        await found.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await desk.look()
    assert (await desk.order(order)).status is OrderStatus.LIVE
