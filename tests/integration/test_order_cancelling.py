"""Taking live orders off the book: wished, asked for, and over when the book says so."""

import pytest

from core.domain.errors import OutcomeUnknown, Rejected
from core.domain.order import OrderStatus, Origin
from core.services.milestones import Milestone
from core.services.websocket_manager import Reason
from core.storage.models import Sessions
from tests.support.live_desk import open_live, resting, scalar
from tests.support.trading import MARKET_1


async def test_a_resting_order_keeps_its_market_streaming_until_it_is_gone(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    order = await desk.clob.place_order(resting(user, "20"))
    assert desk.manager.wanted() == {MARKET_1: Reason.OPEN_ORDER}
    assert await desk.clob.open_markets() == [(user, MARKET_1)]
    await desk.clob.cancel_order(order.id, user)
    assert desk.manager.wanted() == {}
    assert await desk.clob.open_markets() == []


async def test_a_cancelled_order_is_over_when_the_book_says_so(sessions: Sessions) -> None:
    passed = list[Milestone]()
    desk, user = await open_live(sessions, passed.append)
    order = await desk.clob.place_order(resting(user, "20"))
    passed.clear()
    cancelled = await desk.clob.cancel_order(order.id, user)
    assert cancelled.status is OrderStatus.CANCELLED
    assert cancelled.cancel_requested_at == desk.time.wall()
    assert passed == [
        Milestone.CANCEL_COMMITTED,
        Milestone.BEFORE_CANCEL,
        Milestone.AFTER_CANCEL,
        Milestone.CANCEL_ANSWER_COMMITTED,
    ]
    assert desk.guards.held[order.id] == 0
    with pytest.raises(Rejected, match="cancelled already"):
        await desk.clob.cancel_order(order.id, user)


async def test_a_cancel_that_comes_too_late_says_what_was_filled(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await desk.clob.place_order(resting(user, "20"))
    assert order.hash is not None
    trade = desk.venue.match(order.hash, "20", "0.40")
    after = await desk.clob.cancel_order(order.id, user)
    assert after.status is OrderStatus.MATCHED  # the fill is still to be told
    await desk.clob.news.trade(user, trade)
    assert (await desk.order(order)).status is OrderStatus.FILLED


async def test_a_fill_after_the_cancellation_counts(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await desk.clob.place_order(resting(user, "20"))
    assert order.hash is not None
    trade = desk.venue.match(order.hash, "5", "0.40")
    cancelled = await desk.clob.cancel_order(order.id, user)
    assert cancelled.status is OrderStatus.CANCELLED
    assert desk.guards.held[order.id] == 2
    await desk.clob.news.trade(user, trade)
    after = await desk.order(order)
    assert after.status is OrderStatus.CANCELLED
    assert after.filled_size == 5
    assert desk.guards.held[order.id] == 0


async def test_a_cancel_whose_answer_is_lost_is_tried_again(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)
    order = await desk.clob.place_order(resting(user, "20"))
    desk.venue.cancels = [OutcomeUnknown("no answer")]
    with pytest.raises(OutcomeUnknown):
        await desk.clob.cancel_order(order.id, user)
    assert (await desk.order(order)).status is OrderStatus.LIVE
    await desk.look()  # finds it on the book and asks again
    await desk.look()
    assert (await desk.order(order)).status is OrderStatus.CANCELLED
    assert desk.venue.cancelled == [order.hash, order.hash]


async def test_an_order_cancelled_while_it_is_signed_is_never_sent(sessions: Sessions) -> None:
    desk, user = await open_live(sessions)

    def cancel_now(milestone: Milestone) -> None:
        if milestone is Milestone.INTENT_COMMITTED:
            desk.venue.before_signing = desk.clob.cancel_all(user)

    slow = desk.restarted(cancel_now)
    with pytest.raises(Rejected, match="Cancelled before it was sent"):
        await slow.clob.place_order(resting(user, "20"))
    assert desk.venue.bodies == []
    assert await scalar(sessions, "SELECT status FROM orders") == "rejected"


async def test_all_orders_of_a_market_or_a_user_are_cancelled_together(
    sessions: Sessions,
) -> None:
    desk, user = await open_live(sessions)
    await desk.market(2)
    other = await desk.user(telegram_id=2)
    for number in range(3):
        await desk.clob.place_order(resting(user, "20", f"r{number}"))
    theirs = await desk.clob.place_order(resting(other, "20"))
    desk.venue.cancels = [OutcomeUnknown("no answer")]
    result = await desk.clob.cancel_market(user, MARKET_1)
    assert (len(result.orders), len(result.failed)) == (2, 1)
    assert result.failed[0][1] == "no answer"
    again = await desk.clob.cancel_all(user)
    assert [order.status for order in again.orders] == [OrderStatus.CANCELLED]
    assert await desk.clob.open_orders(user) == ()
    assert await desk.clob.open_orders(other) == (theirs,)
    assert (await desk.clob.cancel_all(other, Origin.AUTOMATION)).orders == ()
