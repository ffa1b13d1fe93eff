"""The ledger in Postgres: positions and cash are nothing but its folds."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import RowMapping

from core.domain.account import Account
from core.domain.errors import Rejected
from core.domain.units import ZERO, TokenId, UserId
from core.storage import fills
from core.storage.models import Sessions
from tests.support.trading import MARKET_1, NO, YES, Desk, buy, desk_of, opened, sell

ROWS = sa.text("SELECT * FROM positions ORDER BY id")
CASH = sa.text("SELECT user_id, cash, starting_cash FROM wallets ORDER BY user_id")
SPOIL = sa.text("""
    UPDATE positions SET amount = amount + 7, entry_price = 0.123, realized_pnl = -99,
        fees_paid = 3, pnl_amount = 5, pnl_percentage = 5
""")
CLEAN = (
    "ALTER TABLE audit DISABLE TRIGGER USER",  # it names users, and lets nobody empty it
    "TRUNCATE fills, orders, positions, wallets, users, markets CASCADE",
    "ALTER TABLE audit ENABLE TRIGGER USER",
)


@dataclass(frozen=True)
class Step:
    """One wish of one user, at prices of the moment."""

    user: int
    token: TokenId
    is_buy: bool
    amount: Decimal  # USDC of a buy, part of the holding of a sell
    bid: Decimal


steps = st.builds(
    Step,
    user=st.integers(0, 1),
    token=st.sampled_from([YES, NO]),
    is_buy=st.booleans(),
    amount=st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("0.37")]),
    bid=st.decimals("0.01", "0.97", places=3),
)


async def test_any_trading_rebuilds_to_the_last_digit(sessions: Sessions) -> None:
    runs: list[list[Step]] = []

    @settings(
        max_examples=10,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        database=None,
    )
    @given(st.lists(steps, min_size=4, max_size=14))
    def draw(history: list[Step]) -> None:
        runs.append(history)

    await asyncio.to_thread(draw)
    states = [row["status"] for history in runs for row in await _one_run(sessions, history)]
    assert {"active", "closed"} <= set(states)


async def _one_run(sessions: Sessions, history: list[Step]) -> list[RowMapping]:
    desk = desk_of(sessions)
    async with sessions.begin() as session:
        for statement in CLEAN:
            await session.execute(sa.text(statement))
    await desk.market(1)
    users = [await desk.user(1, 300), await desk.user(2, 50)]
    for number, step in enumerate(history):
        await _take(desk, users[step.user], step, f"step{number}")
    before = await _all(sessions, ROWS)
    await _check_cash(sessions)
    async with sessions.begin() as session:
        await session.execute(SPOIL)
    assert await desk.positions.rebuild() == len(before)
    assert await _all(sessions, ROWS) == before
    assert await desk.positions.rebuild() == 0
    await _check_profit(desk, users)
    return before


async def _take(desk: Desk, user: UserId, step: Step, key: str) -> None:
    desk.time.seconds += 1
    bid, ask = f"{step.bid:f}", f"{step.bid + Decimal('0.013'):f}"
    desk.stream(step.token, ((bid, "900.5"),), ((ask, "7.25"), ("0.99", "4000")))
    try:
        if step.is_buy:
            ticket = buy(user, f"{1 + 60 * step.amount:f}", key, token=step.token)
        else:
            held = await desk.positions.in_market(user, MARKET_1)
            shares = sum(
                (
                    view.position.holding.amount
                    for view in held
                    if view.position.token_id == step.token
                ),
                ZERO,
            )
            part = (shares * step.amount).quantize(Decimal("0.000001"), rounding="ROUND_DOWN")
            ticket = sell(user, f"{part:f}", key, step.token)
        await desk.clob.place_order(ticket)
    except Rejected:
        return


async def _all(sessions: Sessions, query: sa.TextClause) -> list[RowMapping]:
    async with sessions() as session:
        return list((await session.execute(query)).mappings())


async def _check_cash(sessions: Sessions) -> None:
    for wallet in await _all(sessions, CASH):
        async with sessions() as session:
            ledger = await fills.of_user(session, UserId(wallet["user_id"]), Account.PAPER)
        changes = sum((fill.cash_change for fill in ledger), ZERO)
        assert wallet["cash"] == wallet["starting_cash"] + changes


async def _check_profit(desk: Desk, users: list[UserId]) -> None:
    for user, start in zip(users, (300, 50), strict=True):
        portfolio = await desk.positions.portfolio(user)
        profit = portfolio.realized + portfolio.unrealized
        assert abs(portfolio.total - start - profit) < Decimal("0.001")


async def test_fills_are_never_changed_nor_removed(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "5"))
    for statement in ("UPDATE fills SET size = 1", "DELETE FROM fills"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            async with sessions.begin() as session:
                await session.execute(sa.text(statement))


async def test_a_failed_settlement_counts_no_more_after_the_rebuild(sessions: Sessions) -> None:
    desk, user = await opened(sessions)
    await desk.clob.place_order(buy(user, "5", "one"))
    await desk.clob.place_order(buy(user, "5", "two"))
    async with sessions.begin() as session:
        await session.execute(
            sa.text("UPDATE fills SET settlement = 'failed' WHERE id = (SELECT max(id) FROM fills)")
        )
    assert await desk.positions.rebuild(user) == 1
    portfolio = await desk.positions.portfolio(user)
    assert portfolio.positions[0].position.holding.amount == 10
