"""Lists besides the busiest: new, closing soon, watched."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import NotFound
from core.domain.units import MarketId, UserId
from core.services.watchlist import Watchlist
from core.storage import market_lists, watchlist
from core.storage.catalogue import upsert
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from tests.support.catalogue import listed
from tests.support.rows import add_user
from tests.support.trading import START

DAY = timedelta(days=1)
MARKETS = (
    replace(listed(1, volume=5), listed_at=START - 3 * DAY, ends_at=START + 9 * DAY),
    replace(listed(2, volume=1, event=9), listed_at=START - 9 * DAY, ends_at=START + DAY),
    replace(listed(3, volume=7, event=9), listed_at=START - DAY, ends_at=START + 5 * DAY),
    replace(listed(4), listed_at=START, is_closed=True, ends_at=START + DAY / 2),
    replace(listed(5), listed_at=START, accepts_orders=False, ends_at=START + DAY / 2),
    replace(listed(6), ends_at=START - DAY),
)


async def keep(sessions: Sessions) -> UserId:
    async with sessions.begin() as session:
        await upsert(session, MARKETS, START)
        return await add_user(session)


async def test_new_events_are_those_with_the_newest_market(sessions: Sessions) -> None:
    await keep(sessions)
    async with sessions() as session:
        found = await market_lists.newest(session, limit=9, offset=0)
    assert [(market.id, count) for market, count in found] == [("3", 2), ("1", 1), ("6", 1)]


async def test_what_closes_soon_is_still_open_and_not_overdue(sessions: Sessions) -> None:
    await keep(sessions)
    async with sessions() as session:
        found = await market_lists.closing_soon(session, START, limit=9, offset=0)
        second = await market_lists.closing_soon(session, START, limit=9, offset=1)
    assert [(market.id, count) for market, count in found] == [("3", 2), ("1", 1)]
    assert [market.id for market, _ in second] == ["1"]


async def test_the_listing_time_is_kept_when_a_single_look_up_does_not_tell_it(
    sessions: Sessions,
) -> None:
    await keep(sessions)
    async with sessions.begin() as session:
        await upsert(session, [replace(MARKETS[0], listed_at=None)], START)
        found = await market_lists.newest(session, limit=9, offset=1)
    assert found[0][0].listed_at == START - 3 * DAY


async def test_a_watchlist_is_ones_own_and_has_no_doubles(sessions: Sessions) -> None:
    ann = await keep(sessions)
    async with sessions.begin() as session:
        ben = await add_user(session, 2)
    lists = Watchlist(sessions)
    for market in ("4", "1", "2", "1"):
        await lists.watch(ann, MarketId(market))
    assert [row.market.id for row in (await lists.page(ann)).rows] == ["2", "1", "4"]
    assert (await lists.page(ben)).rows == ()
    await lists.unwatch(ben, MarketId("1"))
    assert await lists.holds(ann, MarketId("1"))
    await lists.unwatch(ann, MarketId("1"))
    assert not await lists.holds(ann, MarketId("1"))


async def test_a_market_that_does_not_exist_cannot_be_watched(sessions: Sessions) -> None:
    ann = await keep(sessions)
    with pytest.raises(NotFound):
        await Watchlist(sessions).watch(ann, MarketId("99"))


async def test_a_watchlist_has_an_end(sessions: Sessions) -> None:
    ann = await keep(sessions)
    async with as_user(sessions, ann) as session:
        assert await watchlist.add(session, ann, MarketId("1"), most=1)
        assert await watchlist.add(session, ann, MarketId("1"), most=1)
        assert not await watchlist.add(session, ann, MarketId("2"), most=1)
