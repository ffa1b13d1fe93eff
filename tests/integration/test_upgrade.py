"""`git pull` on data of an earlier release: a dump of each older schema keeps everything."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from core.domain.units import TokenId
from core.storage.positions import held_markets
from infrastructure.database.backup import backup, restore
from infrastructure.database.migrate import MIGRATIONS, known_revisions
from tests.support.rows import add_markets, add_position, add_user, market

HEAD, KNOWN = known_revisions()
OLDER = sorted(KNOWN - {HEAD})
KEPT = ("users", "wallets", "markets", "orders", "fills", "positions", "facts")

FILL = sa.text("""
    INSERT INTO fills (event_key, user_id, account, position_id, market_id, token_id, outcome,
        side, size, price, fee, at)
    VALUES ('paper:1:0', :user, 'paper', :position, '1', '11', 'Yes',
        'BUY', 100, 0.5, 1.25, '2026-11-01T12:00:00Z')
""")


def bring_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def contents(engine: AsyncEngine) -> Mapping[str, list[dict[str, object]]]:
    async with engine.connect() as connection:
        found = {}
        for table in KEPT:
            rows = await connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1"))  # noqa: S608 - our own names
            found[table] = [dict(row) for row in rows.mappings()]
    return found


@pytest.mark.parametrize("revision", OLDER)
async def test_a_dump_of_an_older_release_keeps_every_row(
    engine: AsyncEngine, tmp_path: Path, revision: str
) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        await connection.execute(sa.text("CREATE SCHEMA public"))
        await connection.run_sync(bring_to, revision)
    one = market()
    async with AsyncSession(engine) as session, session.begin():
        user = await add_user(session)
        await add_markets(session, [one])
        position = await add_position(session, user, one, TokenId("11"))
        await session.execute(FILL, {"user": user, "position": position})
    before = await contents(engine)
    url = engine.url.render_as_string(hide_password=False)
    await backup(url, tmp_path / "old.dump")
    await engine.dispose()
    await restore(url, tmp_path / "old.dump")
    after = await contents(engine)
    for table in KEPT:
        assert len(after[table]) == len(before[table]), table
        for old, new in zip(before[table], after[table], strict=True):
            assert old.items() <= new.items(), table
    async with async_sessionmaker(engine)() as session:
        assert list(await held_markets(session)) == [(user, one.id)]
