"""Live trading for tests: real Postgres and services against the scripted venue."""
# ruff: noqa: ARG002 - the signatures are the ports'

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import Rejected
from core.domain.market import Market
from core.domain.order import Order, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.units import OrderId, Price, Size, TokenId, UserId
from core.services.clob.clob_service import ClobService
from core.services.clob.guarding import Witness
from core.services.clob.unresolved import Unresolved
from core.services.fresh_books import FreshBooks
from core.services.milestones import Milestone, Reached, unwatched
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage import wallets
from core.storage.models import Sessions
from tests.support import rows
from tests.support.scripted_exchange import ScriptedVenue
from tests.support.trading import MARKET_1, YES, Shelf, Time, usdc


@dataclass
class RecordingGuards:
    """Remembers what is held back for each order; refuses when told to."""

    claim_refusal: Rejected | None = None
    send_refusal: Rejected | None = None
    held: dict[OrderId, Decimal] = field(default_factory=dict)
    mistrusted: list[OrderId] = field(default_factory=list)

    async def claim(
        self, session: AsyncSession, order: Order, market: Market, *, knows_of_unclear: bool = True
    ) -> None:
        if self.claim_refusal is not None:
            raise self.claim_refusal
        self.held[order.id] = order.working_value

    async def free_to_send(self, session: AsyncSession, order: Order) -> None:
        if self.send_refusal is not None:
            raise self.send_refusal

    async def mistrust(self, session: AsyncSession, order: Order) -> None:
        self.mistrusted.append(order.id)

    async def settle(self, session: AsyncSession, order: Order) -> None:
        self.held[order.id] = order.working_value


class Crash(BaseException):
    """The process ends here."""


@dataclass
class CrashAt:
    """Ends the process at the `count`-th time that `milestone` is reached."""

    milestone: Milestone | None = None
    count: int = 1

    def __call__(self, milestone: Milestone) -> None:
        if milestone is self.milestone:
            self.count -= 1
            if self.count == 0:
                raise Crash(milestone.value)


@dataclass
class LiveDesk:
    """One running process; `restarted` is the next one on the same database and venue."""

    sessions: Sessions
    time: Time
    venue: ScriptedVenue
    guards: RecordingGuards
    shelf: Shelf
    manager: WebSocketManager
    clob: ClobService
    unresolved: Unresolved

    async def user(self, telegram_id: int = 1, cash: int = 1000) -> UserId:
        async with self.sessions.begin() as session:
            user = await rows.add_user(session, telegram_id, cash)
            await wallets.open_wallet(session, user, Account.LIVE, usdc(cash))
            return user

    async def market(self, number: int = 1) -> Market:
        one = rows.market(number)
        async with self.sessions.begin() as session:
            await rows.add_markets(session, [one])
        return one

    async def order(self, order: Order) -> Order:
        return await self.clob.order(order.id, order.ticket.user_id)

    async def look(self, seconds: float = 3.0) -> None:
        """Some time later, the orders are followed once."""
        self.time.seconds += seconds
        await self.unresolved.look()

    def restarted(self, reached: Reached = unwatched) -> "LiveDesk":
        return live_desk(self.sessions, self.time, self.venue, reached)


def live_desk(
    sessions: Sessions,
    time: Time | None = None,
    venue: ScriptedVenue | None = None,
    reached: Reached = unwatched,
    witness: Witness | None = None,
) -> LiveDesk:
    time = time or Time()
    venue = venue or ScriptedVenue(time)
    guards, manager, shelf = RecordingGuards(), WebSocketManager(), Shelf(time)
    books = FreshBooks(PriceBoard(time.clock), shelf, time.clock, time.wall)
    clob = ClobService(
        sessions,
        venue,
        books,
        manager,
        account=Account.LIVE,
        guards=guards,
        witness=witness,
        now=time.wall,
        reached=reached,
    )
    unresolved = Unresolved(sessions, clob.desk, venue, venue, clob.news, reached=reached)
    return LiveDesk(sessions, time, venue, guards, shelf, manager, clob, unresolved)


async def open_live(
    sessions: Sessions, reached: Reached = unwatched, witness: Witness | None = None
) -> tuple[LiveDesk, UserId]:
    """A desk with market 1, and a user with 1,000 USDC."""
    desk = live_desk(sessions, reached=reached, witness=witness)
    await desk.market(1)
    return desk, await desk.user()


def taking(user: UserId, spend: str, key: str = "k", worst: str = "0.50") -> Ticket:
    """A FAK buy."""
    bound = Price(Decimal(worst))
    return Ticket(user, Account.LIVE, MARKET_1, YES, Side.BUY, bound, key, usdc(spend))


def resting(
    user: UserId,
    size: str,
    key: str = "r",
    price: str = "0.40",
    side: Side = Side.BUY,
    ends: datetime | None = None,
) -> Ticket:
    """A GTC order, or with an end a GTD one."""
    plain = taking(user, "1", key, price)
    return replace(
        plain,
        side=side,
        spend=None,
        size=Size(Decimal(size)),
        kind=OrderKind.GTC if ends is None else OrderKind.GTD,
        expires_at=ends,
    )


def selling(user: UserId, size: str, key: str = "s", worst: str = "0.10") -> Ticket:
    """A FAK sell."""
    return replace(
        taking(user, "1", key, worst), side=Side.SELL, spend=None, size=Size(Decimal(size))
    )


def later(time: Time, seconds: float) -> datetime:
    return time.wall() + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Books:
    """What the database says of one user's live account."""

    cash: Decimal
    shares: Decimal
    realized: Decimal
    fills: int  # that count
    fees: Decimal


async def books_of(sessions: Sessions, user: UserId, token: TokenId = YES) -> Books:
    async with sessions() as session:
        cash = await session.scalar(
            sa.text("SELECT cash FROM wallets WHERE user_id = :u AND account = 'live'"), {"u": user}
        )
        row = (
            await session.execute(
                sa.text(
                    "SELECT coalesce(sum(amount), 0), coalesce(sum(realized_pnl), 0),"
                    " coalesce(sum(fees_paid), 0) FROM positions"
                    " WHERE user_id = :u AND token_id = :t AND account = 'live'"
                ),
                {"u": user, "t": token},
            )
        ).one()
        fills = await session.scalar(
            sa.text("SELECT count(*) FROM fills WHERE user_id = :u AND settlement <> 'failed'"),
            {"u": user},
        )
    return Books(Decimal(cash or "NaN"), row[0], row[1], fills or 0, row[2])


async def scalar(sessions: Sessions, query: str) -> object:
    async with sessions() as session:
        return await session.scalar(sa.text(query))
