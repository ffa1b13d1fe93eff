"""A venue that matches later, or changes its grid under way: one true end, nothing held back."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.errors import ButtonSpent, Rejected
from core.domain.order import OrderStatus
from core.domain.units import OrderId, Usdc, UserId
from tests.support.live_house import NO_LIMITS, LiveHouse, live_house

PATIENCE = 40  # seconds
HELD = "SELECT coalesce(sum(reserved), 0) FROM risk_accounts WHERE user_id = :user"


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[LiveHouse]:
    async with live_house(database, tmp_path, **NO_LIMITS) as house:
        yield house


async def only(house: LiveHouse, query: str, **values: object) -> Decimal:
    async with house.sessions() as session:
        return Decimal(str(await session.scalar(sa.text(query), values)))


async def ended(house: LiveHouse, user: UserId, number: OrderId) -> OrderStatus:
    """What became of it, after as many looks at everything as it takes."""
    async with asyncio.timeout(PATIENCE):
        while not (order := await house.live.clob.order(number, user)).is_done:
            await house.live.begin()
    return order.status


async def fine_grid(house: LiveHouse, tick: str = "0.001") -> None:
    """The venue's grid and what we know of it are finer from now on."""
    await house.order("tick", market=house.market.id, tick=tick)
    async with house.sessions.begin() as session:
        await session.execute(
            sa.text("UPDATE markets SET tick_size = :tick"), {"tick": Decimal(tick)}
        )


async def test_an_order_that_the_venue_delays_is_one_order_when_it_is_matched(
    house: LiveHouse,
) -> None:
    user = await house.person(1)
    await house.order("taker-delay", market=house.token, seconds=0.5)
    desk = house.live.clob
    quote = await desk.quote_buy(user, house.market.id, house.token, Usdc(Decimal(10)))
    claim = await house.claim(desk, user, quote)
    order = await desk.place_offer(claim)
    assert order.status is OrderStatus.DELAYED
    assert await only(house, HELD, user=user) > 0
    with pytest.raises(ButtonSpent):
        await desk.place_offer(claim)
    assert await ended(house, user, order.id) is OrderStatus.FILLED
    (there,) = (await house.at_venue()).values()
    assert (there["accepted"], there["bodies"]) == (True, 1)
    assert await only(house, "SELECT count(*) FROM fills") == 1
    assert await only(house, HELD, user=user) == 0


async def test_an_order_that_a_coarser_grid_sweeps_off_the_book_is_over_and_holds_nothing(
    house: LiveHouse,
) -> None:
    user = await house.person(1)
    await fine_grid(house)
    desk = house.live.clob
    quote = await desk.quote_limit(user, house.wish("0.401"))
    order = await desk.place_offer(await house.claim(desk, user, quote))
    assert order.status is OrderStatus.LIVE
    assert await only(house, HELD, user=user) > 0
    await house.order("tick", market=house.market.id, tick="0.01")
    assert await ended(house, user, order.id) is OrderStatus.CANCELLED
    assert await only(house, HELD, user=user) == 0


async def test_a_tap_after_the_grid_has_changed_is_refused_and_holds_nothing(
    house: LiveHouse,
) -> None:
    user = await house.person(1)
    await fine_grid(house)
    desk = house.live.clob
    quote = await desk.quote_limit(user, house.wish("0.402"))
    claim = await house.claim(desk, user, quote)
    await house.order("tick", market=house.market.id, tick="0.01")
    with pytest.raises(Rejected, match="price step has changed"):
        await desk.place_offer(claim)
    assert await only(house, "SELECT count(*) FROM orders WHERE status = 'rejected'") == 1
    assert await only(house, HELD, user=user) == 0
    assert not any(one["accepted"] for one in (await house.at_venue()).values())
