"""One tap is one order: real money buttons, the real venue's rules, many fingers at once."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import ButtonSpent
from core.domain.offer import ButtonClaim, CardOffer, TradeQuote
from core.domain.refusals import OverLimit
from core.domain.units import Usdc, UserId
from core.services.clob.clob_service import ClobService
from tests.support.live_house import NO_LIMITS, LiveHouse, both, live_house

CONFIRMATIONS: Final = int(os.environ.get("PROOF_CONFIRMATIONS", "60"))  # 1000 for the whole proof
FINGERS: Final = 4
USERS: Final = 10
RACERS: Final = int(os.environ.get("PROOF_RACERS", "16"))  # 200 for the whole proof
FORGERIES: Final = int(os.environ.get("PROOF_FORGERIES", "50"))
SECONDS: Final = int(os.environ.get("PROOF_SECONDS", "600"))  # for each of them
FIVE: Final = Usdc(Decimal(5))
AMOUNTS: Final = (Decimal(5), Decimal(6), Decimal(7))  # of a card
IDS: Final = st.integers(-(2**63), 2**63 - 1)
Forgery = tuple[int, str | None, int | None, int | None, int | None]
"""Of which button; then its id, user, chat and message, or None for the right one."""


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[LiveHouse]:
    async with live_house(database, tmp_path, **NO_LIMITS) as house:
        yield house


async def confirmations(
    house: LiveHouse, account: Account, users: Sequence[UserId]
) -> list[ButtonClaim]:
    """So many money buttons of all these users, every second one live for an order that rests."""
    desk, claims = both(house)[account], list[ButtonClaim]()
    for number in range(CONFIRMATIONS):
        user = users[number % len(users)]
        quote: Any
        if account is Account.LIVE and number % 2:
            quote = await desk.quote_limit(user, house.wish())
        else:
            quote = await desk.quote_buy(user, house.market.id, house.token, FIVE)
        claims.append(await house.claim(desk, user, quote, number))
    return claims


async def tapped(desk: ClobService, claims: Sequence[ButtonClaim]) -> Counter[str]:
    """Each of them by every finger, all at once."""

    async def tap(claim: ButtonClaim) -> str:
        try:
            return f"order {(await desk.place_offer(claim)).id}"
        except ButtonSpent:
            return "spent"
        except OverLimit:
            return "over"

    taps = [tap(claim) for _ in range(FINGERS) for claim in claims]
    return Counter(await asyncio.gather(*taps))


@pytest.mark.parametrize("account", [Account.PAPER, Account.LIVE])
@pytest.mark.timeout(SECONDS)
async def test_confirmations_tapped_four_times_at_once_are_one_order_each(
    house: LiveHouse, account: Account
) -> None:
    make = house.person if account is Account.LIVE else house.trader
    users = [await make(number) for number in range(1, USERS + 1)]
    claims = await confirmations(house, account, users)
    ends = await tapped(both(house)[account], claims)
    assert ends.pop("spent") == (FINGERS - 1) * CONFIRMATIONS
    assert set(ends.values()) == {1}
    assert len(ends) == CONFIRMATIONS
    query = sa.text("SELECT status, count(*) AS number FROM orders GROUP BY status ORDER BY status")
    async with house.sessions() as session:
        states = {str(row.status): int(row.number) for row in await session.execute(query)}
    at_venue = await house.at_venue()
    if account is Account.PAPER:
        assert states == {"filled": CONFIRMATIONS}
        assert at_venue == {}
        return
    assert sum(states.values()) == CONFIRMATIONS
    assert states["live"] == CONFIRMATIONS // 2
    assert len(at_venue) == CONFIRMATIONS
    assert {(one["posted"], one["bodies"], one["accepted"]) for one in at_venue.values()} == {
        (1, 1, True)
    }


@pytest.mark.parametrize("account", [Account.PAPER, Account.LIVE])
@pytest.mark.timeout(SECONDS)
async def test_cards_tapped_on_all_their_amounts_at_once_are_one_order_each(
    house: LiveHouse, account: Account
) -> None:
    make = house.person if account is Account.LIVE else house.trader
    desk, cards = both(house)[account], list[tuple[ButtonClaim, TradeQuote]]()
    for number in range(1, USERS + 1):
        user = await make(number)
        card = CardOffer(account, house.market.id, Side.BUY, AMOUNTS, (None, None))
        made = await desk.quick.offer(card, user, int(user))
        await desk.bind_offer(made.button_id, number)
        claim = ButtonClaim(made.button_id, user, int(user), number)
        for amount in AMOUNTS:
            spend = Usdc(amount)
            quote = await desk.quote_buy(user, house.market.id, house.token, spend)
            cards.append((claim, quote))

    async def tap(claim: ButtonClaim, quote: TradeQuote) -> str:
        try:
            return f"order {(await desk.quick.place(claim, quote, quote.spend or FIVE)).id}"
        except ButtonSpent:
            return "spent"

    taps = [tap(*card) for _ in range(FINGERS) for card in cards]
    ends = Counter(await asyncio.gather(*taps))
    assert ends.pop("spent") == len(taps) - USERS
    assert set(ends.values()) == {1}
    assert len(ends) == USERS
    at_venue = await house.at_venue()
    if account is Account.LIVE:
        assert len(at_venue) == USERS
        assert {(one["posted"], one["accepted"]) for one in at_venue.values()} == {(1, True)}
    else:
        assert at_venue == {}


@pytest.mark.timeout(SECONDS)
async def test_users_who_race_for_everybodys_limit_never_pass_it(
    database: str, tmp_path: Path
) -> None:
    room = RACERS // 2
    async with live_house(database, tmp_path, global_max_day_usdc=room * 5) as house:
        users = [await house.person(number) for number in range(1, RACERS + 1)]
        desk = house.live.clob
        quotes = [await desk.quote_limit(user, house.wish("0.50")) for user in users]
        claims = [await house.claim(desk, *pair) for pair in zip(users, quotes, strict=True)]
        ends = await tapped(desk, claims)
        again = await tapped(desk, claims)  # what was refused gave its button back, or not: no room
        at_venue = await house.at_venue()
        total = sa.text("SELECT sum(value) FROM reservations WHERE is_open")
        async with house.sessions() as session:
            held = await session.scalar(total)
    assert sum(count for end, count in ends.items() if end.startswith("order")) == room
    assert ends["over"] > 0
    assert not [end for end in again if end.startswith("order")]
    assert sum(one["accepted"] for one in at_venue.values()) == len(at_venue) == room
    assert held == room * 5


@pytest.mark.timeout(SECONDS)
async def test_forged_foreign_and_expired_taps_buy_nothing_and_are_counted(
    house: LiveHouse, caplog: pytest.LogCaptureFixture
) -> None:
    desk, drawn = house.live.clob, await forgeries()
    users = [await house.person(number) for number in (1, 2)]
    claims = [
        await house.claim(
            desk, user, await desk.quote_buy(user, house.market.id, house.token, FIVE)
        )
        for user in users
    ]
    past = datetime.now(UTC) - timedelta(hours=1)
    quote = await desk.quote_buy(users[0], house.market.id, house.token, FIVE)
    offer = await desk.offer(quote, users[0], int(users[0]), 1, now=past)
    expired = replace(claims[0], id=offer.button_id)
    foreign = [replace(claims[0], user_id=users[1]), replace(claims[0], id=claims[1].id)]
    forged = [forgery_of(one, claims) for one in drawn]
    tries = [one for one in [*forged, *foreign, expired] if one not in claims]
    with caplog.at_level(logging.INFO, logger="core.services.clob.money_buttons"):
        ends = await tapped(desk, tries)
    assert ends == {"spent": FINGERS * len(tries)}
    assert caplog.text.count("Tap on money refused") == FINGERS * len(tries)
    counted = desk.desk.refused_taps
    assert counted.total() == FINGERS * len(tries)
    assert {"unknown", "foreign", "expired"} <= set(counted)
    assert await house.at_venue() == {}
    ends = await tapped(desk, claims)  # the true ones still work, once
    assert ends.pop("spent") == (FINGERS - 1) * len(claims)
    assert len(await house.at_venue()) == len(ends) == len(claims)


async def forgeries() -> list[Forgery]:
    """As many as Hypothesis likes to make, each with something in it that is not right."""
    drawn = list[Forgery]()
    wrong = st.one_of(st.none(), IDS)
    sayable = st.characters(codec="utf-8", exclude_characters="\0")
    names = st.one_of(st.none(), st.text("ab_-", max_size=12), st.text(sayable, max_size=40))

    @settings(max_examples=FORGERIES, deadline=None, database=None)
    @given(st.tuples(st.integers(0, 1), names, wrong, wrong, wrong))
    def draw(forgery: Forgery) -> None:
        if any(part is not None for part in forgery[1:]):
            drawn.append(forgery)

    await asyncio.to_thread(draw)
    return drawn


def forgery_of(forgery: Forgery, claims: Sequence[ButtonClaim]) -> ButtonClaim:
    which, name, user, chat, message = forgery
    true = claims[which]
    return ButtonClaim(
        true.id if name is None else name,
        true.user_id if user is None else UserId(user),
        true.chat_id if chat is None else chat,
        true.message_id if message is None else message,
    )
