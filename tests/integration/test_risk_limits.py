"""Limits: whoever races whom, no allowance is ever given out twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.account import Account
from core.domain.order import OrderStatus, Origin, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.refusals import CashReserved, OverLimit, SharesReserved
from core.domain.risk import LimitKind
from core.services.risk.own_limits import OwnLimits
from core.storage import orders
from core.storage.models import Sessions
from tests.support.guarding import LIMITS, RULES, Guarded, ask, bid, guarded

GTC = OrderKind.GTC
ALL = Decimal(100)  # USDC a day
AT_ONCE = 8  # transactions, as the order service allows


async def rush(desk: Guarded, tickets: Sequence[Ticket]) -> Counter[str]:
    """Place them all at once; how often each end came."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(ticket: Ticket) -> str:
        async with turns:
            try:
                await desk.place(ticket)
            except OverLimit:
                return "over"
            except (CashReserved, SharesReserved):
                return "short"
        return "placed"

    return Counter(await asyncio.gather(*map(one, tickets)))


async def test_two_hundred_users_at_once_never_pass_the_limit_of_all(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    users = [await desk.user(number) for number in range(1, 201)]
    ends = await rush(desk, [bid(user, "30") for user in users])
    assert ends == {"placed": 66, "over": 134}
    async with sessions() as session:
        held = await session.scalar(sa.text("SELECT sum(value) FROM reservations"))
        total = await session.scalar(
            sa.text("SELECT day_value FROM risk_totals WHERE account = 'live'")
        )
    assert held == total == 1980 <= LIMITS.all_users_per_day


async def test_one_users_orders_at_once_stay_below_every_limit(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user(cash=10_000)
    ends = await rush(desk, [bid(user, "60", f"k{n}") for n in range(40)])
    assert ends == {"placed": 4, "over": 36}  # 250 in one market
    assert await desk.sums(user) == (4, 240, 240)


async def test_orders_at_once_hold_no_more_cash_than_there_is(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user(cash=100)
    ends = await rush(desk, [bid(user, "12", f"k{n}") for n in range(30)])
    assert ends == {"placed": 8, "short": 22}
    assert await desk.sums(user) == (8, 96, 96)


async def test_sales_at_once_offer_no_share_twice(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    await desk.holdings(user, "100")
    ends = await rush(desk, [ask(user, "30", f"k{n}", kind=GTC) for n in range(12)])
    assert ends == {"placed": 3, "short": 9}
    with pytest.raises(SharesReserved, match="sell 11 shares and have 100, 90 of them in open"):
        await desk.place(ask(user, "11", "last"))


async def test_open_orders_are_counted(sessions: Sessions) -> None:
    desk = await guarded(sessions, replace(RULES, live=replace(LIMITS, open_orders=3)))
    user = await desk.user()
    ends = await rush(desk, [bid(user, "10", f"k{n}", kind=GTC) for n in range(9)])
    assert ends == {"placed": 3, "over": 6}
    await desk.holdings(user, "50")
    await desk.place(ask(user, "10", "exit"))  # does not rest: getting out is not refused
    with pytest.raises(OverLimit, match="You have 4 open orders, and 3 is the most allowed"):
        await desk.place(ask(user, "10", "rest", kind=GTC))


async def test_an_order_over_its_limit_is_refused_with_the_number(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    with pytest.raises(OverLimit, match=r"One order may take 100.00 USDC; this order is for 120"):
        await desk.place(bid(user, "120"))
    assert await desk.sums(user) == ()  # nothing of it stayed


async def test_what_is_held_already_counts_for_its_market(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    await desk.holdings(user, "400")  # 200 USDC
    with pytest.raises(OverLimit, match=r"This market may take 250.00 USDC and 200.00 is used"):
        await desk.place(bid(user, "60"))
    await desk.place(bid(user, "50"))


async def test_a_day_ends_at_midnight_utc(sessions: Sessions) -> None:
    rules = replace(RULES, live=replace(LIMITS, per_day=Decimal(100)))
    desk = await guarded(sessions, rules)
    user = await desk.user()
    first = await desk.place(bid(user, "100"))
    await desk.becomes(
        first, OrderStatus.FILLED, filled_size=Decimal(200), filled_value=Decimal(100)
    )
    with pytest.raises(OverLimit, match=r"Today \(UTC\) may take 100.00 USDC and 100.00 is used"):
        await desk.place(bid(user, "1", "more"))
    desk.time.seconds += timedelta(hours=12).total_seconds()
    desk.stream()
    await desk.place(bid(user, "100", "tomorrow"))
    assert await desk.sums(user) == (1, 100, 100)


async def test_what_an_order_did_not_spend_is_free_again(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    order = await desk.place(bid(user, "100"))
    assert await desk.sums(user) == (1, 100, 100)
    part = {"filled_size": Decimal(60), "filled_value": Decimal(30)}
    await desk.becomes(order, OrderStatus.LIVE, **part)
    assert await desk.sums(user) == (1, 70, 100)
    await desk.becomes(order, OrderStatus.CANCELLED)
    await desk.becomes(order, OrderStatus.CANCELLED)
    assert await desk.sums(user) == (0, 0, 30)


async def test_a_fill_after_the_cancellation_counts_for_the_day(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    order = await desk.place(bid(user, "100"))
    await desk.becomes(order, OrderStatus.CANCELLED)
    late = {"filled_size": Decimal(20), "filled_value": Decimal(10)}
    await desk.becomes(order, OrderStatus.CANCELLED, **late)
    assert await desk.sums(user) == (0, 0, 10)


async def test_shares_that_were_announced_stay_reserved_until_they_are_told(
    sessions: Sessions,
) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    order = await desk.place(bid(user, "100", worst="0.5"))
    await desk.becomes(order, OrderStatus.CANCELLED, matched_size=Decimal(20))
    assert await desk.sums(user) == (1, 10, 10)


async def test_the_highest_fee_is_reserved_with_the_money(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    market = replace(desk.market, fees=replace(desk.market.fees, rate=Decimal("0.04")))
    desk.market = market
    user = await desk.user(cash=51)
    with pytest.raises(CashReserved, match=r"can cost 51\.01 USDC") as refusal:
        await desk.place(bid(user, "50.01"))
    assert "you have 51.00" in str(refusal.value)
    await desk.place(bid(user, "50"))
    assert await desk.sums(user) == (1, 51, 50)  # 4 % of the half that is not paid at 50 cents


async def test_play_money_has_no_limit_but_itself(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user(cash=5000)
    await desk.place(bid(user, "4000", account=Account.PAPER))
    with pytest.raises(CashReserved, match=r"you have 5,000\.00, 4,000\.00 of it in open"):
        await desk.place(bid(user, "1001", "k2", account=Account.PAPER))
    assert await desk.sums(user) == ()


async def test_orders_made_elsewhere_hold_money_too(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user(cash=100)
    ticket = bid(user, "80", origin=Origin.EXTERNAL, kind=GTC)
    async with sessions.begin() as session:
        order, _ = await orders.record(session, ticket, "Yes", desk.time.wall())
        await desk.guards.settle(session, order)
    with pytest.raises(CashReserved, match=r"80\.00 of it in open orders"):
        await desk.place(bid(user, "30", "k2"))
    await desk.becomes(order, OrderStatus.CANCELLED)
    await desk.place(bid(user, "30", "k3"))
    assert await desk.sums(user) == (1, 30, 30)  # the 80 are nothing that we bought


async def test_a_lower_limit_counts_at_once_and_a_higher_one_a_day_later(
    sessions: Sessions,
) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    own = OwnLimits(sessions, RULES, desk.outside, now=desk.time.wall)
    await own.set(user, LimitKind.PER_ORDER, Decimal(20))
    with pytest.raises(OverLimit, match=r"One order may take 20.00"):
        await desk.place(bid(user, "21"))
    asked = await own.set(user, LimitKind.PER_ORDER, Decimal(50))
    assert asked.value == 20
    assert asked.next_value == 50
    assert asked.next_at == desk.time.wall() + timedelta(hours=24)
    desk.time.seconds += timedelta(hours=23, minutes=59).total_seconds()
    with pytest.raises(OverLimit, match=r"One order may take 20.00"):
        await desk.place(bid(user, "21"))
    desk.time.seconds += 60
    desk.stream()
    await desk.place(bid(user, "50"))
    assert (await own.of(user))[LimitKind.PER_ORDER].value == 50
    assert [what for _, what, _ in desk.outside.noted] == ["limit changed"] * 2


async def test_lowering_forgets_a_raise_that_waits(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    own = OwnLimits(sessions, RULES, desk.outside, now=desk.time.wall)
    await own.set(user, LimitKind.PER_DAY, Decimal(20))
    await own.set(user, LimitKind.PER_DAY, Decimal(400))
    await own.set(user, LimitKind.PER_DAY, Decimal(10))
    desk.time.seconds += timedelta(hours=30).total_seconds()
    assert (await own.of(user))[LimitKind.PER_DAY].value == 10


@pytest.mark.parametrize("wanted", ["501", "-1", "NaN"])
async def test_no_user_sets_more_than_the_operator_allows(sessions: Sessions, wanted: str) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    own = OwnLimits(sessions, RULES, desk.outside, now=desk.time.wall)
    with pytest.raises(OverLimit, match="from 0 to 500"):
        await own.set(user, LimitKind.PER_DAY, Decimal(wanted))


async def test_a_claim_costs_three_statements(engine: AsyncEngine, sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    await desk.place(bid(user, "10", "first"))
    told: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        told.append(" ".join(statement.split())[:30])

    sa.event.listen(engine.sync_engine, "before_cursor_execute", hear)
    order = await desk.place(bid(user, "10", "second"))
    claim = [text for text in told if "enter_" not in text and "INTO orders" not in text]
    assert len(claim) == 3, claim
    told.clear()
    await desk.becomes(order, OrderStatus.CANCELLED)
    settle = [text for text in told if "orders" not in text and "enter_" not in text]
    assert len(settle) == 2, settle
    sa.event.remove(engine.sync_engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("first_stays", [True, False])
async def test_who_waits_for_the_last_room_gets_it_only_if_it_is_left(
    sessions: Sessions, *, first_stays: bool
) -> None:
    desk = await guarded(sessions, replace(RULES, live=replace(LIMITS, all_users_per_day=ALL)))
    first, second = await desk.user(1), await desk.user(2)
    async with sessions() as session:
        order, _ = await orders.record(session, bid(first, "70"), "Yes", desk.time.wall())
        await desk.guards.claim(session, order, desk.market)
        waiting = asyncio.create_task(desk.place(bid(second, "60")))  # reads that nothing is used
        async with asyncio.timeout(20):
            while not await is_waited_for(sessions):
                assert not waiting.done()
        await (session.commit() if first_stays else session.rollback())
    if first_stays:
        with pytest.raises(OverLimit, match=r"100.00 USDC a day, and 30.00 of it is left"):
            await waiting
    else:
        await waiting
    assert await desk.sums(second) == (() if first_stays else (1, 60, 60))


async def is_waited_for(sessions: Sessions) -> bool:
    """Whether somebody waits for a lock."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with sessions() as session:
        return bool(await session.scalar(query))


async def test_an_old_order_that_nobody_claimed_is_left_alone(sessions: Sessions) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    async with sessions.begin() as session:
        order, _ = await orders.record(session, bid(user), "Yes", desk.time.wall())
        await desk.guards.settle(session, replace(order, status=OrderStatus.REJECTED))
    assert await desk.sums(user) == ()
