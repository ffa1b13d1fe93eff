"""The catalogue taken over into Postgres."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from core.domain.category import OTHER
from core.domain.errors import Unavailable
from core.domain.fees import FeeSchedule
from core.domain.market import Market
from core.domain.units import MarketId
from core.storage import markets as stored
from core.storage.catalogue import CATALOGUE_LAG, upsert
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from tests.support.catalogue import ScriptedCatalogue, listed
from tests.support.rows import add_position, add_user
from tests.support.trading import START


def discovery(sessions: Sessions, venue: ScriptedCatalogue) -> MarketDiscovery:
    return MarketDiscovery(venue, sessions, now=lambda: START)


async def keep(sessions: Sessions, *markets: Market) -> int:
    async with sessions.begin() as session:
        return await upsert(session, markets, START)


async def row(sessions: Sessions, market_id: str = "1") -> RowMapping:
    async with sessions() as session:
        query = sa.text("SELECT * FROM markets WHERE id = :id")
        return (await session.execute(query, {"id": market_id})).mappings().one()


async def test_a_market_comes_back_as_it_was_stored(sessions: Sessions) -> None:
    market = replace(
        listed(1, "Will <b>it</b> 'rain' — \"heavily\" & \\ 雨?", volume=7, event=9, yes="0.25"),
        fees=FeeSchedule(Decimal("0.05"), Decimal(2), taker_only=False),
        ends_at=START,
        tick=Decimal("0.0025"),
        liquidity=Decimal("941687.145982"),
    )
    assert await keep(sessions, market) == 1
    async with sessions() as session:
        assert await stored.by_id(session, market.id) == market
    assert ((await row(sessions))["source"], (await row(sessions))["price_at"]) == ("api", START)


async def test_every_page_is_stored_and_the_first_makes_ready(sessions: Sessions) -> None:
    venue = ScriptedCatalogue([[listed(n) for n in range(1, 121)], [listed(200)]])
    found = discovery(sessions, venue)
    assert not found.ready.is_set()
    await found.discover()
    assert found.ready.is_set()
    assert (found.statistics.markets, found.statistics.passes) == (121, 1)
    assert venue.asked == ["page None", "page 1"]
    assert (await row(sessions, "200"))["question"] == "Will number 200 win?"


async def test_a_catalogue_without_an_end_is_left_after_so_many_pages(sessions: Sessions) -> None:
    venue = ScriptedCatalogue([[listed(1)]] * 50)
    await MarketDiscovery(venue, sessions, max_pages=3).discover()
    assert len(venue.asked) == 3


async def test_prices_of_a_streamed_row_stay(sessions: Sessions) -> None:
    await keep(sessions, listed(1, yes="0.2"))
    async with sessions.begin() as session:
        await session.execute(
            sa.text("UPDATE markets SET source = 'ws', outcome_prices = '[\"0.6\", \"0.4\"]'")
        )
    await keep(sessions, listed(1, "Reworded?", yes="0.3"))
    after = await row(sessions)
    assert (after["source"], after["question"]) == ("ws", "Reworded?")
    assert after["outcome_prices"] == ["0.6", "0.4"]


async def test_prices_of_a_polled_row_stay_while_they_are_younger(sessions: Sessions) -> None:
    await keep(sessions, listed(1, yes="0.2"))
    poll = sa.text(
        "UPDATE markets SET source = 'poll', price_at = :at, outcome_prices = '[\"0.6\", \"0.4\"]'"
    )
    for age, prices in (
        (CATALOGUE_LAG - timedelta(seconds=1), ["0.6", "0.4"]),
        (CATALOGUE_LAG + timedelta(seconds=1), ["0.3", "0.7"]),
    ):
        async with sessions.begin() as session:
            await session.execute(poll, {"at": START - age})
        await keep(sessions, listed(1, yes="0.3"))
        assert (await row(sessions))["outcome_prices"] == prices
    assert (await row(sessions))["source"] == "poll"


async def test_a_telling_without_prices_leaves_those_that_are_known(sessions: Sessions) -> None:
    await keep(sessions, listed(1, yes="0.2"))
    await keep(sessions, listed(1))
    assert (await row(sessions))["outcome_prices"] == ["0.2", "0.8"]


async def test_a_single_look_up_forgets_neither_event_nor_category(sessions: Sessions) -> None:
    await keep(sessions, listed(1, event=9))
    await keep(sessions, replace(listed(1), category=OTHER))
    after = await row(sessions)
    assert (after["event_id"], after["event_title"], after["category"]) == (
        "9", "Event 9", "Politics",
    )  # fmt: skip
    await keep(sessions, replace(listed(1), category="Weather"))
    assert (await row(sessions))["category"] == "Weather"


async def test_one_condition_belongs_to_one_market(sessions: Sessions) -> None:
    twin = replace(listed(2), condition_id=listed(1).condition_id)
    assert await keep(sessions, listed(1), twin, listed(1), listed(3)) == 2
    await keep(sessions, twin, listed(4))
    async with sessions() as session:
        ids = (await session.execute(sa.text("SELECT id FROM markets ORDER BY id"))).scalars().all()
    assert ids == ["1", "3", "4"]


async def test_a_row_that_somebody_else_writes_is_left_for_the_next_time(
    sessions: Sessions,
) -> None:
    await keep(sessions, listed(1), listed(2))
    async with sessions.begin() as writer:
        await writer.execute(sa.text("UPDATE markets SET source = 'ws' WHERE id = '1'"))
        async with asyncio.timeout(20):
            assert await keep(sessions, listed(1, "New 1?"), listed(2, "New 2?")) == 1
    assert (await row(sessions, "1"))["question"] == "Will number 1 win?"
    assert (await row(sessions, "2"))["question"] == "New 2?"


async def test_what_left_the_list_is_asked_for_and_closed(sessions: Sessions) -> None:
    await keep(sessions, listed(1), listed(2), listed(3))
    ended = replace(
        listed(2, yes="1"), is_closed=True, is_resolved=True, resolved_outcome="Yes",
        accepts_orders=False,
    )  # fmt: skip
    venue = ScriptedCatalogue([[listed(1)]], known=[ended])
    found = discovery(sessions, venue)
    await found.discover()
    assert set(venue.asked) == {"page None", "market 2", "market 3"}
    two, three = await row(sessions, "2"), await row(sessions, "3")
    assert (two["is_closed"], two["is_resolved"], two["resolved_outcome"]) == (True, True, "Yes")
    assert (three["is_closed"], three["accepts_orders"]) == (False, False)
    assert found.statistics.ended == 1


async def test_held_markets_that_left_the_list_are_asked_for_first(sessions: Sessions) -> None:
    markets = [listed(n) for n in range(1, 120)]
    await keep(sessions, *markets)
    async with sessions.begin() as session:
        user = await add_user(session)
        await add_position(session, user, markets[99], markets[99].tokens[0])
    venue = ScriptedCatalogue([[listed(500)]])
    await discovery(sessions, venue).discover()
    assert venue.asked[1] == "market 100"
    assert len(venue.asked) == 101


async def test_an_empty_catalogue_closes_nothing(sessions: Sessions) -> None:
    await keep(sessions, listed(1))
    venue = ScriptedCatalogue([[]])
    await discovery(sessions, venue).discover()
    assert venue.asked == ["page None"]


async def test_the_first_pass_is_at_once_and_a_failing_venue_ends_nothing(
    sessions: Sessions,
) -> None:
    venue = ScriptedCatalogue([[listed(1)]])
    found = discovery(sessions, venue)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(found.run(), name="discovery")
        await found.ready.wait()
        running.cancel()
    venue.fault = Unavailable("down")
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(found.run(), name="discovery")
        await venue.refused.wait()
        assert (found.statistics.failures, running.done()) == (1, False)
        running.cancel()


async def test_the_whole_catalogue_is_searchable_by_id(sessions: Sessions) -> None:
    await keep(sessions, listed(1), listed(2))
    async with sessions() as session:
        found = await stored.by_ids(session, [MarketId("2"), MarketId("9")])
    assert list(found) == ["2"]
