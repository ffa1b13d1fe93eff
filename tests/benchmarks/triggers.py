"""Triggers: from the moment that a second book says so to the order that leaves for the venue."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from core.domain.account import Account
from core.domain.position import Position
from core.domain.trigger import TriggerKind
from core.domain.units import Price, Usdc, UserId
from core.services.fresh_books import FreshBooks
from core.services.milestones import Milestone
from core.services.outbox import Outbox
from core.services.triggers.firing import TriggerFirer
from core.services.triggers.trigger_engine import TriggerEngine
from core.services.triggers.triggers import Triggers, from_price
from core.storage import positions
from core.storage.tenancy import as_user
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from tests.benchmarks.report import Figure, percentile
from tests.support.live_house import NO_LIMITS, LiveHouse, both, live_house

ROUNDS: Final = 100
WARM: Final = 5
HOLD: Final = 0.2  # seconds; how long the level has to be seen is no part of what is measured
PATIENCE: Final = 30.0  # seconds
SLIPPAGE: Final = Decimal(5)  # percent
LOW, LEVEL, HIGH = "0.5", Price(Decimal("0.55")), "0.6"
HOW: Final = (
    f"of {ROUNDS}, from the second book's time to before POST /order; live desk, nothing else runs"
)


async def measure(url: str) -> list[Figure]:
    """`url`: of an empty database on a server as the product runs it."""
    engine = create_engine(url)
    await upgrade(engine)
    await engine.dispose()
    watch = _Watch()
    with tempfile.TemporaryDirectory(prefix="polycool-bench-keys-", dir="/tmp") as folder:
        async with live_house(url, Path(folder) / "keys", watch.reached, **NO_LIMITS) as house:
            user = await house.person(1)
            held = await _held(house, user)
            taken = await _rounds(house, held, watch)
    return [
        Figure("trigger_qualified_to_order", percentile(taken, 99), "ms", f"p99 {HOW}", "<= 100"),
        Figure("trigger_qualified_to_order_p50", percentile(taken, 50), "ms", HOW),
        Figure("trigger_qualified_to_order_max", max(taken), "ms", HOW),
    ]


@dataclass
class _Watch:
    """When an order was last about to leave."""

    left: float = 0.0  # monotonic seconds
    has_left: asyncio.Event = field(default_factory=asyncio.Event)

    def reached(self, milestone: Milestone) -> None:
        if milestone is Milestone.BEFORE_POST:
            self.left = time.monotonic()
            self.has_left.set()


async def _held(house: LiveHouse, user: UserId) -> Position:
    """Enough shares for all rounds."""
    desk = house.live.clob
    quote = await desk.quote_buy(user, house.market.id, house.token, Usdc(Decimal(5000)))
    await desk.place_offer(await house.claim(desk, user, quote))
    async with as_user(house.sessions, user) as session:
        return (await positions.active(session, user, Account.LIVE, house.market.id))[0]


async def _rounds(house: LiveHouse, held: Position, watch: _Watch) -> list[float]:
    """Milliseconds of each round after the first ones."""
    triggers, outbox = Triggers(house.sessions, house.board), Outbox(house.sessions)
    firer = TriggerFirer(house.sessions, both(house), outbox, slippage_percent=SLIPPAGE)
    books = FreshBooks(house.board, house.prices, time.monotonic, lambda: datetime.now(UTC))
    engine = TriggerEngine(house.sessions, house.board, books, triggers, firer, hold=HOLD)
    taken = list[float]()
    async with _running(engine):
        for _ in range(WARM + ROUNDS):
            await _moves(house, LOW)
            outbox.news.clear()
            await triggers.arm(held.user_id, held.id, from_price(TriggerKind.TAKE_PROFIT, LEVEL, 2))
            taken.append(await _fired(house, watch))
            async with asyncio.timeout(PATIENCE):
                await outbox.news.wait()  # what it sold is counted
    return taken[WARM:]


async def _fired(house: LiveHouse, watch: _Watch) -> float:
    """Milliseconds from the second book of a price that holds."""
    watch.has_left.clear()
    await _moves(house, HIGH)
    first = house.board.quote(house.token)
    assert first is not None
    async with asyncio.timeout(PATIENCE):
        await watch.has_left.wait()
    return (watch.left - first.received - HOLD) * 1000


async def _moves(house: LiveHouse, price: str) -> None:
    await house.order("price", token=house.token, price=price, levels=3, size="1000000")
    await house.stream()


@asynccontextmanager
async def _running(engine: TriggerEngine) -> AsyncIterator[None]:
    task = asyncio.create_task(engine.run(), name="triggers")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
