"""Connections that enter a role with the word that begins a transaction, not with a second one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

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
        with self._ended_by_failure():
            return await super().execute(query + entrance, timeout=timeout)

    async def set_type_codec(self, *args: Any, **kwargs: Any) -> None:
        """Part of the library's connecting, which forgets the connection if it is broken off."""
        with self._ended_by_failure():
            await super().set_type_codec(*args, **kwargs)

    @contextmanager
    def _ended_by_failure(self) -> Iterator[None]:
        with ExitStack() as unless_done:
            unless_done.callback(self.terminate)
            yield
            unless_done.pop_all()


def enter_at_begin(engine: AsyncEngine) -> None:
    """Have the engine's transactions begin with what their options name."""

    @event.listens_for(engine.sync_engine, "begin")
    def note(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if isinstance(driver, EnteringConnection):
            # Always: one that ended before its first statement has left what it was to enter.
            driver.entrance = str(connection.get_execution_options().get(ENTRANCE, ""))
