"""What follows a shot: sales that are refused, missed, open, interrupted, or two at once."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import EmptyBook, Rejected
from core.domain.execution import Match
from core.domain.order import Order, OrderStatus
from core.domain.trigger import TriggerKind, TriggerState
from core.domain.units import Price, Size
from core.ports import Execution
from core.services.clob.settlement import settle
from core.services.outbox import Outbox
from core.services.triggers.firing import TriggerFirer
from core.services.triggers.triggers import from_percent
from core.storage import orders
from core.storage.models import Sessions
from tests.support.trading import (
    ScriptedExchange,
    usdc,
)
from tests.support.trigger_house import (
    NOTICES,
    TRIGGERS,
    eventually,
    house_of,
    protective,
    settled,
    watching,
)


async def test_what_cannot_be_sold_is_said_once_and_tried_again(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        desk, user = house.desk, house.user
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        house.firer = TriggerFirer(
            sessions, {}, Outbox(sessions, now=desk.time.wall), slippage_percent=Decimal(5)
        )
        async with watching(house) as engine:
            house.bid(("0.39", "1000"), after=5)
            await settled(engine)
            for _ in range(4):
                house.bid(("0.39", "1000"), after=70)
                await settled(engine)
            await house.until("SELECT count(*) FROM notices", are=[(1,)])
        assert await house.rows("SELECT shot, trouble LIKE '%paper money only%' FROM triggers") == [
            (1, True)
        ]
        assert await house.rows("SELECT user_id, key FROM notices") == [
            (user, "trigger:1:1:trouble")
        ]


async def test_a_sale_whose_outcome_was_open_is_counted_when_it_is_known(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        exchange = ScriptedExchange(Rejected("Not today."))
        clob = house.trades_at(exchange)
        async with watching(house) as engine:
            await house.fires(engine, "0.39")
            await house.until(TRIGGERS, are=[("armed", 2, Decimal(100), "Not today.")])
            exchange.answer = Execution(OrderStatus.DELAYED)
            await house.fires(engine, "0.39", after=70)
            await house.until(
                "SELECT status FROM orders ORDER BY id", are=[("rejected",), ("delayed",)]
            )
            house.bid(("0.48", "1000"), after=5)
            await settled(engine)
            matched = Match(Size(Decimal(40)), Price(Decimal("0.39")), usdc(0))
            partly = Execution(OrderStatus.PARTIAL, (matched,))

            async def apply(session: AsyncSession, order: Order) -> Order:
                return await settle(session, order, partly, None, house.desk.time.wall())

            await clob.desk.change(house.user, exchange.seen[-1].id, apply)
            await house.until(TRIGGERS, are=[("armed", 3, Decimal(60), "")])
        assert await house.rows(NOTICES) == [("armed", Decimal(0)), ("armed", Decimal(40))]


async def test_an_order_that_ended_without_a_sale_lets_its_trigger_try_again(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        exchange = ScriptedExchange(Execution(OrderStatus.DELAYED))
        clob = house.trades_at(exchange)
        async with watching(house) as engine:
            await house.fires(engine, "0.39")
            await eventually(lambda: bool(exchange.seen))
            await settled(engine)

            async def apply(session: AsyncSession, order: Order) -> Order:
                now = house.desk.time.wall()
                return await orders.move(session, order, OrderStatus.CANCELLED, reason="", now=now)

            await clob.desk.change(house.user, exchange.seen[-1].id, apply)
            await house.until("SELECT shot FROM triggers", are=[(2,)])
            await settled(engine)
            await house.fires(engine, "0.39", after=0)
            await eventually(lambda: len(exchange.seen) == 2)


async def test_bids_that_were_gone_are_tried_again_as_soon_as_they_are_held(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        exchange = ScriptedExchange(EmptyBook("Nobody takes the other side."))
        house.trades_at(exchange)
        async with watching(house) as engine:
            for shot in (2, 3, 4):
                await house.fires(engine, "0.39", after=0)
                await house.until("SELECT shot FROM triggers", are=[(shot,)])
                await settled(engine)
        assert len(exchange.seen) == 3
        assert await house.rows("SELECT count(*) FROM notices") == [(1,)]


@pytest.mark.parametrize("is_sold", [True, False])
async def test_a_crash_after_the_order_is_made_good_at_the_next_start(
    sessions: Sessions, *, is_sold: bool
) -> None:
    async with house_of(sessions) as house:
        armed = await house.arm(TriggerKind.STOP_LOSS, "0.40")
        house.bid(("0.39", "1000"), after=5)
        if is_sold:
            await house.desk.clob.place_order(protective(armed))
        async with watching(house) as engine:
            await settled(engine)
            house.bid(("0.39", "1000"), after=1)
            await settled(engine)
            house.bid(("0.39", "1000"), after=1)
            await house.until("SELECT state, shot FROM triggers", are=[("done", 2)])
        assert await house.rows("SELECT count(*), sum(filled_size) FROM orders") == [
            (1, Decimal(100))
        ]
        assert await house.rows(NOTICES) == [("done", Decimal(100))]


async def test_two_triggers_that_one_book_reaches_sell_one_after_the_other(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40", 50)
        await house.arm(TriggerKind.STOP_LOSS, "0.39", 100)
        async with watching(house) as engine:
            await house.fires(engine, "0.38")
            await house.until("SELECT state, shot FROM triggers", are=[("done", 2), ("done", 2)])
            await settled(engine)
        assert await house.rows(NOTICES) == [("done", Decimal(50)), ("done", Decimal(50))]
        assert await house.rows("SELECT status, filled_size FROM orders ORDER BY id") == [
            ("filled", Decimal(50)),
            ("filled", Decimal(50)),
        ]


async def test_while_the_outcome_of_a_sale_is_open_nothing_else_sells_its_position(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40", 50)
        await house.arm(TriggerKind.STOP_LOSS, "0.39")
        exchange = ScriptedExchange(Execution(OrderStatus.DELAYED))
        house.trades_at(exchange)
        async with watching(house) as engine:
            await house.fires(engine, "0.38")
            await house.fires(engine, "0.37")
        assert len(exchange.seen) == 1
        assert await house.rows("SELECT count(*) FROM notices") == [(0,)]


async def test_two_engines_at_once_sell_once(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40", 50)
        async with watching(house) as engine, watching(house):
            house.bid(("0.39", "1000"), after=5)
            await settled(engine)
            house.bid(("0.39", "1000"), after=1)
            await house.until("SELECT state, shot FROM triggers", are=[("done", 2)])
            await settled(engine)
        assert await house.rows("SELECT count(*), sum(filled_size) FROM orders") == [
            (1, Decimal(50))
        ]


@pytest.mark.parametrize("has_desk", [True, False])
async def test_a_stop_that_rose_stays_up_through_a_try_that_sells_nothing(
    sessions: Sessions, *, has_desk: bool
) -> None:
    async with house_of(sessions) as house:
        desk = house.desk
        trailing = from_percent(TriggerKind.TRAILING_STOP, Decimal(10))
        armed = await house.triggers.arm(house.user, house.position.id, trailing)
        risen = replace(armed, peak=Price(Decimal("0.70")), level=Price(Decimal("0.63")))
        if not has_desk:
            house.firer = TriggerFirer(
                sessions, {}, Outbox(sessions, now=desk.time.wall), slippage_percent=Decimal(5)
            )
        house.bid(("0.10", "1000"), after=5)  # far below what the slippage allows
        after = (await house.firer.fire(risen, Price(Decimal("0.63")))).trigger
        assert (after.peak, after.level) == (risen.peak, risen.level)
        assert after.trouble


async def test_a_trigger_removed_while_its_order_is_out_is_not_armed_again(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        armed = await house.arm(TriggerKind.STOP_LOSS, "0.40", 50)
        house.bid(("0.39", "1000"), after=5)
        await house.desk.clob.place_order(protective(armed))
        await house.triggers.remove(house.user, armed.id)
        after = (await house.firer.fire(armed, Price(Decimal("0.39")))).trigger
        assert after.state is TriggerState.REMOVED
        assert await house.rows("SELECT count(*) FROM orders") == [(1,)]
