"""Kill switches: what they forbid is not claimed, not signed, and cancelled."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.account_views import Swept
from core.domain.errors import Rejected, Unavailable
from core.domain.order import Order, OrderStatus, Origin
from core.domain.order_amounts import OrderKind
from core.domain.refusals import (
    BuyingRefused,
    Halted,
    NotUnique,
    OutcomeAwaited,
    Refused,
    Stopped,
)
from core.domain.risk import Stop
from core.domain.units import OrderId, UserId
from core.services.risk.kill_switch import KillSwitch
from core.storage import orders, risk_switches
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from tests.support.guarding import Guarded, ask, bid, seller

GTC, AUTOMATION, PROTECTION = OrderKind.GTC, Origin.AUTOMATION, Origin.PROTECTION
SOME = 5  # orders signed before the halt


async def test_stopping_keeps_only_the_ways_out(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    await desk.switch.stop(user)
    for forbidden in (bid(user), bid(user, origin=AUTOMATION), ask(user, origin=AUTOMATION)):
        with pytest.raises(Stopped, match="protective sells still work"):
            await desk.place(forbidden)
    await desk.place(ask(user, "10", "by hand"))
    await desk.place(ask(user, "10", "stop-loss", origin=PROTECTION))


async def test_stopping_everything_leaves_no_order(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    await desk.switch.stop(user, Stop.EVERYTHING)
    for forbidden in (bid(user), ask(user), ask(user, origin=PROTECTION)):
        with pytest.raises(Stopped, match="Resume trading first"):
            await desk.place(forbidden)
    await desk.switch.resume(user)
    await desk.place(bid(user))
    assert [what for _, what, _ in desk.outside.noted] == ["trading stopped", "trading resumed"]


async def test_stopping_cancels_what_automation_rests_and_nothing_else(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    other = await desk.user(2)
    automated = await desk.place(bid(user, key="a", kind=GTC, origin=AUTOMATION))
    by_hand = await desk.place(bid(user, key="b", kind=GTC))
    protective = await desk.place(ask(user, key="c", kind=GTC, origin=PROTECTION))
    foreign = await desk.place(bid(other, key="a", kind=GTC, origin=AUTOMATION))
    swept = await desk.switch.stop(user)
    assert desk.outside.cancelled == [automated.id]
    assert ([each.order_id for each in swept.gone], swept.left) == ([automated.id], ())
    await desk.switch.stop(user, Stop.EVERYTHING)
    assert sorted(desk.outside.cancelled) == [automated.id, by_hand.id, protective.id]
    await desk.switch.halt(user)
    assert desk.outside.cancelled[-1] == foreign.id


async def test_what_could_not_be_cancelled_is_swept_later(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    order = await desk.place(bid(user, kind=GTC, origin=AUTOMATION))
    desk.outside.cancel_fault = Unavailable("The venue is away.")
    swept = await desk.switch.stop(user)
    assert [each.order_id for each in swept.left] == [order.id]
    desk.outside.cancel_fault = None
    assert [each.order_id for each in (await desk.switch.sweep()).gone] == [order.id]
    assert await desk.switch.sweep() == Swept()


@dataclass
class Heard:
    """Cancels at the desk, and says when one order is gone."""

    desk: Guarded
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def cancel_order(self, order_id: OrderId, user_id: UserId) -> Order:
        order = await self.desk.cancel_order(order_id, user_id)
        self.gone.set()
        return order


async def test_it_is_tried_again_while_the_program_runs(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    order = await desk.place(bid(user, kind=GTC, origin=AUTOMATION))
    desk.outside.cancel_fault = Unavailable("The venue is away.")
    await desk.switch.stop(user)
    desk.outside.cancel_fault = None
    heard = Heard(desk)
    switch = KillSwitch(sessions, heard, desk.outside, now=desk.time.wall, every=0.01)
    running = asyncio.create_task(switch.run())
    async with asyncio.timeout(20):
        await heard.gone.wait()
    running.cancel()
    await asyncio.wait([running])
    assert desk.outside.cancelled == [order.id]


async def test_a_refused_cancellation_is_no_proof_that_the_order_is_gone(
    sessions: Sessions,
) -> None:
    desk, user = await seller(sessions)
    order = await desk.place(bid(user, kind=GTC, origin=AUTOMATION))
    desk.outside.cancel_fault = Rejected("The venue knows nothing of this order.")
    assert len((await desk.switch.stop(user)).left) == 1
    await desk.becomes(order, OrderStatus.FILLED)
    assert await desk.switch.sweep() == Swept()


async def test_a_halt_of_everything_takes_the_rest_off_the_books_after_a_crash(
    sessions: Sessions,
) -> None:
    desk, user = await seller(sessions)
    by_hand = await desk.place(bid(user, kind=GTC))
    await desk.switch.halt(user)
    assert await desk.switch.sweep() == Swept()
    desk.outside.cancel_fault = Unavailable("The process was killed before it came to this.")
    assert len((await desk.switch.halt(user, everything=True)).left) == 1
    desk.outside.cancel_fault = None
    assert [each.order_id for each in (await desk.switch.sweep()).gone] == [by_hand.id]
    await desk.switch.lift(user)
    await desk.place(bid(user, key="later", kind=GTC))
    assert await desk.switch.sweep() == Swept()


async def test_whom_the_venue_refuses_sells_and_does_not_buy(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    signed_too_late = await desk.place(bid(user, key="before"))
    async with as_user(sessions, user) as session:
        await risk_switches.set_refusal(session, user, "Not from there.", desk.time.wall())
    for forbidden in (bid(user), bid(user, origin=AUTOMATION)):
        with pytest.raises(BuyingRefused, match="Not from there"):
            await desk.place(forbidden)
    with pytest.raises(BuyingRefused):
        await desk.send(signed_too_late)
    await desk.send(await desk.place(ask(user, key="sale")))
    await desk.place(bid(user, account=Account.PAPER))
    async with as_user(sessions, user) as session:
        await risk_switches.set_refusal(session, user, "", desk.time.wall())
    await desk.place(bid(user))


async def test_a_halt_refuses_everybody_in_every_account(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    await desk.switch.halt(user)
    for forbidden in (bid(user), ask(user), bid(user, account=Account.PAPER)):
        with pytest.raises(Halted, match="The owner has halted trading"):
            await desk.place(forbidden)
    await desk.switch.lift(user)
    await desk.place(bid(user))


async def test_a_switch_set_between_claim_and_signature_binds(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    stopped, halted = await desk.place(bid(user, key="a")), await desk.place(ask(user, key="b"))
    await desk.switch.stop(user)
    with pytest.raises(Stopped):
        await desk.send(stopped)
    await desk.switch.halt(user)
    with pytest.raises(Halted):
        await desk.send(halted)


async def test_after_a_halt_returned_nothing_is_signed_however_many_race_it(
    sessions: Sessions,
) -> None:
    desk, user = await seller(sessions)
    users = [await desk.user(number) for number in range(2, 42)]
    signed: list[Order] = []
    turns, some_are_signed = asyncio.Semaphore(8), asyncio.Event()

    async def trade(who: UserId) -> None:
        async with turns:
            try:
                signed.append(await desk.send(await desk.place(bid(who, "1"))))
            except Halted:
                return
        if len(signed) == SOME:
            some_are_signed.set()

    async def halt() -> int:
        await some_are_signed.wait()
        await desk.switch.halt(user)
        return await signed_rows(sessions)

    async with asyncio.TaskGroup() as tasks:
        for who in users:
            tasks.create_task(trade(who))
        halting = tasks.create_task(halt())
    assert SOME <= halting.result() == await signed_rows(sessions) < 40


async def signed_rows(sessions: Sessions) -> int:
    async with sessions() as session:
        query = sa.text("SELECT count(*) FROM orders WHERE status = 'signed'")
        return await session.scalar(query) or 0


async def test_whoever_stops_waits_for_a_claim_that_came_first(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    async with as_user(sessions, user) as session:
        ticket = bid(user, kind=GTC, origin=AUTOMATION)
        order, _ = await orders.record(session, ticket, "Yes", desk.time.wall())
        await desk.guards.claim(session, order, desk.market)
        stopping = asyncio.create_task(desk.switch.stop(user))
        while not await waiting(sessions):
            assert not stopping.done()
    assert [each.order_id for each in (await stopping).gone] == [order.id]


async def waiting(sessions: Sessions) -> bool:
    """Whether somebody waits for a lock."""
    async with sessions() as session:
        query = sa.text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(await session.scalar(query))


async def test_an_order_that_was_never_claimed_is_never_sent(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    async with sessions.begin() as session:
        order, _ = await orders.record(session, bid(user), "Yes", desk.time.wall())
        with pytest.raises(Refused, match="Nothing was reserved"):
            await desk.guards.free_to_send(session, order)


async def test_a_fenced_process_neither_claims_nor_sends(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    order = await desk.place(bid(user))
    desk.outside.fenced = Rejected("Another instance has taken over.")
    for attempt in (desk.place(bid(user, key="k2")), desk.send(order)):
        with pytest.raises(Rejected, match="taken over"):
            await attempt


async def test_automation_waits_while_an_order_in_the_market_is_unknown(
    sessions: Sessions,
) -> None:
    desk, user = await seller(sessions)
    lost = await desk.place(bid(user, key="by hand"))
    await desk.becomes(lost, OrderStatus.UNKNOWN)
    with pytest.raises(OutcomeAwaited, match="not answered yet"):
        await desk.place(bid(user, key="a", origin=AUTOMATION))
    await desk.becomes(lost, OrderStatus.FILLED)
    await desk.place(bid(user, key="a", origin=AUTOMATION))


async def test_an_automated_order_says_what_it_was_for(sessions: Sessions) -> None:
    desk, user = await seller(sessions)
    ticket = bid(user, origin=AUTOMATION)
    for key in ("k", "auto:1:BUY:", "auto:1:SELL:x", "auto:2:BUY:x"):
        with pytest.raises(NotUnique):
            await desk.place(replace(ticket, key=key))
