"""Random lives of orders through the service and its real guards: held is what is open."""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.errors import PolycoolError, Rejected
from core.domain.ledger import Settlement
from core.domain.order import Order, OrderHash
from core.domain.order_amounts import OrderKind
from core.domain.units import UserId
from core.storage.models import Sessions
from tests.support.guarded_clob import GuardedClob, guarded_clob
from tests.support.guarding import ask, bid
from tests.support.scripted_exchange import Booked, settled

FATES: Sequence[str | PolycoolError | None] = (
    None,
    None,
    "lost",
    "late",
    "unheard",
    Rejected("The order is refused."),
)
ACTS = ("buy", "sell", "rest a buy", "rest a sale", "match", "settle", "cancel", "look", "arrive")
PEOPLE = itertools.count(1)

Act = tuple[str, int, int]  # what, a small number, and how the venue takes it


async def open_ones(house: GuardedClob, user: UserId) -> list[Order]:
    return list(await house.clob.open_orders(user))


async def act(house: GuardedClob, user: UserId, one: Act, key: str) -> None:
    what, number, fate = one
    house.venue.posts = [FATES[fate]]
    amount = str(number)
    match what:
        case "buy":
            house.venue.fills = [(str(Decimal(number) / 2), "0.5")]
            await house.clob.place_order(bid(user, amount, key))
        case "sell":
            house.venue.fills = [(str(Decimal(number) / 2), "0.5")]
            await house.clob.place_order(ask(user, amount, key))
        case "rest a buy":
            house.venue.fills = []
            await house.clob.place_order(
                bid(user, str(number * 5), key, kind=OrderKind.GTC, worst="0.4")
            )
        case "rest a sale":
            house.venue.fills = []
            await house.clob.place_order(
                ask(user, str(number * 5), key, kind=OrderKind.GTC, worst="0.6")
            )
        case "cancel":
            for order in (await open_ones(house, user))[:number]:
                await house.clob.cancel_order(order.id, user)
        case _:
            await tell(house, user, what, number)


async def tell(house: GuardedClob, user: UserId, what: str, number: int) -> None:
    """What the venue does by itself, and what is heard of it."""
    match what:
        case "match":
            for order in (await open_ones(house, user))[-1:]:
                if has_room(house.venue.book.get(order.hash or OrderHash("")), number):
                    trade = house.venue.match(
                        order.hash or OrderHash(""), str(number), str(order.ticket.worst_price)
                    )
                    await house.clob.news.trade(user, trade)
        case "settle":
            own = await hashes(house, user)
            end = Settlement.FAILED if number % 2 else Settlement.CONFIRMED
            for trade in [one for one in await house.venue.trades(user, None) if one.hash in own]:
                await house.clob.news.trade(user, settled(trade, end))
        case "look":
            house.desk.time.seconds += 3 * number
            house.desk.stream()
            await house.unresolved.look()
        case "arrive":
            house.venue.arrive()


def has_room(booked: Booked | None, shares: int) -> bool:
    return booked is not None and booked.report.original - booked.report.matched >= shares


async def hashes(house: GuardedClob, user: UserId) -> set[str]:
    query = sa.text("SELECT order_hash FROM orders WHERE user_id = :user")
    async with house.desk.sessions() as session:
        return set((await session.execute(query, {"user": user})).scalars())


async def held_back(house: GuardedClob, user: UserId) -> int:
    """Orders that still hold something."""
    query = sa.text("SELECT count(*) FROM reservations WHERE is_open AND user_id = :user")
    async with house.desk.sessions() as session:
        return await session.scalar(query, {"user": user}) or 0


async def end_all(house: GuardedClob, user: UserId) -> None:
    """Everything is taken off the book, and looked for until nothing is held back.

    A fill can still be awaited of an order that has ended.
    """
    house.venue.posts = []
    for order in await open_ones(house, user):
        with suppress(PolycoolError):
            await house.clob.cancel_order(order.id, user)
    async with asyncio.timeout(30):
        while await held_back(house, user):
            house.desk.time.seconds += 61
            await house.unresolved.look()


@pytest.fixture
async def house(sessions: Sessions) -> GuardedClob:
    return await guarded_clob(sessions)


acts = st.tuples(st.sampled_from(ACTS), st.integers(1, 4), st.integers(0, len(FATES) - 1))


# A falsified example prints the whole house, which is more than the library likes to print.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@given(st.lists(acts, min_size=4, max_size=14))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_reservations_are_what_is_open(house: GuardedClob, told: list[Act]) -> None:
    user = await house.user(next(PEOPLE), shares="20")
    await house.desk.breakers.reset(user)  # everybody's: others had their faults
    house.desk.stream()
    for number, one in enumerate(told):
        with suppress(PolycoolError):  # refused, lost: what is left of it must add up
            await act(house, user, one, f"k{number}")
        assert await house.desk.repair.recompute_account(user, Account.LIVE) == []
    await end_all(house, user)
    sums = await house.desk.sums(user)
    assert sums[:2] in {(), (0, Decimal(0))}
    assert await held_back(house, user) == 0
