"""The migration that finds markets, taken back and made again over what is there."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from core.services.market_search import MarketSearch
from core.services.watchlist import Watchlist
from core.storage.catalogue import upsert
from core.storage.models import Sessions
from infrastructure.database.migrate import MIGRATIONS, upgrade
from infrastructure.database.walls import missing_walls
from tests.support.catalogue import listed
from tests.support.rows import add_user
from tests.support.trading import MARKET_1, START

BEFORE = "0011"
LEFT = sa.text("""
    SELECT relname FROM pg_class WHERE relname IN
        ('market_search', 'search_words', 'user_watchlist', 'ix_markets_listed_at')
    UNION ALL SELECT proname FROM pg_proc WHERE proname IN
        ('search_text', 'search_weight', 'remember_market_words')
    UNION ALL SELECT attname FROM pg_attribute WHERE attname = 'listed_at' AND NOT attisdropped
""")


def take_back(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.downgrade(config, BEFORE)


async def test_finding_is_taken_back_without_a_trace_and_made_again_from_what_is_there(
    engine: AsyncEngine, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await upsert(session, [listed(1, "Will it rain in Zürich?")], START)
        user = await add_user(session)
    await Watchlist(sessions).watch(user, MARKET_1)
    async with engine.begin() as connection:
        await connection.run_sync(take_back)
        assert (await connection.scalars(LEFT)).all() == []
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE markets SET question = 'Will it snow in Zürich?'"))
    await upgrade(engine)
    assert await missing_walls(engine) is None
    search = MarketSearch(sessions)
    assert [market.id for market in await search.single(["snow", "zurich"])] == [MARKET_1]
    assert await search.single(["rain"]) == ()
    assert not await Watchlist(sessions).holds(user, MARKET_1)
