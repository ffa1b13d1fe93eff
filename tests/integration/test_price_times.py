"""`price_at` is when the stored price was known to be so, however often its row is written."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.market import Source
from core.domain.price import PriceState
from core.domain.units import Price
from core.services.price_board import PriceBoard
from core.storage.models import Sessions
from core.storage.prices import MarketPrices, refresh_price_times, write_prices
from data_ingestion.streamer.market_updater.standing import FRESHNESS_BEAT, StandingPrices
from infrastructure.database.engine import create_engine
from tests.support.price_desk import NO, ONE, YES, Desk, Watch
from tests.support.rows import add_markets, market
from tests.support.stepped_loop import run_stepped, stepped

TEN_MINUTES = timedelta(minutes=10)
A_MINUTE = timedelta(minutes=1)  # more than any test takes


def fall(desk: Desk) -> None:
    for token in ONE.tokens:
        desk.board.set_state(token, PriceState.SUSPECT)


def leave(desk: Desk) -> None:
    for token in ONE.tokens:
        desk.board.forget(token)
    desk.writer.forget(ONE)


@pytest.mark.parametrize("happens", [fall, leave])
async def test_a_fallen_and_an_unfollowed_price_keep_their_time(
    sessions: Sessions, happens: Callable[[Desk], None]
) -> None:
    """Ten minutes without news: writing the row once more makes its price no younger."""
    watch = Watch()
    desk = Desk(sessions, clock=watch)
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(YES, "0.6")
        desk.tick(NO, "0.4")
        heard = await desk.price_time()
        async with desk.sessions.begin() as session:  # the catalogue overwrites it
            await session.execute(sa.text("UPDATE markets SET outcome_prices = '[]'"))
        watch.now += 600
        happens(desk)
        assert abs(heard - await desk.price_time() - TEN_MINUTES) < A_MINUTE


async def test_a_price_that_is_followed_again_keeps_its_time(sessions: Sessions) -> None:
    watch = Watch()
    desk = Desk(sessions, clock=watch)
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
        heard = (await session.scalars(sa.select(sa.func.now()))).one()
    desk.tick(YES, "0.6")
    desk.tick(NO, "0.4")
    leave(desk)
    watch.now += 600
    async with desk.running():
        desk.writer.follow(ONE)
        assert abs(heard - await desk.price_time() - TEN_MINUTES) < A_MINUTE


async def test_writing_an_old_price_once_more_does_not_make_its_row_older(
    sessions: Sessions,
) -> None:
    desk = Desk(sessions)
    prices = (Price(Decimal("0.6")), Price(Decimal("0.4")))
    old = MarketPrices(ONE.id, Source.POLL, prices, (None,) * 2, (None,) * 2, None, age=600.0)
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
        await write_prices(session, [replace(old, age=0.0)], [])
    known = await desk.price_time()
    async with desk.sessions.begin() as session:
        await write_prices(session, [old], [])
    assert await desk.price_time() == known


async def test_calling_prices_current_waits_for_no_row_that_is_being_written(
    sessions: Sessions,
) -> None:
    prices = (Price(Decimal("0.6")), Price(Decimal("0.4")))
    old = MarketPrices(ONE.id, Source.WS, prices, (None,) * 2, (None,) * 2, None, age=600.0)
    other = market(2)
    async with sessions.begin() as session:
        await add_markets(session, [ONE, other])
        await write_prices(session, [old, replace(old, market=other.id)], [])
    old_ones = sa.text("SELECT id FROM markets WHERE price_at < now() - interval '5 min'")
    async with sessions.begin() as writing:
        await write_prices(writing, [replace(old, age=0.0)], [])
        async with asyncio.timeout(20), sessions.begin() as session:
            await refresh_price_times(session, [ONE.id, other.id])
        async with sessions() as session:
            assert list(await session.scalars(old_ones)) == [ONE.id]  # not committed yet
    async with sessions() as session:
        assert list(await session.scalars(old_ones)) == []


def test_a_standing_live_price_is_called_current(database: str) -> None:
    """And one that is not live is not, whatever its row says; half a minute passes in steps."""
    run_stepped(_standing(database))


async def _standing(url: str) -> None:
    engine, two, board = create_engine(url), market(2), PriceBoard(stepped().time)
    stepped().hold(lambda: engine.pool.checkedout() > 0)  # type: ignore[attr-defined] # a queue
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        await add_markets(session, [ONE, two])
        await session.execute(
            sa.text("UPDATE markets SET source = 'ws', price_at = now() - interval '600 s'")
        )
    for token in (*ONE.tokens, two.tokens[0]):
        board.set_state(token, PriceState.LIVE)
    standing = asyncio.create_task(StandingPrices(board, sessions, lambda: [ONE, two]).run())
    await asyncio.sleep(3 * FRESHNESS_BEAT)
    standing.cancel()
    await asyncio.wait([standing])
    query = sa.text("SELECT price_at > now() - interval '300 s' FROM markets ORDER BY id")
    async with sessions() as session:
        assert list(await session.scalars(query)) == [True, False]
    await engine.dispose()
