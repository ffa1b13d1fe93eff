"""Whatever the venue answers, first or again: it is clear in the end what became of the order."""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

import pytest

from core.domain.errors import OutcomeUnknown, PolycoolError, Rejected, Unavailable
from core.domain.order import Order, OrderStatus, Ticket
from core.domain.units import ZERO, Size, Usdc, UserId
from core.ports import Execution
from core.storage.models import Sessions
from tests.support.live_desk import LiveDesk, books_of, open_live, resting, taking

GONE, UNHEARD = Rejected("The order is refused."), OutcomeUnknown("The exchange did not answer.")
LATER = Unavailable("The exchange is restarting.")
ANSWERS: dict[str, Execution | PolycoolError] = {
    "live": Execution(OrderStatus.LIVE),
    "matched": Execution(OrderStatus.MATCHED),
    "matched with a total": Execution(
        OrderStatus.MATCHED, matched_size=Size(Decimal(10)), matched_value=Usdc(Decimal(4))
    ),
    "matched with names": Execution(OrderStatus.MATCHED, trade_ids=("t2", "t3")),
    "delayed, or duplicated": Execution(OrderStatus.DELAYED),
    "filled": Execution(OrderStatus.FILLED, matched_size=Size(Decimal(10))),
    "cancelled": Execution(OrderStatus.CANCELLED, reason="no match"),
    "refused": GONE,
    "unavailable": LATER,
    "nothing": UNHEARD,
}
STEPS = (3, 3, 5, 8, 20, 40, 70, 300, 400, 70, 70, 70)  # seconds; in all longer than any patience


async def watched(desk: LiveDesk, order: Order, steps: Sequence[int] = STEPS) -> Order:
    for step in steps:
        await desk.look(step)
    return await desk.order(order)


async def placed(desk: LiveDesk, ticket: Ticket) -> Order:
    with suppress(PolycoolError):
        await desk.clob.place_order(ticket)
    return await desk.clob.place_order(ticket)  # the same key: the order as it is


def ticket(user: UserId, *, rests: bool) -> Ticket:
    return resting(user, "10") if rests else taking(user, "4", worst="0.40")


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("is_again", [False, True])
@pytest.mark.parametrize("rests", [False, True])
async def test_an_order_that_the_venue_never_took_ends_without_a_fill(
    sessions: Sessions, answer: str, *, is_again: bool, rests: bool
) -> None:
    desk, user = await open_live(sessions)
    desk.venue.is_deaf = True
    told = ANSWERS[answer]
    desk.venue.posts = ["lost", told, told, told] if is_again else [told, "lost", "lost", "lost"]
    after = await watched(desk, await placed(desk, ticket(user, rests=rests)))
    assert after.is_done
    assert len(set(desk.venue.bodies)) == 1
    books = await books_of(sessions, user)
    assert (books.fills, books.cash, books.shares) == (0, Decimal(1000), ZERO)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("is_again", [False, True])
@pytest.mark.parametrize("rests", [False, True])
async def test_an_order_that_the_venue_filled_is_booked_once(
    sessions: Sessions, answer: str, *, is_again: bool, rests: bool
) -> None:
    """Sent again it is the first sending that arrives: what is answered the second time says
    nothing of it, a refusal least of all.
    """
    told = ANSWERS[answer]
    if not is_again and isinstance(told, Rejected | Unavailable):
        return  # proven: the venue did not take it
    desk, user = await open_live(sessions)
    desk.venue.fills = [("10", "0.40")]
    first = "unheard" if told is UNHEARD else told
    desk.venue.posts = ["late", told, told] if is_again else [first]
    desk.venue.is_deaf = is_again
    order = await placed(desk, ticket(user, rests=rests))
    await desk.look()
    desk.venue.arrive()
    after = await watched(desk, order)
    if after.status is OrderStatus.CANCELLED:  # its word is taken, and what is told counts
        for trade in await desk.venue.trades(user, None):
            await desk.clob.news.trade(user, trade)
        after = await desk.order(order)
    assert (after.status, after.awaited_size) == (OrderStatus.FILLED, ZERO)
    books = await books_of(sessions, user)
    assert (books.fills, books.shares) == (1, Decimal(10))
    assert desk.guards.held[order.id] == 0
    assert len(set(desk.venue.bodies)) == 1
