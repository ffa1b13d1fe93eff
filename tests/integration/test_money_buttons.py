"""Money buttons: one tap, one order."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.errors import ButtonSpent
from core.domain.offer import ButtonClaim
from core.domain.order import Order, OrderStatus
from core.domain.units import UserId
from core.services.clob.clob_service import new_button_id
from core.storage.models import Sessions
from tests.support.trading import MARKET_1, YES, Desk, desk_of, usdc

CHAT, MESSAGE = 500, 42


async def offered(sessions: Sessions, spend: str = "10") -> tuple[Desk, ButtonClaim]:
    """A desk, and the claim that its one button waits for."""
    desk = desk_of(sessions)
    await desk.market(1)
    desk.stream(YES, (("0.48", "10000"),), (("0.50", "100000"),))
    return desk, await offer(desk, await desk.user(), spend)


async def offer(desk: Desk, user: UserId, spend: str = "10") -> ButtonClaim:
    quote = await desk.clob.quote_buy(user, MARKET_1, YES, usdc(spend))
    made = await desk.clob.offer(quote, user, CHAT, MESSAGE)
    return ButtonClaim(made.button_id, user, CHAT, MESSAGE)


async def rows(sessions: Sessions) -> tuple[int, int, int, Decimal]:
    """Orders, fills, used buttons, all the cash."""
    async with sessions() as session:
        found = await session.execute(
            sa.text("""
                SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM fills),
                    (SELECT count(*) FROM money_buttons WHERE used_at IS NOT NULL),
                    (SELECT sum(cash) FROM wallets)
            """)
        )
        orders, fills, used, cash = found.one()
        return orders, fills, used, cash


def test_button_ids_are_twelve_characters_fit_for_a_callback() -> None:
    made = {new_button_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(each) == 12 and each.isascii() and ":" not in each for each in made)


async def test_a_tap_places_what_was_offered(sessions: Sessions) -> None:
    desk, claim = await offered(sessions)
    order = await desk.clob.place_offer(claim)
    assert (order.status, order.filled_size) == (OrderStatus.FILLED, Decimal(20))
    assert order.ticket.key == f"button:{claim.id}"
    assert order.ticket.worst_price == Decimal("0.51")
    assert await rows(sessions) == (1, 1, 1, Decimal("989.8"))


async def test_four_taps_at_once_make_one_order(sessions: Sessions) -> None:
    desk, claim = await offered(sessions)
    taps = await asyncio.gather(
        *(desk.clob.place_offer(claim) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(tap, Order) for tap in taps) == 1
    spent = [tap for tap in taps if isinstance(tap, ButtonSpent)]
    assert len(spent) == 3
    assert all("used already" in str(tap) for tap in spent)
    assert await rows(sessions) == (1, 1, 1, Decimal("989.8"))


async def test_fifty_buttons_tapped_four_times_make_fifty_orders(sessions: Sessions) -> None:
    desk, first = await offered(sessions, "2")
    claims = [first, *[await offer(desk, first.user_id, "2") for _ in range(49)]]
    taps = await asyncio.gather(
        *(desk.clob.place_offer(claim) for _ in range(4) for claim in claims),
        return_exceptions=True,
    )
    assert sum(isinstance(tap, Order) for tap in taps) == 50
    assert sum(isinstance(tap, ButtonSpent) for tap in taps) == 150
    assert await rows(sessions) == (50, 50, 50, 1000 - 50 * Decimal("2.04"))


@pytest.mark.parametrize(
    ("forge", "sentence"),
    [
        (lambda claim: replace(claim, user_id=UserId(999)), "somebody else"),
        (lambda claim: replace(claim, chat_id=501), "somebody else"),
        (lambda claim: replace(claim, message_id=43), "another message"),
        (lambda claim: replace(claim, id="AAAAAAAAAAAA"), "not known"),
        (lambda claim: replace(claim, id=""), "not known"),
        (lambda claim: replace(claim, id="' OR 1=1 --"), "not known"),
    ],
)
async def test_a_forged_tap_does_nothing_but_explain(
    sessions: Sessions, forge: Callable[[ButtonClaim], ButtonClaim], sentence: str
) -> None:
    desk, claim = await offered(sessions)
    with pytest.raises(ButtonSpent, match=sentence):
        await desk.clob.place_offer(forge(claim))
    assert await rows(sessions) == (0, 0, 0, Decimal(1000))
    assert (await desk.clob.place_offer(claim)).status is OrderStatus.FILLED


async def test_an_expired_tap_does_nothing_but_explain(sessions: Sessions) -> None:
    desk, claim = await offered(sessions)
    desk.time.seconds = 60.0
    with pytest.raises(ButtonSpent, match="expired"):
        await desk.clob.place_offer(claim)
    assert await rows(sessions) == (0, 0, 0, Decimal(1000))


async def test_a_tap_in_the_last_moment_counts(sessions: Sessions) -> None:
    desk, claim = await offered(sessions)
    desk.time.seconds = 59.999
    assert (await desk.clob.place_offer(claim)).status is OrderStatus.FILLED


async def test_a_button_works_only_in_the_message_it_was_sent_in(sessions: Sessions) -> None:
    desk, claim = await offered(sessions)
    quote = await desk.clob.quote_buy(claim.user_id, MARKET_1, YES, usdc(5))
    unsent = await desk.clob.offer(quote, claim.user_id, CHAT)
    for message in (0, MESSAGE):
        with pytest.raises(ButtonSpent):
            await desk.clob.place_offer(ButtonClaim(unsent.button_id, claim.user_id, CHAT, message))
    await desk.clob.bind_offer(unsent.button_id, 77)
    await desk.clob.bind_offer(unsent.button_id, MESSAGE)  # said once, for good
    with pytest.raises(ButtonSpent, match="another message"):
        await desk.clob.place_offer(ButtonClaim(unsent.button_id, claim.user_id, CHAT, MESSAGE))
    order = await desk.clob.place_offer(ButtonClaim(unsent.button_id, claim.user_id, CHAT, 77))
    assert order.status is OrderStatus.FILLED


async def test_a_sale_is_offered_and_placed_as_well(sessions: Sessions) -> None:
    desk, claim = await offered(sessions)
    await desk.clob.place_offer(claim)
    held = (await desk.positions.portfolio(claim.user_id)).positions[0].position
    quote = await desk.clob.quote_sell(claim.user_id, held.id, held.holding.amount)
    made = await desk.clob.offer(quote, claim.user_id, CHAT, MESSAGE)
    order = await desk.clob.place_offer(replace(claim, id=made.button_id))
    assert (order.status, order.filled_value) == (OrderStatus.FILLED, Decimal("9.6"))
    assert (await desk.positions.portfolio(claim.user_id)).positions == ()


async def test_old_buttons_are_forgotten_at_the_start(sessions: Sessions) -> None:
    desk, claim = await offered(sessions)
    desk.time.seconds = 8 * 86_400.0
    await desk.clob.reconcile()
    with pytest.raises(ButtonSpent, match="not known"):
        await desk.clob.place_offer(claim)
