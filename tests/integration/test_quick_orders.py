"""The one-shot token of a card: of all its amounts and of many taps, one order."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import ButtonSpent
from core.domain.offer import ButtonClaim, CardOffer, TradeQuote
from core.domain.order import Order
from core.domain.units import Price, UserId
from core.services.clob.quick_orders import CARD_SECONDS
from core.storage.models import Sessions
from tests.support.trading import MARKET_1, NO, YES, Desk, desk_of, usdc

CHAT, MESSAGE = 500, 42
AMOUNTS: Final = tuple(map(Decimal, (10, 25, 50)))


@dataclass(frozen=True, slots=True)
class Shown:
    """A card in a chat, and quotes for two of its buttons."""

    desk: Desk
    claim: ButtonClaim
    yes: TradeQuote
    no: TradeQuote


async def shown(sessions: Sessions) -> Shown:
    desk = desk_of(sessions)
    await desk.market(1)
    desk.stream(YES, (("0.48", "10000"),), (("0.50", "100000"),))
    desk.stream(NO, (("0.50", "10000"),), (("0.52", "100000"),))
    user = await desk.user()
    return Shown(
        desk,
        await card_of(desk, user),
        await desk.clob.quote_buy(user, MARKET_1, YES, usdc("10")),
        await desk.clob.quote_buy(user, MARKET_1, NO, usdc("25")),
    )


async def card_of(desk: Desk, user: UserId) -> ButtonClaim:
    drawn = (Price(Decimal("0.50")), Price(Decimal("0.52")))
    card = CardOffer(Account.PAPER, MARKET_1, Side.BUY, AMOUNTS, drawn)
    made = await desk.clob.quick.offer(card, user, CHAT)
    await desk.clob.bind_offer(made.button_id, MESSAGE)
    claim = ButtonClaim(made.button_id, user, CHAT, MESSAGE)
    assert await desk.clob.quick.look(claim) == card
    return claim


async def orders(sessions: Sessions) -> int:
    async with sessions() as session:
        return int(await session.scalar(sa.text("SELECT count(*) FROM orders")) or 0)


async def test_taps_on_many_amounts_of_both_sides_at_once_make_one_order(
    sessions: Sessions,
) -> None:
    card = await shown(sessions)
    place = card.desk.clob.quick.place
    taps = await asyncio.gather(
        *(place(card.claim, card.yes, Decimal(10)) for _ in range(3)),
        *(place(card.claim, card.no, Decimal(25)) for _ in range(3)),
        return_exceptions=True,
    )
    placed = [tap for tap in taps if isinstance(tap, Order)]
    assert [order.ticket.key for order in placed] == [f"button:{card.claim.id}"]
    assert sum(isinstance(tap, ButtonSpent) for tap in taps) == 5
    assert await orders(sessions) == 1
    with pytest.raises(ButtonSpent, match="used already"):
        await card.desk.clob.quick.look(card.claim)


@pytest.mark.parametrize(
    ("forge", "sentence"),
    [
        (lambda claim: replace(claim, user_id=UserId(999)), "somebody else"),
        (lambda claim: replace(claim, chat_id=501), "somebody else"),
        (lambda claim: replace(claim, message_id=43), "another message"),
        (lambda claim: replace(claim, id="AAAAAAAAAAAA"), "not known"),
    ],
)
async def test_a_forged_token_orders_nothing(
    sessions: Sessions, forge: Callable[[ButtonClaim], ButtonClaim], sentence: str
) -> None:
    card = await shown(sessions)
    forged = forge(card.claim)
    with pytest.raises(ButtonSpent, match=sentence):
        await card.desk.clob.quick.look(forged)
    if forged.user_id == card.claim.user_id:
        with pytest.raises(ButtonSpent, match=sentence):
            await card.desk.clob.quick.place(forged, card.yes, Decimal(10))
    assert await orders(sessions) == 0
    await card.desk.clob.quick.place(card.claim, card.yes, Decimal(10))
    assert await orders(sessions) == 1


async def test_what_the_card_does_not_offer_gives_the_token_back(sessions: Sessions) -> None:
    card = await shown(sessions)
    user = card.claim.user_id
    other = await card.desk.clob.quote_buy(user, MARKET_1, YES, usdc("11"))
    for quote, amount in ((card.yes, Decimal(25)), (other, Decimal(11)), (other, Decimal(10))):
        with pytest.raises(ButtonSpent):
            await card.desk.clob.quick.place(card.claim, quote, amount)
    assert await orders(sessions) == 0
    await card.desk.clob.quick.place(card.claim, card.yes, Decimal(10))


async def test_a_token_is_no_ticket_and_a_ticket_is_no_token(sessions: Sessions) -> None:
    card = await shown(sessions)
    offer = await card.desk.clob.offer(card.yes, card.claim.user_id, CHAT, MESSAGE)
    ticket = replace(card.claim, id=offer.button_id)
    with pytest.raises(ButtonSpent):
        await card.desk.clob.place_offer(card.claim)
    with pytest.raises(ButtonSpent):
        await card.desk.clob.quick.look(ticket)
    with pytest.raises(ButtonSpent):
        await card.desk.clob.quick.place(ticket, card.yes, Decimal(10))
    assert await orders(sessions) == 0


async def test_a_retired_or_expired_token_orders_nothing(sessions: Sessions) -> None:
    card = await shown(sessions)
    quick = card.desk.clob.quick
    await quick.retire(card.claim)
    for attempt in (quick.retire(card.claim), quick.place(card.claim, card.yes, Decimal(10))):
        with pytest.raises(ButtonSpent, match="used already"):
            await attempt
    late = await card_of(card.desk, card.claim.user_id)
    async with sessions.begin() as session:
        await session.execute(
            sa.text("UPDATE money_buttons SET expires_at = expires_at - CAST(:spent AS interval)"),
            {"spent": timedelta(seconds=CARD_SECONDS + 1)},
        )
    with pytest.raises(ButtonSpent, match="expired"):
        await quick.look(late)
    with pytest.raises(ButtonSpent, match="expired"):
        await quick.place(late, card.yes, Decimal(10))
    assert await orders(sessions) == 0
