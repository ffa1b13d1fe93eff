"""A price writer over a board of its own, and the rows that it writes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from core.domain.market import Source
from core.domain.price import PriceState, Quote
from core.domain.units import Price, TokenId
from core.services.price_board import PriceBoard
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.price_writer import Pace, PriceWriter
from tests.support.figures import Figures
from tests.support.rows import market

FAST = Pace(debounce=0.05, gap=0.01)
ONE = market(1)
YES, NO = ONE.tokens


class Desk:
    def __init__(
        self,
        sessions: Sessions,
        pace: Pace = FAST,
        clock: Callable[[], float] = time.monotonic,
        figures: Figures | None = None,
    ) -> None:
        self.figures = figures or Figures()
        self.board = PriceBoard(clock)
        self.sessions = sessions
        self.clock = clock
        self.writer = PriceWriter(self.board, sessions, pace, self.figures, clock=clock)
        self.writer.follow(ONE)

    def tick(self, token: TokenId, price: str, *, live: bool = True) -> None:
        now = self.clock()
        value = Price(Decimal(price))
        self.board.publish(
            Quote(token, value, value, value, None, Source.WS, now, None),
        )
        self.board.set_state(token, PriceState.LIVE if live else PriceState.POLLED)

    async def row(self, table: str, key: object) -> RowMapping:
        async with self.sessions() as session:
            query = sa.text(f"SELECT * FROM {table} WHERE id = :key")  # noqa: S608 - our own tables
            return (await session.execute(query, {"key": key})).mappings().one()

    async def price_time(self) -> datetime:
        """Of the first market's row, once it has the prices 0.6 and 0.4."""

        async def is_written() -> bool:
            return bool((await self.row("markets", ONE.id))["outcome_prices"] == ["0.6", "0.4"])

        await self.figures.until_row(is_written)
        at = (await self.row("markets", ONE.id))["price_at"]
        assert isinstance(at, datetime)
        return at

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.writer.run())
            await asyncio.sleep(0)
            try:
                yield
            finally:
                task.cancel()


@dataclass
class Watch:
    """A clock that moves by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now
