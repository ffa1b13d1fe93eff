"""Many positions on many tokens, with ids as long as the venue's, and what they cost on disk."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.market import Market
from core.domain.units import Price
from core.storage.models import Sessions
from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.embedded import SUPERUSER
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from tests.benchmarks.ours import described
from tests.support.rows import add_markets

PATIENCE: Final = 300.0  # seconds for one command: a checkpoint of a busy disk takes a while
FIRST: Final = 10**76  # tokens are 77 digits long
USERS: Final = """
INSERT INTO users (telegram_id) SELECT 1000 + n FROM generate_series(1, :n) AS n
ON CONFLICT DO NOTHING
"""
# Somebody's amounts and prices, but the same in every run.
POSITIONS: Final = """
INSERT INTO positions (user_id, market_id, token_id, outcome, amount, entry_price, fees_paid)
SELECT u.id, m.id, m.token, 'Yes', 1 + (u.id * 7919 + m.n * 104729) % 1000000 / 1000.0,
    0.1 + (u.id * 31 + m.n * 17) % 800 / 1000.0, 0.123456
FROM unnest(CAST(:markets AS text[]), CAST(:tokens AS text[])) WITH ORDINALITY AS m (id, token, n),
    (SELECT id FROM users WHERE telegram_id > 1000 ORDER BY id LIMIT :n) AS u
ORDER BY m.n, u.id
"""
DISK: Final = """
SELECT pg_current_wal_insert_lsn() - '0/0' AS wal, n_tup_upd AS updates, n_tup_hot_upd AS hot,
    pg_relation_size('positions') AS pages, pg_indexes_size('positions') AS indexes
FROM pg_stat_user_tables WHERE relname = 'positions'
"""


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes, and row versions of `positions`, since the server began."""

    wal: int
    updates: int
    hot: int
    pages: int
    indexes: int

    def hot_share(self, before: "Disk") -> float:
        """Percent of the updates since then that touched no index."""
        return 100 * (self.hot - before.hot) / (self.updates - before.updates)

    def wal_a_row(self, before: "Disk") -> float:
        """All WAL since then, that of markets included, for each position row written."""
        return (self.wal - before.wal) / (self.updates - before.updates)

    def growth(self, before: "Disk") -> float:
        """Percent, of table and indexes together."""
        size = before.pages + before.indexes
        return 100 * (self.pages + self.indexes - size) / size


def pairs(count: int) -> list[tuple[str, str]]:
    """So many pairs of tokens."""
    return [(str(FIRST + 2 * n), str(FIRST + 2 * n + 1)) for n in range(1, count + 1)]


def markets_of(tokens: Sequence[tuple[str, str]]) -> list[Market]:
    return [described(number, pair) for number, pair in enumerate(tokens, start=1)]


@asynccontextmanager
async def holding(url: str, markets: Sequence[Market], users: int) -> AsyncIterator[Sessions]:
    """A schema in which each user holds the first outcome of each market, checkpointed."""
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    try:
        async with sessions.begin() as session:
            await session.execute(sa.text("TRUNCATE positions, markets CASCADE"))
            await add_markets(session, markets)
            await session.execute(sa.text(USERS), {"n": users})
            values = {"markets": [one.id for one in markets], "n": users}
            tokens = [one.tokens[0] for one in markets]
            await session.execute(sa.text(POSITIONS), values | {"tokens": tokens})
        await checkpoint(url)
        yield sessions
    finally:
        await engine.dispose()


async def checkpoint(url: str) -> None:
    """After it, the first change of each page writes the whole page to the WAL."""
    own = make_url(database_url(url)).set(username=SUPERUSER)
    connection = await asyncpg.connect(
        driver_dsn(database_url(str(own))), timeout=10, command_timeout=PATIENCE
    )
    try:
        await connection.execute("VACUUM ANALYZE positions, markets")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close(timeout=5)


async def disk(url: str) -> Disk:
    """As the server counts it; whoever wrote must have closed his connections before."""
    connection = await asyncpg.connect(
        driver_dsn(database_url(url)), timeout=10, command_timeout=PATIENCE
    )
    try:
        row = await connection.fetchrow(DISK)
        assert row is not None
        return Disk(*(int(value) for value in row.values()))
    finally:
        await connection.close(timeout=5)


def tick(number: int) -> Price:
    """The price of a round: another one in each of 800 rounds."""
    return Price(Decimal(100 + number % 800) / 1000)
