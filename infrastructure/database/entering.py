"""Connections that enter a role with the word that begins a transaction, not with a second one."""

from contextlib import ExitStack

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from core.storage.tenancy import ENTRANCE


class EnteringConnection(asyncpg.Connection):
    """Says `entrance` with the BEGIN that follows, in one round trip."""

    entrance: str = ""

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109 - the library's shape
        """No connection is left of one that could not enter its role: it is never used without."""
        if not query.startswith("BEGIN"):
            return await super().execute(query, *args, timeout=timeout)
        entrance, self.entrance = self.entrance, ""
        with ExitStack() as unless_entered:
            unless_entered.callback(self.terminate)
            answer = await super().execute(query + entrance, timeout=timeout)
            unless_entered.pop_all()
        return answer


def enter_at_begin(engine: AsyncEngine) -> None:
    """Have the engine's transactions begin with what their options name."""

    @event.listens_for(engine.sync_engine, "begin")
    def note(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if isinstance(driver, EnteringConnection):
            # Always: one that ended before its first statement has left what it was to enter.
            driver.entrance = str(connection.get_execution_options().get(ENTRANCE, ""))
