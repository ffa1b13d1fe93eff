"""Somebody with shares and triggers: real Postgres, board and paper exchange, clocks by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from core.domain.account import Account
from core.domain.book import Side
from core.domain.order import Origin, Ticket
from core.domain.position import Position
from core.domain.trigger import Trigger, TriggerKind
from core.domain.units import Price, Size, UserId
from core.services.clob.clob_service import ClobService
from core.services.outbox import Outbox
from core.services.triggers.firing import TriggerFirer
from core.services.triggers.trigger_engine import TriggerEngine
from core.services.triggers.triggers import Triggers, TriggerWitness, from_price
from core.storage.models import Sessions
from infrastructure.paper.paper_exchange import PaperExchange
from tests.support.trading import (
    MARKET_1,
    YES,
    Desk,
    Levels,
    ScriptedExchange,
    desk_of,
)

PATIENCE = 20.0  # seconds
DEEP: Levels = (("0.48", "1000"),)
ASKS: Levels = (("0.90", "1000"),)
TRIGGERS = "SELECT state, shot, left_size, trouble FROM triggers ORDER BY id"
ORDERS = "SELECT status, size, worst_price, filled_size, origin FROM orders ORDER BY id"
NOTICES = "SELECT payload->>'state', (payload->>'sold')::numeric FROM notices ORDER BY id"


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
