"""Every answer that can be wrong, from the venue's mouth to the order's row: one true end each."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from core.domain.breaker import Trip
from core.domain.errors import AnotherOrder, OutcomeUnknown, PolycoolError, Unavailable
from core.domain.order import OrderStatus
from core.domain.units import OrderId, Usdc, UserId
from tests.support.live_house import NO_LIMITS, LiveHouse, live_house
from tests.support.mangling import (
    AMOUNTS,
    TIMES,
    Change,
    of_fields,
    other_type,
    other_unit,
    with_fields,
)

ROUNDS: Final = 4  # looks at everything that is open, one after the other
CLEAR: Final = ("425", "429", "503-cancel-only", "503-post-only", "503-disabled")
UNCLEAR: Final = ("reset", "500", "502-html", "truncated", "wrong-id", "success-true-with-error")
ENDS: Final = frozenset({"live", "filled", "cancelled", "rejected"})
OTHER_ID: Final = "0x" + "ab" * 32


@dataclass(frozen=True)
class End:
    """What the database says of an order, and the venue of it."""

    status: str
    filled: Decimal
    fills: int
    accepted: bool
    bodies: int


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[LiveHouse]:
    async with live_house(database, tmp_path, is_mangled=True, **NO_LIMITS) as house:
        yield house


async def first_word(house: LiveHouse, user: UserId, *, rests: bool) -> tuple[OrderId, str]:
    """The order's number, and what its tap brought: a state, or the kind of a failure.

    Somebody has looked into what went wrong before.
    """
    desk, breakers = house.live.clob, house.risk.breakers
    for whose in (user, None):
        await breakers.reset(user, whose)
    quote = (
        await desk.quote_limit(user, house.wish())
        if rests
        else await desk.quote_buy(user, house.market.id, house.token, Usdc(Decimal(10)))
    )
    claim = await house.claim(desk, user, quote)
    try:
        word = (await desk.place_offer(claim)).status.value
    except PolycoolError as error:
        word = type(error).__name__
    async with house.sessions() as session:
        number = await session.scalar(sa.text("SELECT max(id) FROM orders"))
    return OrderId(int(number or 0)), word


async def mistrusted(house: LiveHouse, user: UserId) -> bool:
    """Whether the user may only cancel because of it; if so, somebody looks into it now."""
    return await house.risk.breakers.reset(user, user) is Trip.MISMATCH


async def end_of(house: LiveHouse, number: OrderId, ends: frozenset[str] = ENDS) -> End:
    """After so many looks with a venue that is well again."""
    await house.order("heal")
    house.mangler.changes.clear()
    for _ in range(ROUNDS):
        await house.live.begin()
        end = await seen(house, number)
        if end.status in ends:
            break
    return end


async def seen(house: LiveHouse, number: OrderId) -> End:
    query = sa.text("""
        SELECT o.status, o.filled_size, o.order_hash,
            (SELECT count(*) FROM fills AS f WHERE f.order_id = o.id AND settlement <> 'failed')
            AS number
        FROM orders AS o WHERE o.id = :id
    """)
    async with house.sessions() as session:
        row = (await session.execute(query, {"id": number})).one()
    there = (await house.at_venue()).get(row.order_hash, {"accepted": False, "bodies": 0})
    return End(row.status, row.filled_size, row.number, there["accepted"], there["bodies"])


@pytest.mark.timeout(300)
async def test_an_answer_that_proves_nothing_is_asked_about_until_there_is_one_true_order(
    house: LiveHouse,
) -> None:
    user = await house.person(1)
    for kind in UNCLEAR:
        for when in ("before", "after"):
            for rests in (True, False):
                await house.order("order-faults", kind=kind, when=when)
                number, word = await first_word(house, user, rests=rests)
                about_another = kind == "wrong-id"
                expected = AnotherOrder if about_another else OutcomeUnknown
                assert word == expected.__name__, (kind, when)
                assert await mistrusted(house, user) is about_another, (kind, when)
                end = await end_of(house, number)
                case = (kind, when, rests, end)
                assert end.status == ("live" if rests else "filled"), case
                assert (end.fills > 0) is not rests, case
                assert (end.accepted, end.bodies) == (True, 1), case
    held = await house.live.venue.reports.balances(user, [house.token])
    booked = sa.text("SELECT amount FROM positions WHERE user_id = :u")
    async with house.sessions() as session:
        assert await session.scalar(booked, {"u": user}) == held.shares[house.token]


async def test_an_answer_that_says_not_now_leaves_nothing_behind(house: LiveHouse) -> None:
    user = await house.person(1)
    for kind in CLEAR:
        await house.order("order-faults", kind=kind)
        number, word = await first_word(house, user, rests=True)
        assert word == Unavailable.__name__, kind
        end = await end_of(house, number)
        assert (end.status, end.fills, end.accepted) == ("rejected", 0, False), kind


POSTED: Final[dict[str, Change]] = {
    "numbers as numbers": of_fields(AMOUNTS, other_type),
    "about another order": with_fields(orderID=OTHER_ID),
    "without an id": with_fields(orderID=""),
    "an error in a success": with_fields(errorMsg="not enough balance"),
    "a state that nobody knows": with_fields(status="abandoned"),
    "no success": with_fields(success=False),
    "a list": lambda answer: [answer],
    "null": lambda _: None,
    "below zero": with_fields(takingAmount="-5", makingAmount="-1"),
    "no number": with_fields(takingAmount="NaN"),
}
READ: Final[dict[str, Change]] = {
    "numbers as numbers": of_fields(AMOUNTS, other_type),
    "the other unit of time": of_fields(TIMES, other_unit),
    "both": lambda value: of_fields(TIMES, other_unit)(of_fields(AMOUNTS, other_type)(value)),
    "null": lambda _: None,
    "text": lambda _: "OK",
    "about another order": lambda value: with_fields(id=OTHER_ID)(value) if "id" in value else [],
}
CANCELLED: Final[dict[str, Change]] = {
    "nothing said": lambda _: {},
    "another order's": lambda _: {"canceled": [OTHER_ID], "not_canceled": {}},
    "both": lambda said: said | {"not_canceled": {said["canceled"][0]: "who knows"}},
    "null": lambda _: None,
    "text instead of a list": lambda said: said | {"canceled": said["canceled"][0]},
    "nulls": lambda _: {"canceled": None, "not_canceled": None},
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rests", [True, False])
async def test_mangled_answers_to_an_order_end_in_what_the_venue_really_did(
    house: LiveHouse, *, rests: bool
) -> None:
    user = await house.person(1)
    for what, change in POSTED.items():
        house.mangler.changes["POST", "/order"] = change
        number, word = await first_word(house, user, rests=rests)
        assert house.mangler.done, what
        assert await mistrusted(house, user) is (what == "about another order"), what
        at_once = await seen(house, number)
        end = await end_of(house, number)
        case = (what, word, at_once, end)
        assert end.status == ("live" if rests else "filled"), case
        assert (end.accepted, end.bodies) == (True, 1), case
        assert end.filled == await matched(house, number), case
        assert at_once.filled in {Decimal(0), end.filled}, case  # never anything else meanwhile


async def test_an_answer_with_other_amounts_is_mended_by_the_trade(house: LiveHouse) -> None:
    user = await house.person(1)
    house.mangler.changes["POST", "/order"] = with_fields(takingAmount="40")
    number, _ = await first_word(house, user, rests=False)
    end = await end_of(house, number)
    assert end.filled == await matched(house, number)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rests", [True, False])
async def test_mangled_look_ups_are_understood_or_leave_the_order_open(
    house: LiveHouse, *, rests: bool
) -> None:
    user = await house.person(1)
    for what, change in READ.items():
        await house.order("order-faults", kind="500", when="after")
        number, word = await first_word(house, user, rests=rests)
        assert word == OutcomeUnknown.__name__, what
        house.mangler.done = 0
        house.mangler.changes |= {("GET", "/data/*"): change}
        await house.live.begin()
        assert house.mangler.done, what
        at_once = await seen(house, number)
        end = await end_of(house, number)
        case = (what, at_once, end)
        assert end.status == ("live" if rests else "filled"), case
        assert (end.accepted, end.bodies) == (True, 1), case
        assert end.filled == await matched(house, number), case
        assert at_once.status in {"unknown", "delayed", "matched", end.status}, case
        assert at_once.filled in {Decimal(0), end.filled}, case


@pytest.mark.timeout(300)
async def test_mangled_answers_to_a_cancel_end_in_a_cancelled_order(house: LiveHouse) -> None:
    user, desk = await house.person(1), house.live.clob
    faults = [(kind, when) for kind in UNCLEAR for when in ("before", "after")]
    whats: list[tuple[str, str] | str] = [*faults, *CANCELLED]
    for what in whats:
        number, word = await first_word(house, user, rests=True)
        assert word == OrderStatus.LIVE.value
        if isinstance(what, tuple):
            kind, when = what
            await house.order("order-faults", kind=kind, when=when, path="/order", method="DELETE")
        else:
            house.mangler.changes["DELETE", "/order"] = CANCELLED[what]
        told = await cancelled(house, number, user)
        assert told in {"live", "cancelled", "OutcomeUnknown", "Unavailable"}, what
        end = await end_of(house, number, frozenset({"cancelled"}))
        assert (end.status, end.fills, end.accepted) == ("cancelled", 0, True), (what, told, end)
        assert await desk.open_orders(user) == (), what


async def cancelled(house: LiveHouse, number: OrderId, user: UserId) -> str:
    try:
        return (await house.live.clob.cancel_order(number, user)).status.value
    except PolycoolError as error:
        return type(error).__name__


async def matched(house: LiveHouse, number: OrderId) -> Decimal:
    """Shares, as the venue has it."""
    query = sa.text("SELECT order_hash FROM orders WHERE id = :id")
    async with house.sessions() as session:
        hash_ = await session.scalar(query, {"id": number})
    there: dict[str, Any] = (await house.at_venue())[str(hash_)]
    return Decimal(there["size_matched"])
