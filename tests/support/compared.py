"""A live account at a scripted venue, with our ledger of it: what comparisons are tested on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from core.domain.account import Account
from core.domain.book import Side
from core.domain.drift import DriftKind
from core.domain.errors import Unavailable
from core.domain.fees import taker_fee
from core.domain.ledger import Settlement
from core.domain.notice import AccountCompared
from core.domain.order import OrderHash, OrderStatus
from core.domain.reports import (
    Balances,
    LiquidityRole,
    OrderReport,
    TradeReport,
    VenuePosition,
)
from core.domain.sightings import Drift
from core.domain.units import ZERO, Price, Size, TokenId, Usdc, UserId, times, usdc
from core.services.clob.desk import OrderDesk
from core.services.clob.market_finding import KnownMarkets
from core.services.clob.news import OrderNews
from core.services.milestones import Reached, unwatched
from core.services.outbox import Outbox
from core.services.reconciliation.patience import Patience
from core.services.reconciliation.reconciler import Reconciler
from core.services.reconciliation.sources import Sources
from core.services.websocket_manager import WebSocketManager
from core.storage import reconciliation as stored
from core.storage import wallets
from core.storage.models import Sessions
from tests.support import rows

AT_ONCE = Patience(recent=timedelta(0), missing=timedelta(0))
MARKET = rows.market(1)
YES, NO = MARKET.tokens
TABLES = ("orders", "fills", "positions", "wallets", "cash_moves", "drifts", "notices")


@dataclass
class ScriptedAccount:
    """An `AccountReports`: one account at a venue that is as consistent as a test leaves it."""

    cash: Decimal = Decimal(1000)
    orders: dict[OrderHash, OrderReport] = field(default_factory=dict)
    told: dict[str, TradeReport] = field(default_factory=dict)
    shares: dict[TokenId, Decimal] = field(default_factory=dict)
    redeemable: set[TokenId] = field(default_factory=set)
    faults: dict[str, Exception] = field(default_factory=dict)  # by report
    since: list[datetime | None] = field(default_factory=list)
    askers: set[UserId] = field(default_factory=set)
    made: int = 0  # trades

    async def open_orders(self, user: UserId) -> tuple[OrderReport, ...]:
        self._asked("open_orders", user)
        return tuple(self.orders.values())

    async def trades(self, user: UserId, after: datetime | None) -> tuple[TradeReport, ...]:
        self._asked("trades", user)
        self.since.append(after)
        return tuple(trade for trade in self.told.values() if after is None or trade.at >= after)

    async def trades_named(self, user: UserId, ids: Sequence[str]) -> tuple[TradeReport, ...]:
        self._asked("trades_named", user)
        return tuple(self.told[each] for each in ids if each in self.told)

    async def balances(self, user: UserId, tokens: Sequence[TokenId]) -> Balances:
        self._asked("balances", user)
        shares = {token: Size(self.shares.get(token, ZERO)) for token in tokens}
        return Balances(usdc(self.cash), usdc(self.cash), shares)

    async def positions(self, user: UserId) -> Mapping[TokenId, VenuePosition]:
        self._asked("positions", user)
        return {
            token: VenuePosition(
                token,
                MARKET.condition_id,
                Size(size),
                Price(Decimal("0.4")),
                is_redeemable=token in self.redeemable,
            )
            for token, size in self.shares.items()
            if size
        }

    def trade(
        self,
        side: Side,
        size: str,
        price: str,
        *,
        token: TokenId = YES,
        age: float = 60,
        settlement: Settlement = Settlement.CONFIRMED,
    ) -> TradeReport:
        """One that happened at the venue; shares and cash change once it is confirmed."""
        self.made += 1
        number = self.made
        report = TradeReport(
            trade_id=f"t{number}",
            hash=OrderHash(f"0x{number:064x}"),
            condition_id=MARKET.condition_id,
            token=token,
            side=side,
            size=Size(Decimal(size)),
            price=Price(Decimal(price)),
            settlement=settlement,
            role=LiquidityRole.TAKER,
            at=datetime.now(UTC) - timedelta(seconds=age),
        )
        self.told[report.trade_id] = report
        if settlement is Settlement.CONFIRMED:
            self._move(report)
        return report

    def settle(self, report: TradeReport, settlement: Settlement) -> None:
        self.told[report.trade_id] = replace(report, settlement=settlement)
        if settlement is Settlement.CONFIRMED:
            self._move(report)

    def rest(self, number: int, size: str = "10") -> OrderReport:
        """An order in the venue's book."""
        order_hash = OrderHash(f"0xabc{number:061x}")
        self.orders[order_hash] = OrderReport(
            hash=order_hash,
            condition_id=MARKET.condition_id,
            token=YES,
            side=Side.BUY,
            price=Price(Decimal("0.3")),
            original=Size(Decimal(size)),
            matched=Size(ZERO),
            status=OrderStatus.LIVE,
        )
        return self.orders[order_hash]

    def _move(self, report: TradeReport) -> None:
        value = usdc(times(report.size, report.price))
        fee = taker_fee(MARKET.fees, report.size, report.price)
        sign = 1 if report.side is Side.BUY else -1
        self.shares[report.token] = self.shares.get(report.token, ZERO) + sign * report.size
        self.cash -= sign * value + fee

    def _asked(self, report: str, user: UserId) -> None:
        self.askers.add(user)
        if report in self.faults:
            raise self.faults[report]


@dataclass
class Looks:
    """A `Resolver` that counts."""

    count: int = 0

    async def look(self) -> None:
        self.count += 1


@dataclass
class Comparison:
    """One user's ledger and the venue."""

    sessions: Sessions
    user: UserId
    venue: ScriptedAccount
    looks: Looks
    outbox: Outbox
    news: OrderNews
    reconciler: Reconciler

    async def run(self, times_: int = 1) -> bool:
        """Whether the last one was finished."""
        finished = False
        for _ in range(times_):
            finished = await self.reconciler.reconcile(self.user)
        return finished

    async def is_clear(self) -> bool:
        async with self.sessions() as session:
            return await stored.is_clear(session, self.user)

    async def drifts(self) -> list[DriftKind]:
        """What is open."""
        async with self.sessions() as session:
            return [drift.kind for drift in await stored.open_drifts(session, self.user)]

    async def lasting(self) -> list[Drift]:
        async with self.sessions() as session:
            return await stored.lasting(session, self.user)

    async def moves(self) -> list[tuple[str, Decimal]]:
        rows_ = await self.ask("SELECT kind, amount FROM cash_moves ORDER BY id")
        return [(str(row["kind"]), Decimal(str(row["amount"])).normalize()) for row in rows_]

    async def shares(self, token: TokenId = YES) -> Decimal:
        (row,) = await self.ask(
            "SELECT coalesce(sum(amount), 0) AS held FROM positions WHERE account = 'live'"
            " AND token_id = :token AND status = 'active'",
            token=token,
        )
        return Decimal(str(row["held"]))

    async def cash(self) -> Usdc:
        (row,) = await self.ask("SELECT cash FROM wallets WHERE account = 'live'")
        return usdc(Decimal(str(row["cash"])))

    async def explained(self) -> Usdc:
        """Ledger and cash moves added up."""
        (row,) = await self.ask("""
            SELECT (SELECT coalesce(sum(CASE side WHEN 'BUY' THEN -round(size * price, 6) - fee
                    ELSE round(size * price, 6) - fee END), 0) FROM fills
                    WHERE account = 'live' AND settlement <> 'failed')
                 + (SELECT coalesce(sum(amount), 0) FROM cash_moves) AS total
        """)
        return usdc(Decimal(str(row["total"])))

    async def told(self) -> list[AccountCompared]:
        """What waits in the outbox, claimed."""
        notices = await self.outbox.claim()
        return [each.news for each in notices if isinstance(each.news, AccountCompared)]

    async def dump(self) -> dict[str, list[dict[str, object]]]:
        """Every row that a comparison could touch, but for the time of the last one."""
        dumped = {}
        async with self.sessions() as session:
            for table in TABLES:
                query = sa.select(sa.text("*")).select_from(sa.table(table)).order_by(sa.text("id"))
                dumped[table] = [dict(row) for row in (await session.execute(query)).mappings()]
        return dumped

    async def ask(self, query: str, **values: object) -> list[dict[str, object]]:
        async with self.sessions() as session:
            return [dict(row) for row in (await session.execute(sa.text(query), values)).mappings()]

    async def tell(self, statement: str, **values: object) -> None:
        async with self.sessions.begin() as session:
            await session.execute(sa.text(statement), values)


async def comparison(
    sessions: Sessions,
    *,
    venue: ScriptedAccount | None = None,
    patience: Patience = AT_ONCE,
    reached: Reached = unwatched,
    telegram_id: int = 1,
) -> Comparison:
    """With a user who has never been compared, in a database with market 1."""
    async with sessions.begin() as session:
        user = await rows.add_user(session, telegram_id)
        if telegram_id == 1:
            await rows.add_markets(session, [MARKET])
        await wallets.open_wallet(session, user, Account.LIVE, Usdc(ZERO))
    desk = OrderDesk(sessions, WebSocketManager(), account=Account.LIVE)
    markets = KnownMarkets(sessions)
    news, looks, outbox = OrderNews(desk, markets), Looks(), Outbox(sessions)
    reports = venue or ScriptedAccount()
    sources = Sources(reports, news, looks, markets)
    reconciler = Reconciler(sessions, sources, outbox, patience=patience, reached=reached)
    return Comparison(sessions, user, reports, looks, outbox, news, reconciler)


def unavailable() -> Unavailable:
    return Unavailable("The exchange does not answer.")
