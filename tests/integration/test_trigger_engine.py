"""Triggers against Postgres, the board and the paper exchange, on a clock that is set by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import EmptyBook, NotFound, Rejected, Unavailable
from core.domain.execution import Match
from core.domain.health import Doubt
from core.domain.notice import Warned
from core.domain.order import Order, OrderStatus, Origin, Ticket
from core.domain.position import Position, PositionStatus
from core.domain.price import PriceState
from core.domain.trigger import MOST_ARMED, Trigger, TriggerKind, TriggerState
from core.domain.units import Price, Size, UserId
from core.ports import Execution
from core.services.clob.clob_service import ClobService
from core.services.clob.settlement import settle
from core.services.outbox import Outbox
from core.services.triggers.firing import TriggerFirer
from core.services.triggers.trigger_engine import SWEEP, TriggerEngine
from core.services.triggers.triggers import Triggers, TriggerWitness, from_percent, from_price
from core.storage import orders
from core.storage import triggers as stored
from core.storage.models import Sessions
from infrastructure.paper.paper_exchange import PaperExchange
from tests.support.trading import (
    MARKET_1,
    YES,
    Desk,
    Levels,
    ScriptedExchange,
    buy,
    desk_of,
    opened,
    usdc,
)

PATIENCE = 20.0  # seconds
DEEP: Levels = (("0.48", "1000"),)
ASKS: Levels = (("0.90", "1000"),)


@dataclass
class House:
    """A user who holds 100 Yes shares bought at 50 cents, and the triggers' own parts."""

    desk: Desk
    user: UserId
    position: Position
    triggers: Triggers
    firer: TriggerFirer
    witness: TriggerWitness

    def engine(self) -> TriggerEngine:
        desk = self.desk
        return TriggerEngine(desk.sessions, desk.board, desk.books, self.triggers, self.firer)

    def bid(self, *bids: tuple[str, str], after: float = 0.0) -> None:
        """The socket brings this book, `after` seconds."""
        self.desk.time.seconds += after
        self.desk.stream(YES, bids, ASKS)

    async def arm(self, kind: TriggerKind, level: str, percent: int = 100) -> Trigger:
        wish = from_price(kind, Price(Decimal(level)), percent)
        return await self.triggers.arm(self.user, self.position.id, wish)

    def trades_at(self, exchange: ScriptedExchange) -> ClobService:
        """From now on triggers sell there."""
        desk = self.desk
        desk.clob = ClobService(
            desk.sessions,
            exchange,
            desk.books,
            desk.manager,
            witness=self.witness,
            now=desk.time.wall,
        )
        outbox = Outbox(desk.sessions, now=desk.time.wall)
        self.firer = TriggerFirer(
            desk.sessions, {Account.PAPER: desk.clob}, outbox, slippage_percent=Decimal(5)
        )
        return desk.clob

    async def fires(self, engine: TriggerEngine, bid: str, after: float = 5) -> None:
        """The level is seen twice, and what follows is done."""
        for pause in (after, 1):
            self.bid((bid, "1000"), after=pause)
            await settled(engine)

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.desk.sessions() as session:
            return [tuple(row) for row in await session.execute(sa.text(query))]

    async def until(self, query: str, *, are: list[tuple[object, ...]]) -> None:
        """Postgres comes to say that; the event loop is left to whoever brings it about."""
        found: list[tuple[object, ...]] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while (found := await self.rows(query)) != are:  # noqa: ASYNC110 - the rows say it
                    await asyncio.sleep(0)
        except TimeoutError:
            raise AssertionError(f"{found} instead of {are}") from None


@asynccontextmanager
async def house_of(sessions: Sessions) -> AsyncIterator[House]:
    desk = desk_of(sessions)
    user = await desk.user()
    await desk.market()
    desk.stream(YES, DEEP, ASKS)
    triggers = Triggers(sessions, desk.board)
    outbox = Outbox(sessions, now=desk.time.wall)
    witness = TriggerWitness(triggers, desk.board, outbox)
    clob = ClobService(
        sessions,
        PaperExchange(desk.books),
        desk.books,
        desk.manager,
        witness=witness,
        now=desk.time.wall,
    )
    desk.clob = clob
    position = await desk.positions.create_position(
        user, MARKET_1, size=Size(Decimal(100)), price=Price(Decimal("0.50"))
    )
    firer = TriggerFirer(sessions, {Account.PAPER: clob}, outbox, slippage_percent=Decimal(5))
    yield House(desk, user, position, triggers, firer, witness)


@asynccontextmanager
async def watching(house: House) -> AsyncIterator[TriggerEngine]:
    """The engine runs, and has read what is armed."""
    engine = house.engine()
    running = asyncio.create_task(engine.run())
    armed = await house.rows("SELECT count(*) FROM triggers WHERE state = 'armed'")
    await eventually(lambda: engine.armed == armed[0][0])
    try:
        yield engine
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled(), running.exception()


async def settled(engine: TriggerEngine) -> None:
    """It has looked at everything that it was told, and done what follows."""
    engine.wake()
    await eventually(lambda: engine.is_at_rest)


async def eventually(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - turns of this loop are what it takes
            await asyncio.sleep(0)


TRIGGERS = "SELECT state, shot, left_size, trouble FROM triggers ORDER BY id"
ORDERS = "SELECT status, size, worst_price, filled_size, origin FROM orders ORDER BY id"
NOTICES = "SELECT payload->>'state', (payload->>'sold')::numeric FROM notices ORDER BY id"


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


async def test_a_position_that_ends_takes_its_triggers_along(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        async with watching(house) as engine:
            armed = await house.triggers.armed(house.user, Account.PAPER)
            sale = protective(armed[0], key="button:by-hand", origin=Origin.PERSON)
            await house.desk.clob.place_order(sale)
            await house.until("SELECT state FROM triggers", are=[("over",)])
            await eventually(lambda: engine.armed == 0)
            assert await house.rows("SELECT count(*) FROM notices") == [(0,)]
        with pytest.raises(Rejected, match="closed already"):
            await house.arm(TriggerKind.STOP_LOSS, "0.40")


async def test_every_purchase_gets_its_presets_once(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        user, desk = house.user, house.desk
        for kind, change in ((TriggerKind.TAKE_PROFIT, 20), (TriggerKind.TRAILING_STOP, 10)):
            await house.triggers.set_preset(user, Account.PAPER, kind, Decimal(change))
        desk.stream(YES, DEEP, (("0.50", "1000"),))
        for number in (1, 2):
            await desk.clob.place_order(buy(user, "10", f"button:{number}", worst="0.50"))
        assert await house.rows(
            "SELECT kind, level, trail, percent FROM triggers ORDER BY kind"
        ) == [
            ("take-profit", Decimal("0.60"), None, 100),
            ("trailing-stop", Decimal("0.43"), Decimal(10), 100),
        ]
        await house.triggers.set_preset(user, Account.PAPER, TriggerKind.TAKE_PROFIT, None)
        assert await house.triggers.presets(user, Account.PAPER) == {
            TriggerKind.TRAILING_STOP: Decimal(10)
        }


async def test_a_preset_that_would_sell_the_purchase_at_once_is_told_and_not_armed(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    desk.stream(YES, (("0.10", "2"), ("0.09", "1000")), (("0.11", "1000"),))
    triggers, outbox = Triggers(sessions, desk.board), Outbox(sessions, now=desk.time.wall)
    witness = TriggerWitness(triggers, desk.board, outbox)
    clob = ClobService(
        sessions, PaperExchange(desk.books), desk.books, desk.manager, witness=witness
    )
    for kind, change in ((TriggerKind.STOP_LOSS, 10), (TriggerKind.TAKE_PROFIT, 20)):
        await triggers.set_preset(user, Account.PAPER, kind, Decimal(change))
    await clob.place_order(buy(user, "10", worst="0.11"))
    armed = await triggers.armed(user, Account.PAPER)
    assert [one.kind for one in armed] == [TriggerKind.TAKE_PROFIT]
    told = [notice.news for notice in await outbox.claim()]
    assert told == [
        Warned(
            "Stop loss 10%, which every buy gets, was not armed for Yes in Will number 1 win? "
            "The bid is at 9¢, so this would sell at once. Sell now instead, or choose a price "
            "below it."
        )
    ]


async def test_arming_and_removing_is_refused_in_a_sentence(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        first = await house.arm(TriggerKind.STOP_LOSS, "0.40")
        with pytest.raises(Rejected, match="armed already"):
            await house.arm(TriggerKind.STOP_LOSS, "0.40")
        for cents in range(1, MOST_ARMED):
            await house.arm(TriggerKind.STOP_LOSS, f"0.{cents:02}")
        with pytest.raises(Rejected, match="remove one first"):
            await house.arm(TriggerKind.STOP_LOSS, "0.30")
        stranger = await house.desk.user(2)
        with pytest.raises(NotFound):
            await house.triggers.remove(stranger, first.id)
        with pytest.raises(NotFound):
            await house.triggers.arm(
                stranger, house.position.id, from_percent(TriggerKind.STOP_LOSS, Decimal(10))
            )
        await house.triggers.remove(house.user, first.id)
        with pytest.raises(Rejected, match="not armed any more"):
            await house.triggers.remove(house.user, first.id)
        armed = await house.triggers.armed(house.user, Account.PAPER, house.position.id)
        assert len(armed) == MOST_ARMED - 1
        assert first.id not in {trigger.id for trigger in armed}


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


async def test_a_fill_reads_what_is_armed_on_its_own_shares_and_a_minute_reads_all(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        desk = house.desk
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        async with watching(house) as engine:
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


async def test_what_is_armed_is_found_by_its_own_index(sessions: Sessions) -> None:
    said = list[str]()
    async with house_of(sessions) as house, sessions() as session:
        await house.arm(TriggerKind.STOP_LOSS, "0.40")
        many = """
            INSERT INTO triggers (user_id, account, position_id, market_id, token_id, outcome, kind,
                level, percent, state)
            SELECT user_id, account, position_id, market_id, token_id, outcome, kind,
                level, percent, 'done' FROM triggers, generate_series(1, 2000)
        """
        await session.execute(sa.text(many))
        await session.execute(sa.text("ANALYZE triggers"))
        connection = await session.connection()
        sync = connection.sync_connection

        def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            said.append(statement)

        sa.event.listen(sync, "before_cursor_execute", hear)
        assert len(await stored.armed(session)) == 1
        await connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.exec_driver_sql(f"PREPARE armed AS {said[0]}")
        plan = await connection.exec_driver_sql("EXPLAIN EXECUTE armed ('active')")
        text = "\n".join(row[0] for row in plan)
        await connection.exec_driver_sql("DEALLOCATE armed")
        await session.rollback()
    assert "uq_triggers_armed" in text


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


def protective(trigger: Trigger, *, key: str = "", origin: Origin = Origin.PROTECTION) -> Ticket:
    """What the engine would place for it."""
    return Ticket(
        user_id=trigger.user_id,
        account=trigger.account,
        market_id=trigger.market_id,
        token_id=trigger.token_id,
        side=Side.SELL,
        worst_price=Price(Decimal("0.30")),
        key=key or trigger.order_key,
        size=Size(Decimal(100)),
        origin=origin,
    )
