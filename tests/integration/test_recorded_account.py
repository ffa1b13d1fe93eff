"""The recorded trades of one account, folded into a ledger and counted again in another way."""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.fees import NO_FEE
from core.domain.folding import fold
from core.domain.ledger import Fill, Settlement
from core.domain.market import Market
from core.domain.reports import TradeReport
from core.domain.units import ZERO, MarketId, TokenId, Usdc, UserId
from core.services.clob.desk import OrderDesk
from core.services.clob.market_finding import KnownMarkets
from core.services.clob.news import OrderNews
from core.services.position.told_fills import book_told, reverse
from core.services.websocket_manager import WebSocketManager
from core.storage import fills, wallets
from core.storage.models import Sessions
from tests.support import rows
from tests.support.recorded_account import markets_of, recorded_trades, reports_of

MICRO = Decimal("0.000001")
BEHIND = 4  # trades
WITH_A_FAILURE = "0xbf00a648"  # its market id begins so


@dataclass(frozen=True, slots=True)
class Recorded:
    """Oldest first: as the venue's report is taken in."""

    markets: list[Market]
    reports: list[TradeReport]

    def only(self, *beginnings: str) -> list[TradeReport]:
        return [report for report in self.reports if report.condition_id.startswith(beginnings)]


@pytest.fixture(scope="module")
def recorded(fixtures_dir: Path) -> Recorded:
    trades = recorded_trades(fixtures_dir)
    reports = sorted(
        reports_of(trades), key=lambda one: (one.at, one.side is Side.SELL, one.event_key)
    )
    assert len(trades) == 1200
    return Recorded([replace(one, fees=NO_FEE) for one in markets_of(trades)], reports)


def counted(reports: Iterable[TradeReport]) -> tuple[dict[str, Decimal], Decimal]:
    """Shares by token and the change of cash, by sums alone; a token is never sold below nothing.

    Of a history that is cut, the oldest sales are of shares whose purchase is not in it.
    """
    held: dict[str, Decimal] = defaultdict(Decimal)
    cash = Decimal(0)
    for report in reports:
        if report.settlement is Settlement.FAILED:
            continue
        sign = 1 if report.side is Side.BUY else -1
        held[report.token] = max(held[report.token] + sign * report.size, ZERO)
        cash -= sign * (report.size * report.price).quantize(MICRO, ROUND_HALF_EVEN)
    return {token: size for token, size in held.items() if size}, cash


def fill_of(report: TradeReport) -> Fill:
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
        fee=Usdc(ZERO),
        at=report.at,
        settlement=report.settlement,
    )


def test_all_recorded_trades_fold_into_the_shares_that_they_amount_to(recorded: Recorded) -> None:
    held, cash = counted(recorded.only("0x"))
    by_token: dict[TokenId, list[Fill]] = defaultdict(list)
    for report in recorded.reports:
        if report.settlement is not Settlement.FAILED:
            by_token[report.token].append(fill_of(report))
    whole = [token for token, fills in by_token.items() if not fold(fills).unexplained]
    amounts = {token: fold(by_token[token]).holding.amount for token in whole}
    assert {token: size for token, size in amounts.items() if size} == {
        token: size for token, size in held.items() if token in whole
    }
    assert len(whole) >= 24
    assert sum(fill.cash_change for fills in by_token.values() for fill in fills) == cash


def shuffled(reports: list[TradeReport]) -> list[TradeReport]:
    told = [*reports]
    random.Random(4).shuffle(told)  # noqa: S311 - the same every time
    return told


def settling(reports: list[TradeReport]) -> list[TradeReport]:
    """Each is told when it is matched, and again when it has settled, a few trades later."""
    told = list[TradeReport]()
    for number, report in enumerate(reports):
        told.append(replace(report, settlement=Settlement.PROVISIONAL))
        told += reports[number - BEHIND : number - BEHIND + 1] if number >= BEHIND else []
    return told + reports[-BEHIND:]


async def booked(
    sessions: Sessions, recorded: Recorded, reports: Iterable[TradeReport]
) -> tuple[dict[str, Decimal], Decimal | None]:
    """The ledger's shares by token and its cash, after these were told in this order."""
    async with sessions.begin() as session:
        user = await rows.add_user(session)
        await rows.add_markets(session, recorded.markets)
        await wallets.open_wallet(session, user, Account.LIVE, Usdc(ZERO))
    desk = OrderDesk(sessions, WebSocketManager(), account=Account.LIVE)
    news = OrderNews(desk, KnownMarkets(sessions))
    for report in reports:
        await news.trade(user, report)
    query = sa.text("SELECT token_id, sum(amount) AS held FROM positions GROUP BY 1")
    async with sessions() as session:
        held = {row.token_id: row.held for row in await session.execute(query) if row.held}
        return held, await wallets.cash(session, user, Account.LIVE)


async def hear(session: AsyncSession, fill: Fill) -> None:
    """What the news does to the ledger, without the orders that make up most of its time."""
    known = await fills.by_key(session, fill.user_id, fill.account, fill.event_key)
    if known is None:
        await book_told(session, fill, None)
    elif await fills.settle(session, fill) and fill.settlement is Settlement.FAILED:
        await reverse(session, known, None)


async def test_all_recorded_trades_of_all_tokens_are_booked_whatever_their_order(
    sessions: Sessions, recorded: Recorded
) -> None:
    numbers = {market.condition_id: market.id for market in recorded.markets}
    async with sessions.begin() as session:
        user = await rows.add_user(session)
        await rows.add_markets(session, recorded.markets)
        await wallets.open_wallet(session, user, Account.LIVE, Usdc(ZERO))
        for report in shuffled(recorded.reports):
            one = fill_of(report)
            await hear(session, replace(one, user_id=user, market_id=numbers[report.condition_id]))
        cash = await wallets.cash(session, user, Account.LIVE)
        query = sa.text("SELECT token_id, sum(amount), sum(realized_pnl) FROM positions GROUP BY 1")
        found = [tuple(row) for row in await session.execute(query)]
    assert ({token: held for token, held, _ in found if held}, cash) == counted(recorded.reports)
    assert {token: profit for token, _, profit in found} == realized(recorded.reports)


def realized(reports: Iterable[TradeReport]) -> dict[str, Decimal]:
    """By token, of one fold over everything that counts."""
    counting = defaultdict[str, list[Fill]](list)
    for report in reports:
        if report.settlement is not Settlement.FAILED:
            counting[report.token].append(fill_of(report))
    return {token: fold(one).holding.realized_pnl for token, one in counting.items()}


async def test_what_fails_is_reversed_a_few_trades_later(
    sessions: Sessions, recorded: Recorded
) -> None:
    reports = recorded.only(WITH_A_FAILURE)
    assert await booked(sessions, recorded, settling(reports)) == counted(reports)
    async with sessions() as session:
        query = sa.text("SELECT settlement, count(*) FROM fills GROUP BY 1")
        settled = dict(map(tuple, await session.execute(query)))
    lost = [report for report in reports if report.settlement is Settlement.FAILED]
    assert settled == {"failed": len(lost), "confirmed": len(reports) - len(lost)}
    assert lost
