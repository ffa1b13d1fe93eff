"""A trading desk for tests: real Postgres, board, services and paper exchange; scripted books."""
# ruff: noqa: ARG002 - the signatures are the ports'

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Book, Side
from core.domain.errors import PolycoolError, Unavailable
from core.domain.market import Market, Source
from core.domain.order import Order, SignedPayload, Ticket
from core.domain.price import PriceState, Quote, shown_price
from core.domain.reports import OrderReport
from core.domain.units import MarketId, Price, Size, TokenId, Usdc, UserId
from core.ports import BookSnapshot, Exchange, Execution
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.position.position_service import PositionService
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from infrastructure.paper.paper_exchange import PaperExchange
from tests.support import rows

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
Levels = Sequence[tuple[str, str]]  # (price, size)
MARKET_1, YES, NO = MarketId("1"), TokenId("11"), TokenId("12")
ASKS: Levels = (("0.50", "10"), ("0.52", "5000"))
BIDS: Levels = (("0.48", "10"), ("0.45", "5000"))


@dataclass
class Time:
    """Both clocks of a test; they pass only when told to."""

    seconds: float = 0.0

    def clock(self) -> float:
        return 1_000.0 + self.seconds

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@dataclass
class Shelf:
    """A `PriceSource` whose books the test puts there. `slowness`: seconds an answer takes."""

    time: Time
    snapshots: dict[TokenId, BookSnapshot] = field(default_factory=dict)
    fault: Unavailable | None = None
    slowness: float = 0.0
    asked: list[TokenId] = field(default_factory=list)

    async def books(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        self.asked += tokens
        self.time.seconds += self.slowness
        if self.fault is not None:
            raise self.fault
        return [self.snapshots[token] for token in tokens if token in self.snapshots]

    def put(
        self, token: TokenId, bids: Levels = (), asks: Levels = (), last: str | None = None
    ) -> None:
        traded = None if last is None else Price(Decimal(last))
        self.snapshots[token] = BookSnapshot(book_of(token, bids, asks), traded, None, None, None)


@dataclass
class Desk:
    """Everything that trades, wired as the application does it."""

    sessions: Sessions
    time: Time
    shelf: Shelf
    board: PriceBoard
    books: FreshBooks
    manager: WebSocketManager
    clob: ClobService
    positions: PositionService

    def stream(
        self, token: TokenId, bids: Levels = (), asks: Levels = (), last: str | None = None
    ) -> None:
        """The socket brought this book, and the token is live."""
        book = book_of(token, bids, asks)
        traded = None if last is None else Price(Decimal(last))
        self.board.publish(
            Quote(
                token=token,
                price=shown_price(book.best_bid, book.best_ask, traded),
                bid=book.best_bid,
                ask=book.best_ask,
                last_trade=traded,
                source=Source.WS,
                received=self.time.clock(),
                at=self.time.wall(),
                book=book,
            )
        )
        self.board.set_state(token, PriceState.LIVE)

    async def user(self, telegram_id: int = 1, cash: int = 1000) -> UserId:
        async with self.sessions.begin() as session:
            return await rows.add_user(session, telegram_id, cash)

    async def market(self, number: int = 1) -> Market:
        one = rows.market(number)
        async with self.sessions.begin() as session:
            await rows.add_markets(session, [one])
        return one


def desk_of(sessions: Sessions, exchange: Exchange | None = None) -> Desk:
    """`exchange` instead of the paper exchange, if given."""
    time, manager = Time(), WebSocketManager()
    board, shelf = PriceBoard(time.clock), Shelf(time)
    books = FreshBooks(board, shelf, time.clock, time.wall)
    clob = ClobService(sessions, exchange or PaperExchange(books), books, manager, now=time.wall)
    positions = PositionService(sessions, board, manager, clob, now=time.wall)
    return Desk(sessions, time, shelf, board, books, manager, clob, positions)


def book_of(token: TokenId, bids: Levels, asks: Levels) -> Book:
    book = Book(token)
    book.replace(bids, asks)
    return book


def usdc(text: str | int) -> Usdc:
    return Usdc(Decimal(text))


class ScriptedExchange:
    """Answers what it is told to, and remembers what it was asked. It signs nothing."""

    def __init__(self, answer: Execution | PolycoolError) -> None:
        self.answer = answer
        self.seen: list[Order] = []

    async def get_ready(self, user: UserId) -> None:
        """Nothing is needed."""

    async def prepare(self, order: Order, market: Market) -> SignedPayload | None:
        return None

    async def place(self, order: Order, market: Market, signed: SignedPayload | None) -> Execution:
        assert market.id == order.ticket.market_id
        return self._answer(order)

    async def cancel(self, order: Order, signed: SignedPayload | None) -> Execution:
        return self._answer(order)

    async def look_up(self, order: Order, signed: SignedPayload) -> OrderReport | None:
        return None

    def _answer(self, order: Order) -> Execution:
        self.seen.append(order)
        if isinstance(self.answer, PolycoolError):
            raise self.answer
        return self.answer


def buy(
    user: UserId, spend: str, key: str = "k", *, worst: str = "0.99", token: TokenId = YES
) -> Ticket:
    bound = Price(Decimal(worst))
    return Ticket(user, Account.PAPER, MARKET_1, token, Side.BUY, bound, key, usdc(spend))


def sell(user: UserId, size: str, key: str, token: TokenId = YES) -> Ticket:
    bound, shares = Price(Decimal("0.01")), Size(Decimal(size))
    return Ticket(user, Account.PAPER, MARKET_1, token, Side.SELL, bound, key, None, shares)


async def opened(sessions: Sessions, cash: int = 1000) -> tuple[Desk, UserId]:
    """A desk with market 1 streaming, and a user with cash."""
    desk = desk_of(sessions)
    await desk.market(1)
    desk.stream(YES, BIDS, ASKS)
    return desk, await desk.user(cash=cash)


async def cash_of(sessions: Sessions, user: UserId) -> Decimal:
    async with sessions() as session:
        query = sa.text("SELECT cash FROM wallets WHERE user_id = :user")
        return Decimal(await session.scalar(query, {"user": user}) or "NaN")


async def counts(sessions: Sessions) -> tuple[int, int, int]:
    """Orders, fills, positions."""
    async with sessions() as session:
        return (
            await _count(session, "orders"),
            await _count(session, "fills"),
            await _count(session, "positions"),
        )


async def _count(session: AsyncSession, table: str) -> int:
    return await session.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0
