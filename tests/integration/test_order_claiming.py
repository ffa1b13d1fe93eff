"""Orders in markets whose price nobody follows between the quote and the tap."""

import asyncio
from decimal import Decimal

import pytest

from core.domain.book import Side
from core.domain.errors import ButtonSpent, NotEnoughShares, Unavailable
from core.domain.offer import ButtonClaim
from core.domain.order import Order, OrderStatus
from core.domain.refusals import PriceNotTrusted
from core.domain.units import Price, Size, UserId
from core.services.clob.limit_quoting import LimitWish
from core.storage.models import Sessions
from tests.support.guarded_clob import GuardedClob, guarded_clob
from tests.support.guarding import bid
from tests.support.live_desk import scalar
from tests.support.trading import ASKS, BIDS, MARKET_1, YES

TOO_OLD = 30.0  # seconds


async def polled(sessions: Sessions) -> tuple[GuardedClob, UserId]:
    """Nobody has asked for the book for a while; REST has it."""
    house = await guarded_clob(sessions)
    user = await house.user()
    house.desk.poll()
    house.shelf.put(YES, BIDS, ASKS)
    house.desk.time.seconds += TOO_OLD
    return house, user


async def button(house: GuardedClob, user: UserId) -> ButtonClaim:
    wish = LimitWish(MARKET_1, YES, Side.BUY, Price(Decimal("0.45")), size=Size(Decimal(20)))
    quote = await house.clob.quote_limit(user, wish)
    offer = await house.clob.offer(quote, user, chat_id=5, message_id=7)
    house.desk.time.seconds += TOO_OLD
    house.shelf.asked.clear()
    return ButtonClaim(offer.button_id, user, 5, 7)


async def test_an_order_fetches_the_book_that_it_is_judged_by(sessions: Sessions) -> None:
    house, user = await polled(sessions)
    order = await house.clob.place_order(bid(user))
    assert order.hash in house.venue.book
    assert house.shelf.asked == [YES]


async def test_a_live_price_is_not_asked_for_again(sessions: Sessions) -> None:
    house = await guarded_clob(sessions)
    await house.clob.place_order(bid(await house.user()))
    assert house.shelf.asked == []


async def test_a_tap_in_a_polled_market_is_one_order(sessions: Sessions) -> None:
    house, user = await polled(sessions)
    claim = await button(house, user)
    taps = await asyncio.gather(
        *(house.clob.place_offer(claim) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(tap, Order) for tap in taps) == 1
    assert sum(isinstance(tap, ButtonSpent) for tap in taps) == 3
    assert len(house.venue.bodies) == await scalar(sessions, "SELECT count(*) FROM orders") == 1
    assert house.shelf.asked


async def test_without_a_book_the_tap_is_refused_and_the_button_still_works(
    sessions: Sessions,
) -> None:
    house, user = await polled(sessions)
    claim = await button(house, user)
    house.shelf.fault = Unavailable("The exchange does not answer.")
    with pytest.raises(Unavailable, match="does not answer"):
        await house.clob.place_offer(claim)
    assert await scalar(sessions, "SELECT count(*) FROM orders") == 0
    assert await scalar(sessions, "SELECT count(*) FROM reservations") == 0
    house.shelf.fault = None
    assert (await house.clob.place_offer(claim)).status is OrderStatus.LIVE


async def test_a_book_that_says_no_price_is_refused_in_the_guards_words(
    sessions: Sessions,
) -> None:
    house, user = await polled(sessions)
    house.shelf.put(YES)
    with pytest.raises(PriceNotTrusted, match="The price is not live"):
        await house.clob.place_order(bid(user))
    assert house.shelf.asked == [YES]  # once, not for ever
    assert house.venue.bodies == []


async def test_a_quote_leaves_out_what_open_orders_hold(sessions: Sessions) -> None:
    house = await guarded_clob(sessions)
    user = await house.user(shares="30")
    wish = LimitWish(MARKET_1, YES, Side.SELL, Price(Decimal("0.60")), size=Size(Decimal(20)))
    quote = await house.clob.quote_limit(user, wish)
    offer = await house.clob.offer(quote, user, chat_id=5, message_id=7)
    await house.clob.place_offer(ButtonClaim(offer.button_id, user, 5, 7))
    with pytest.raises(NotEnoughShares, match="You hold 30 shares, 20 in open sales"):
        await house.clob.quote_limit(user, wish)
    (position,) = await house.positions(user)
    with pytest.raises(NotEnoughShares, match="20 in open sales"):
        await house.clob.quote_sell(user, position.id, Size(Decimal(11)))
    assert (await house.clob.quote_sell(user, position.id, Size(Decimal(10)))).shares == 10
