"""Markets that somebody traded in elsewhere: found by the id that orders and trades name."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from core.domain.errors import NotFound
from core.domain.units import ConditionId
from core.services.clob.market_finding import KnownMarkets
from core.storage.models import Sessions
from tests.support.endings import Endings, endings

NOBODYS = ConditionId("0x" + "99" * 32)


@pytest.fixture
async def venue(sessions: Sessions) -> AsyncIterator[Endings]:
    async with endings(sessions) as venue:
        yield venue


async def test_an_unknown_market_is_fetched_and_kept(venue: Endings) -> None:
    wanted = venue.markets[0]
    async with venue.sessions.begin() as session:
        await session.execute(sa.text("DELETE FROM markets"))
    finder = KnownMarkets(venue.sessions, venue.catalogue)
    assert (await finder.by_condition(wanted.condition_id)).id == wanted.id
    stored = await KnownMarkets(venue.sessions).by_condition(wanted.condition_id)
    assert stored.tokens == wanted.tokens


async def test_a_closed_market_is_found_as_well(venue: Endings) -> None:
    wanted = venue.markets[0]
    await venue.control("resolve", market=wanted.id)
    found = await venue.catalogue.by_condition(wanted.condition_id)
    assert found.is_closed


async def test_a_market_that_does_not_exist_is_not_found(venue: Endings) -> None:
    with pytest.raises(NotFound):
        await KnownMarkets(venue.sessions, venue.catalogue).by_condition(NOBODYS)
    with pytest.raises(NotFound):
        await KnownMarkets(venue.sessions).by_condition(NOBODYS)
