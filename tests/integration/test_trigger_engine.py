"""Triggers against Postgres, the board and the paper exchange, on a clock that is set by hand."""

from decimal import Decimal

import sqlalchemy as sa

from core.domain.errors import Unavailable
from core.domain.health import Doubt
from core.domain.order import Origin
from core.domain.position import PositionStatus
from core.domain.price import PriceState
from core.domain.trigger import TriggerKind
from core.domain.units import Price, Size
from core.services.triggers.trigger_engine import SWEEP
from core.services.triggers.triggers import from_percent, from_price
from core.storage.models import Sessions
from tests.support.trading import (
    YES,
    buy,
)
from tests.support.trigger_house import (
    ASKS,
    NOTICES,
    ORDERS,
    TRIGGERS,
    eventually,
    house_of,
    settled,
    watching,
)


async def test_a_stop_loss_sells_everything_once_and_says_so(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        async with watching(house) as engine:
            house.bid(("0.39", "1000"), after=5)
            await settled(engine)
            assert await house.rows(ORDERS) == []
            house.bid(("0.38", "1000"), after=1)
            await house.until(TRIGGERS, are=[("done", 2, Decimal(0), "")])
            house.bid(("0.30", "1000"), after=5)
            await settled(engine)
        assert await house.rows(ORDERS) == [
            ("filled", Decimal(100), Decimal("0.37"), Decimal(100), Origin.PROTECTION)
        ]
        assert await house.rows(NOTICES) == [("done", Decimal(100))]
        held = await house.desk.positions.get_position(house.position.id, house.user)
        assert (held.status, held.holding.amount) == (PositionStatus.CLOSED, Size(Decimal(0)))


async def test_a_ghost_of_one_book_fires_nothing(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.TAKE_PROFIT, "0.60")
        async with watching(house) as engine:
            house.bid(("0.80", "1000"), after=5)
            await settled(engine)
            house.bid(("0.48", "1000"), after=0.5)
            await settled(engine)
            house.bid(("0.80", "1000"), after=3)
            await settled(engine)
            house.bid(("0.70", "3"), ("0.48", "1000"), after=3)  # less than the least order
            await settled(engine)
        assert await house.rows(ORDERS) == []
        assert await house.rows(TRIGGERS) == [("armed", 1, None, "")]


async def test_a_thin_book_sells_a_part_and_the_rest_stays_armed(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.TAKE_PROFIT, "0.60", 50)
        async with watching(house) as engine:
            thin = (("0.62", "20"), ("0.55", "1000"))
            house.bid(*thin, after=5)
            await settled(engine)
            house.bid(*thin, after=1)
            await house.until(TRIGGERS, are=[("armed", 2, Decimal(30), "")])
            house.bid(("0.61", "1000"), after=5)
            await settled(engine)
            house.bid(("0.61", "1000"), after=1)
            await house.until(TRIGGERS, are=[("done", 3, Decimal(0), "")])
        assert await house.rows(
            "SELECT price, size FROM fills WHERE side = 'SELL' ORDER BY id"
        ) == [
            (Decimal("0.62"), Decimal(20)),
            (Decimal("0.61"), Decimal(30)),
        ]
        assert await house.rows(NOTICES) == [("armed", Decimal(20)), ("done", Decimal(30))]


async def test_a_quiet_market_is_sold_by_the_clock_without_further_news(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        house.bid(("0.39", "1000"))
        wish = from_price(TriggerKind.STOP_LOSS, Price(Decimal("0.35")))
        await house.triggers.arm(house.user, house.position.id, wish)
        async with watching(house) as engine:
            house.bid(("0.34", "1000"), after=5)
            await settled(engine)
            house.desk.time.seconds += 1
            engine.wake()
            await house.until(TRIGGERS, are=[("done", 2, Decimal(0), "")])


async def test_books_on_two_sides_of_a_gap_do_not_sell_together(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        async with watching(house) as engine:
            house.bid(("0.39", "1000"), after=5)
            await settled(engine)
            house.desk.board.set_state(YES, PriceState.SUSPECT, Doubt.MISSED)
            house.bid(("0.39", "1000"), after=1)  # live again
            await settled(engine)
            assert await house.rows(TRIGGERS) == [("armed", 1, None, "")]
            house.bid(("0.39", "1000"), after=1)
            await house.until(TRIGGERS, are=[("done", 2, Decimal(0), "")])


async def test_a_price_that_is_not_live_fires_nothing(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        async with watching(house) as engine:
            house.desk.board.set_state(YES, PriceState.SUSPECT, Doubt.SILENT)
            house.desk.time.seconds += 5
            quote = house.desk.board.quote(YES)
            assert quote is not None
            low = Price(Decimal("0.10"))
            house.desk.board.publish(quote._replace(bid=low, received=house.desk.time.clock()))
            await settled(engine)
            house.desk.time.seconds += 5
            engine.wake()
            await settled(engine)
        assert await house.rows(ORDERS) == []


async def test_without_a_socket_two_books_fetched_for_it_decide(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        desk = house.desk
        desk.board.forget(YES)
        async with watching(house) as engine:
            desk.shelf.put(YES, (("0.35", "1000"),), ASKS)
            desk.time.seconds += 5
            await desk.books.refresh([YES])
            await eventually(lambda: len(desk.shelf.asked) == 2)
            await settled(engine)
            assert await house.rows(ORDERS) == []
            desk.time.seconds += 1
            engine.wake()
            await house.until(TRIGGERS, are=[("done", 2, Decimal(0), "")])
        assert len(desk.shelf.asked) >= 3


async def test_risen_stops_survive_a_restart(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        trailing = from_percent(TriggerKind.TRAILING_STOP, Decimal(10))
        armed = await house.triggers.arm(house.user, house.position.id, trailing)
        assert (armed.peak, armed.level) == (Decimal("0.48"), Decimal("0.43"))
        async with watching(house) as engine:
            house.bid(("0.70", "1000"), after=5)
            await settled(engine)
            house.bid(("0.72", "1000"), after=2)
            await house.until(
                "SELECT peak, level FROM triggers", are=[(Decimal("0.70"), Decimal("0.63"))]
            )
        async with watching(house) as engine:
            house.bid(("0.63", "1000"), after=5)
            await settled(engine)
            house.bid(("0.63", "1000"), after=1)
            await house.until("SELECT state FROM triggers", are=[("done",)])


async def test_a_market_whose_least_order_grew_needs_more_bids(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.TAKE_PROFIT, "0.60")
        async with watching(house) as engine:
            async with sessions.begin() as session:
                await session.execute(sa.text("UPDATE markets SET minimum_size = 50"))
            await house.arm(TriggerKind.TAKE_PROFIT, "0.90")
            await eventually(lambda: engine.armed == 2)
            for _ in range(2):
                house.bid(("0.62", "20"), ("0.48", "1000"), after=5)
                await settled(engine)
        assert await house.rows(ORDERS) == []


async def test_a_fill_reads_what_is_armed_on_its_own_shares_and_a_minute_reads_all(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        desk = house.desk
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        async with watching(house) as engine:
            await settled(engine)  # it has counted what a start finds
            async with sessions.begin() as session:
                await session.execute(sa.text("UPDATE triggers SET state = 'removed'"))
            await desk.clob.place_order(buy(await desk.user(2), "10"))
            await settled(engine)
            assert engine.armed == 1
            await desk.clob.place_order(buy(house.user, "10"))
            await eventually(lambda: engine.armed == 0)
            async with sessions.begin() as session:
                await session.execute(sa.text("UPDATE triggers SET state = 'armed'"))
            await settled(engine)
            assert engine.armed == 0
            desk.time.seconds += SWEEP
            engine.wake()
            await eventually(lambda: engine.armed == 1)


async def test_a_venue_without_a_book_decides_nothing(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        desk = house.desk
        desk.board.forget(YES)
        async with watching(house) as engine:
            desk.shelf.put(YES, (("0.35", "1000"),), ASKS)
            desk.time.seconds += 5
            await desk.books.refresh([YES])
            desk.shelf.fault = Unavailable("The venue does not answer.")
            await eventually(lambda: len(desk.shelf.asked) >= 2)
            await settled(engine)
        assert await house.rows(ORDERS) == []
