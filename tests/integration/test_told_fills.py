"""Trades told in any order, and taken back late: the ledger is always one fold of what counts."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Side
from core.domain.fees import NO_FEE, taker_fee
from core.domain.folding import cycles, fold
from core.domain.ledger import Fill, Settlement
from core.domain.order import OrderHash
from core.domain.position import Holding
from core.domain.reports import LiquidityRole, TradeReport
from core.domain.units import ZERO, MarketId, Price, Size, Usdc, UserId
from core.services.clob.desk import OrderDesk
from core.services.clob.market_finding import KnownMarkets
from core.services.clob.news import OrderNews
from core.services.position.rebuilding import rebuild_position
from core.services.websocket_manager import WebSocketManager
from core.storage import fills, wallets
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from tests.support import rows
from tests.support.live_desk import Books, books_of
from tests.support.trading import START, YES

MARKET = rows.market(1)
PEOPLE = itertools.count(1)


@dataclass(frozen=True)
class Told:
    """A trade and how it settles in the end."""

    side: Side
    size: str
    price: str = "0.50"
    end: Settlement = Settlement.CONFIRMED
    second: int = 0
    role: LiquidityRole = LiquidityRole.MAKER


@dataclass(frozen=True)
class Ear:
    """Somebody who is told of trades."""

    sessions: Sessions
    user: UserId
    news: OrderNews

    def report(self, number: int, trade: Told, settlement: Settlement) -> TradeReport:
        return TradeReport(
            trade_id=f"t{number}",
            hash=OrderHash(f"0x{self.user:032x}{trade.side is Side.BUY:032x}"),
            condition_id=MARKET.condition_id,
            token=YES,
            side=trade.side,
            size=Size(Decimal(trade.size)),
            price=Price(Decimal(trade.price)),
            settlement=settlement,
            role=trade.role,
            at=START + timedelta(seconds=trade.second),
        )


async def ear(sessions: Sessions) -> Ear:
    number = next(PEOPLE)
    async with sessions.begin() as session:
        user = await rows.add_user(session, number)
        await wallets.open_wallet(session, user, Account.LIVE, Usdc(Decimal(1000)))
    desk = OrderDesk(sessions, WebSocketManager(), account=Account.LIVE)
    return Ear(sessions, user, OrderNews(desk, KnownMarkets(sessions)))


def fill_of(report: TradeReport) -> Fill:
    fees = MARKET.fees if report.role is LiquidityRole.TAKER else NO_FEE
    return Fill(
        event_key=report.event_key,
        user_id=UserId(1),
        account=Account.LIVE,
        market_id=MarketId("1"),
        token_id=report.token,
        outcome="",
        side=report.side,
        size=report.size,
        price=report.price,
        fee=taker_fee(fees, report.size, report.price),
        at=report.at,
        settlement=report.settlement,
    )


def counting(heard: Ear, trades: Sequence[Told]) -> list[Fill]:
    return [
        fill_of(heard.report(number, trade, trade.end))
        for number, trade in enumerate(trades)
        if trade.end is not Settlement.FAILED
    ]


def expected(counted: Sequence[Fill]) -> Books:
    whole = fold(counted).holding
    return Books(
        cash=1000 + sum((one.cash_change for one in counted), ZERO),
        shares=whole.amount,
        realized=whole.realized_pnl,
        fills=len(counted),
        fees=whole.fees_paid,
    )


async def rows_are_folds(heard: Ear, counted: Sequence[Fill]) -> None:
    """Each position is what its own fills say, each order the sum of its own, one cycle a row."""
    async with as_worker(heard.sessions) as session:
        known = await fills.positions_with_fills(session, heard.user)
        mended = [await rebuild_position(session, one) for one in known]
        states = await session.execute(
            sa.text(
                "SELECT p.status, p.amount, p.entry_price, count(f.id) AS fills FROM positions p"
                " LEFT JOIN fills f ON f.position_id = p.id AND f.settlement <> 'failed'"
                " WHERE p.user_id = :user GROUP BY p.id"
            ),
            {"user": heard.user},
        )
        sums = await session.execute(
            sa.text(
                "SELECT o.id FROM orders o LEFT JOIN LATERAL (SELECT"
                " coalesce(sum(size) FILTER (WHERE settlement <> 'failed'), 0) AS filled,"
                " coalesce(sum(fee) FILTER (WHERE settlement <> 'failed'), 0) AS fee,"
                " coalesce(sum(size) FILTER (WHERE settlement = 'failed'), 0) AS failed"
                " FROM fills WHERE order_id = o.id) f ON true WHERE o.user_id = :user AND"
                " (o.filled_size, o.fee, o.failed_size) <> (f.filled, f.fee, f.failed)"
            ),
            {"user": heard.user},
        )
        assert sums.all() == []
    found = states.all()
    whole = fold(counted).holding
    assert not any(mended)
    assert sum(row.fills > 0 for row in found) == len(cycles(counted))
    active = [(row.amount, row.entry_price) for row in found if row.status == "active"]
    assert active == ([(whole.amount, whole.entry_price)] if whole.amount else [])


async def test_a_sale_that_failed_late_leaves_the_fold_of_the_rest(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await rows.add_markets(session, [MARKET])
    heard = await ear(sessions)
    history = [(Side.BUY, "20"), (Side.SELL, "10"), (Side.SELL, "16"), (Side.BUY, "3")]
    history += [(Side.SELL, "5"), (Side.BUY, "10")]
    trades = [Told(side, size, second=at) for at, (side, size) in enumerate(history)]
    for number, trade in enumerate(trades):
        await heard.news.trade(heard.user, heard.report(number, trade, Settlement.PROVISIONAL))
    trades[1] = replace(trades[1], end=Settlement.FAILED)
    await heard.news.trade(heard.user, heard.report(1, trades[1], Settlement.FAILED))
    counted = counting(heard, trades)
    assert await books_of(sessions, heard.user) == expected(counted)
    assert expected(counted).shares == 12  # 20 - 16 + 3 - 5 + 10
    await rows_are_folds(heard, counted)


@st.composite
def told_trades(draw: st.DrawFn) -> tuple[list[Told], list[tuple[int, Settlement]]]:
    """A history over several cycles, and news of it in any order, each told at least once."""
    sizes = st.sampled_from(["1", "2", "3", "0.5"])
    ends = st.sampled_from([Settlement.CONFIRMED, Settlement.CONFIRMED, Settlement.FAILED])
    trades, second = list[Told](), 0
    for _ in range(draw(st.integers(2, 9))):
        second += draw(st.integers(0, 2))
        side, role = draw(st.sampled_from(Side)), draw(st.sampled_from(LiquidityRole))
        price = draw(st.sampled_from(["0.13", "0.5", "0.777"]))
        trades.append(Told(side, draw(sizes), price, draw(ends), second, role))
    news = [
        (number, settlement)
        for number, trade in enumerate(trades)
        for settlement in (Settlement.PROVISIONAL, trade.end)
    ]
    return trades, draw(st.permutations(news))


@pytest.fixture
async def with_market(sessions: Sessions) -> Sessions:
    async with sessions.begin() as session:
        await rows.add_markets(session, [MARKET])
    return sessions


@given(told_trades())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_news_in_any_order_is_one_fold_over_all_cycles(
    with_market: Sessions, told: tuple[list[Told], list[tuple[int, Settlement]]]
) -> None:
    trades, news = told
    heard = await ear(with_market)
    for number, settlement in news:
        await heard.news.trade(heard.user, heard.report(number, trades[number], settlement))
    counted = counting(heard, trades)
    assert await books_of(with_market, heard.user) == expected(counted)
    await rows_are_folds(heard, counted)


async def test_a_row_from_outside_keeps_its_shares_whatever_is_told_late(
    with_market: Sessions,
) -> None:
    heard = await ear(with_market)
    async with with_market.begin() as session:
        held = await rows.add_position(session, heard.user, MARKET, YES, "30", "0.5")
        await session.execute(
            sa.text("UPDATE positions SET account = 'live' WHERE id = :id"), {"id": held}
        )
    late, newest = Told(Side.BUY, "10", second=1), Told(Side.SELL, "5", second=2)
    for number, trade in ((2, newest), (1, late)):
        await heard.news.trade(heard.user, heard.report(number, trade, Settlement.PROVISIONAL))
    assert (await books_of(with_market, heard.user)).shares == 35
    for number, trade in ((2, newest), (1, late)):
        await heard.news.trade(heard.user, heard.report(number, trade, Settlement.FAILED))
    after = await books_of(with_market, heard.user)
    assert (after.shares, after.cash) == (Decimal(30), Decimal(1000))
    assert Holding().amount == after.realized
