"""Reservations = open orders, after whatever happened in whatever order; drift is found, mended."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.account_views import Swept
from core.domain.errors import Rejected
from core.domain.order import Order, OrderStatus, Origin
from core.domain.order_amounts import OrderKind
from core.domain.units import UserId
from core.services.risk.repairing import Repair
from core.storage.models import Sessions
from tests.support.guarding import Guarded, Outside, ask, bid, guarded

Step: TypeAlias = tuple[str, int, int]  # what, which order, how much

ACTS = (
    *("buy", "rest", "sell", "offer") * 2,
    *("sign", "live", "fill", "match", "fail", "cancel", "reject", "lose", "night"),
)
steps = st.tuples(st.sampled_from(ACTS), st.integers(0, 3), st.integers(1, 12))
NEWS = {
    "live": OrderStatus.LIVE,
    "fill": OrderStatus.PARTIAL,
    "match": OrderStatus.MATCHED,
    "fail": OrderStatus.PARTIAL,
    "cancel": OrderStatus.CANCELLED,
    "reject": OrderStatus.REJECTED,
    "lose": OrderStatus.UNKNOWN,
}


async def test_reservations_equal_open_orders_whatever_happens(sessions: Sessions) -> None:
    histories: list[list[Step]] = []

    @settings(
        max_examples=12,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    @given(st.lists(steps, min_size=5, max_size=18))
    def draw(history: list[Step]) -> None:
        histories.append(history)

    await asyncio.to_thread(draw)
    desk = await guarded(sessions)
    for number, history in enumerate(histories, 1):
        await live_through(desk, await desk.user(number, cash=300), history)
        assert await desk.repair.recompute() == []
    async with sessions() as session:
        held = await session.scalar(sa.text("SELECT count(*) FROM reservations WHERE is_open"))
    assert held  # the histories left something open to compare


async def live_through(desk: Guarded, user: UserId, history: Sequence[Step]) -> None:
    """Compare after every step."""
    await desk.holdings(user, "60")
    placed: list[Order] = []
    for number, (what, which, much) in enumerate(history):
        if what == "night":
            desk.time.seconds += 6 * 3600
            desk.stream()
        elif what in {"buy", "rest", "sell", "offer"}:
            await try_to_place(desk, user, what, f"k{number}", much, placed)
        elif placed:
            chosen = which % len(placed)
            placed[chosen] = await hear(desk, placed[chosen], what, Decimal(much))
        assert await desk.sums(user) in {(), await straightforward(desk, user)}


async def try_to_place(
    desk: Guarded, user: UserId, what: str, key: str, much: int, placed: list[Order]
) -> None:
    kind = OrderKind.GTC if what in {"rest", "offer"} else OrderKind.FAK
    amount = str(much * 4)
    make = bid if what in {"buy", "rest"} else ask
    try:
        placed.append(await desk.place(make(user, amount, key, kind=kind)))
    except Rejected:
        return


async def hear(desk: Guarded, order: Order, what: str, much: Decimal) -> Order:
    if what == "sign":
        return await desk.send(order) if order.status is OrderStatus.NEW else order
    told = {
        "filled_size": order.filled_size,
        "filled_value": order.filled_value,
        "failed_size": order.failed_size,
        "matched_size": order.matched_size,
    }
    if what == "fill":
        told["filled_size"] += much
        told["filled_value"] += much * order.ticket.worst_price
    if what == "match":
        told["matched_size"] += much
    if what == "fail":
        failed = min(much, order.filled_size)
        told["filled_size"] -= failed
        told["filled_value"] -= failed * order.ticket.worst_price
        told["failed_size"] += failed
    return await desk.becomes(order, NEWS[what], **told)


async def straightforward(desk: Guarded, user: UserId) -> tuple[object, ...]:
    """Open orders, reserved cash, bought on the account's day: from the orders alone."""
    query = sa.text("""
        WITH seen AS (
            SELECT o.side, o.filled_value, r.day,
                o.status IN ('filled', 'cancelled', 'expired', 'rejected')
                    OR (o.status = 'partial' AND o.kind IN ('FAK', 'FOK')) AS is_done,
                greatest(o.matched_size - o.filled_size - o.failed_size, 0) AS awaited,
                CASE WHEN o.spend IS NULL
                    THEN (o.size - o.filled_size - o.failed_size) * o.worst_price
                    ELSE o.spend - o.filled_value - o.failed_size * o.worst_price END AS unspent,
                o.worst_price
            FROM orders o JOIN reservations r ON r.order_id = o.id WHERE o.user_id = :user
        ), held AS (
            SELECT day, filled_value, side, NOT is_done OR awaited > 0 AS is_open,
                CASE WHEN side = 'SELL' THEN 0 WHEN is_done THEN awaited * worst_price
                    ELSE greatest(unspent, 0) END AS value
            FROM seen
        )
        SELECT count(*) FILTER (WHERE is_open), coalesce(round(sum(value), 6), 0),
            coalesce(round(sum(filled_value + value) FILTER (WHERE side = 'BUY' AND day = (
                SELECT day FROM risk_accounts WHERE user_id = :user AND account = 'live')), 6), 0)
        FROM held
    """)
    async with desk.sessions() as session:
        return tuple((await session.execute(query, {"user": user})).one())


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        ("UPDATE risk_accounts SET open_orders = 7", "open orders"),
        ("UPDATE risk_accounts SET reserved = 0", "reserved cash"),
        ("UPDATE risk_accounts SET day_value = 99", "bought today"),
        ("UPDATE risk_markets SET reserved = reserved + 1", "reserved in market 1"),
        ("UPDATE risk_totals SET day_value = 1 WHERE account = 'live'", "bought today by all"),
        ("UPDATE reservations SET cost = 1, value = 1", "order 1"),
        ("UPDATE orders SET status = 'cancelled'", "order 1"),
        ("DELETE FROM reservations", "order 1"),
    ],
)
async def test_drift_is_found_once_and_mended(sessions: Sessions, harm: str, what: str) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    await desk.place(bid(user, "40", kind=OrderKind.GTC))
    async with sessions.begin() as session:
        await session.execute(sa.text(harm))
    found = await desk.repair.recompute()
    assert what in {drift.what for drift in found}
    told = {(whom, "did not add up" in sentence) for whom, sentence in desk.outside.alarms}
    assert told == {(None, True)}
    assert await desk.repair.recompute() == []
    expected = await straightforward(desk, user)
    assert await desk.sums(user) == expected
    assert {drift.account for drift in found} == {Account.LIVE}


class Bell(Outside):
    """Says when the owner is told something."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = asyncio.Event()

    async def raised(
        self,
        session: AsyncSession,
        user: UserId | None,
        sentence: str,
        *,
        is_breaker: bool = False,
        is_for_owner: bool = False,
    ) -> None:
        told = {"is_breaker": is_breaker, "is_for_owner": is_for_owner}
        await super().raised(session, user, sentence, **told)
        self.rung.set()


async def test_drift_is_found_while_the_program_runs_and_the_owner_is_told(
    sessions: Sessions,
) -> None:
    desk, bell = await guarded(sessions), Bell()
    user = await desk.user()
    await desk.place(bid(user, "40", kind=OrderKind.GTC))
    async with sessions.begin() as session:
        await session.execute(sa.text("UPDATE risk_accounts SET reserved = 7"))
    repair = Repair(sessions, desk.guards, bell, every=0.01, now=desk.time.wall)
    running = asyncio.create_task(repair.run())
    async with asyncio.timeout(20):
        await bell.rung.wait()
    running.cancel()
    await asyncio.wait([running])
    assert "reserved cash was 7.000000 instead of 40.000000" in bell.alarms[0][1]
    assert await desk.sums(user) == await straightforward(desk, user)


async def test_nothing_is_repaired_that_is_right(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    order = await desk.place(bid(user, "40", kind=OrderKind.GTC, origin=Origin.AUTOMATION))
    assert await desk.repair.recompute() == []
    await desk.becomes(order, OrderStatus.CANCELLED)
    assert await desk.repair.recompute() == []
    assert await desk.switch.sweep() == Swept()


async def test_whatever_happens_at_once_nothing_deadlocks_and_all_adds_up(
    sessions: Sessions,
) -> None:
    desk = await guarded(sessions)
    users = [await desk.user(number) for number in range(1, 7)]
    turns = asyncio.Semaphore(8)

    async def live(user: UserId, number: int) -> None:
        async with turns:
            try:
                order = await desk.place(bid(user, "5", f"k{number}", kind=OrderKind.GTC))
                signed = await desk.send(order)
            except Rejected:  # stopped meanwhile
                return
            news = (OrderStatus.LIVE, OrderStatus.UNKNOWN, OrderStatus.CANCELLED)[number % 3]
            await desk.becomes(signed, news)

    async def meddle(user: UserId) -> None:
        await desk.switch.stop(user)
        await desk.repair.recompute_account(user, Account.LIVE)
        await desk.switch.resume(user)
        await desk.breakers.reset(user, user)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for number in range(12):
            for user in users:
                tasks.create_task(live(user, number))
        for user in users:
            tasks.create_task(meddle(user))
        tasks.create_task(desk.repair.recompute())
    assert await desk.repair.recompute() == []
