"""A database whose changes can be waited for: triggers of the test tell when rows change."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from infrastructure.database.address import database_url, driver_dsn

PATIENCE: Final = 20.0  # seconds
TABLES: Final = (
    *("orders", "fills", "positions", "wallets", "markets", "users", "withdrawals"),
    *("weather_versions", "weather_decisions", "weather_beliefs", "weather_scores"),
)
CHANNEL: Final = "rows_changed"
TELL: Final = f"""
CREATE OR REPLACE FUNCTION tell_of_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL; END $$
"""
LISTEN: Final = """
CREATE OR REPLACE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION tell_of_change()
"""

Row = tuple[object, ...]


class WatchedDatabase:
    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._news = asyncio.Event()

    async def start(self) -> None:
        await self._connection.execute(TELL)
        for table in TABLES:
            await self._connection.execute(LISTEN.format(table=table))
        await self._connection.add_listener(CHANNEL, lambda *_: self._news.set())

    async def rows(self, query: str, *values: object) -> list[Row]:
        return [tuple(row.values()) for row in await self._connection.fetch(query, *values)]

    async def row(self, query: str, *values: object) -> Row:
        (row,) = await self.rows(query, *values)
        return row

    async def until(
        self, query: str, *values: object, are: list[Row], patience: float = PATIENCE
    ) -> None:
        """Return as soon as the query's rows are these."""
        seen: list[Row] = []
        try:
            async with asyncio.timeout(patience):
                while True:
                    self._news.clear()
                    seen = await self.rows(query, *values)
                    if seen == are:
                        return
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{seen} did not become {are}") from None

    async def everything_traded(self) -> list[Row]:
        """What a refused amount or a forged tap must leave as it is."""
        return await self.rows("""
            SELECT 'order', id, status, filled_size FROM orders
            UNION ALL SELECT 'fill', id, NULL, size FROM fills
            UNION ALL SELECT 'position', id, status, amount FROM positions
            UNION ALL SELECT 'cash', user_id, NULL, cash FROM wallets
            ORDER BY 1, 2
        """)


@asynccontextmanager
async def watched_database(url: str) -> AsyncIterator[WatchedDatabase]:
    """On a connection of its own, as the database's owner."""
    connection = await asyncpg.connect(driver_dsn(database_url(url)), timeout=10)
    try:
        watched = WatchedDatabase(connection)
        await watched.start()
        yield watched
    finally:
        await connection.close(timeout=5)
