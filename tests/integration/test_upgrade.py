"""`git pull` on data of an earlier release: a dump of each older schema keeps everything."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from core.domain.units import MarketId, UserId
from core.storage.positions import held_markets
from infrastructure.database.backup import backup, restore
from infrastructure.database.migrate import MIGRATIONS, known_revisions
from tests.support.rows import add_markets, add_position, add_user, market

Contents: TypeAlias = Mapping[str, list[dict[str, object]]]

HEAD, KNOWN = known_revisions()
OLDER = sorted(KNOWN - {HEAD})
KEPT = ("users", "wallets", "markets", "orders", "fills", "positions", "facts")

FILL = sa.text("""
    INSERT INTO fills (event_key, user_id, account, position_id, market_id, token_id, outcome,
        side, size, price, fee, at)
    VALUES (:key, :user, 'paper', :position, :market, :token, 'Yes',
        'BUY', 100, 0.5, 1.25, '2026-11-01T12:00:00Z')
""")


def bring_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def contents(engine: AsyncEngine) -> Contents:
    async with engine.connect() as connection:
        found = {}
        for table in KEPT:
            rows = await connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1"))  # noqa: S608 - our own names
            found[table] = [dict(row) for row in rows.mappings()]
    return found


async def empty(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        await connection.execute(sa.text("CREATE SCHEMA public"))


async def brought_to(engine: AsyncEngine, revision: str) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(bring_to, revision)
    await engine.dispose()  # what its connections have prepared was for the older schema


async def trade(engine: AsyncEngine, number: int) -> tuple[UserId, MarketId]:
    """Somebody holds shares of a market; all of it has this number."""
    one = market(number)
    async with AsyncSession(engine) as session, session.begin():
        user = await add_user(session, telegram_id=number)
        await add_markets(session, [one])
        position = await add_position(session, user, one, one.tokens[0])
        values = {"key": f"paper:{number}:0", "user": user, "position": position}
        values |= {"market": one.id, "token": one.tokens[0]}
        await session.execute(FILL, values)
    return user, one.id


def are_kept(before: Contents, after: Contents) -> None:
    for table in KEPT:
        for old in before[table]:
            assert any(old.items() <= new.items() for new in after[table]), (table, old)


async def test_rows_of_every_older_release_pass_every_later_migration(engine: AsyncEngine) -> None:
    """In one database, which takes on new rows at each revision."""
    await empty(engine)
    stages, held = list[Contents](), list[tuple[UserId, MarketId]]()
    for number, revision in enumerate(OLDER, start=1):
        await brought_to(engine, revision)
        held.append(await trade(engine, number))
        stages.append(await contents(engine))
    await brought_to(engine, HEAD)
    after = await contents(engine)
    for stage in stages:
        are_kept(stage, after)
    assert {table: len(after[table]) for table in ("users", "fills", "positions", "markets")} == (
        dict.fromkeys(("users", "fills", "positions", "markets"), len(OLDER))
    )
    async with async_sessionmaker(engine)() as session:
        assert sorted(await held_markets(session)) == sorted(held)


@pytest.mark.parametrize("revision", [OLDER[0], OLDER[len(OLDER) // 2], OLDER[-1]])
async def test_a_dump_of_an_older_release_keeps_every_row(
    engine: AsyncEngine, tmp_path: Path, revision: str
) -> None:
    await empty(engine)
    await brought_to(engine, revision)
    held = await trade(engine, 1)
    before = await contents(engine)
    url = engine.url.render_as_string(hide_password=False)
    await backup(url, tmp_path / "old.dump")
    await engine.dispose()
    await restore(url, tmp_path / "old.dump")
    after = await contents(engine)
    are_kept(before, after)
    assert {table: len(after[table]) for table in KEPT} == {
        table: len(before[table]) for table in KEPT
    }
    async with async_sessionmaker(engine)() as session:
        assert list(await held_markets(session)) == [held]
