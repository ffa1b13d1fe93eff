"""A guarded account for tests: real Postgres and a board; what is outside is told by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import PolycoolError
from core.domain.market import Market, Source
from core.domain.order import Order, OrderHash, OrderStatus, Origin, SignedPayload, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.price import PriceState, Quote, shown_price
from core.domain.risk import Limits, automation_key
from core.domain.units import OrderId, Price, Size, TokenId, Usdc, UserId
from core.services.price_board import PriceBoard
from core.services.risk.breakers import Breakers
from core.services.risk.guards import Guards
from core.services.risk.kill_switch import KillSwitch
from core.services.risk.outside import Conditions, RiskRules
from core.services.risk.repairing import Repair
from core.storage import orders, signed_orders
from core.storage.models import OrderRow, Sessions
from core.storage.tenancy import as_user
from tests.support import rows
from tests.support.trading import ASKS, BIDS, YES, Levels, Time, book_of

LIMITS = Limits(Decimal(100), Decimal(250), Decimal(500), 20, Decimal(2000))
RULES = RiskRules(LIMITS, Decimal(5), Decimal(10))


@dataclass
class Outside:
    """Everything that the guards ask or tell."""

    disk: float = 50.0
    unhealthy: set[UserId] = field(default_factory=set)
    unclear: set[UserId] = field(default_factory=set)
    fenced: PolycoolError | None = None
    alarms: list[tuple[UserId | None, str]] = field(default_factory=list)
    noted: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    cancelled: list[OrderId] = field(default_factory=list)
    cancel_fault: PolycoolError | None = None

    def refuse(self, epoch: int) -> None:
        assert epoch >= 0
        if self.fenced is not None:
            raise self.fenced

    async def raised(
        self,
        session: AsyncSession,
        user: UserId | None,
        sentence: str,
        *,
        is_breaker: bool = False,
        is_for_owner: bool = False,
    ) -> None:
        assert session.in_transaction()
        assert is_breaker or is_for_owner or user is None
        self.alarms.append((user, sentence))

    async def is_clear(self, session: AsyncSession, user: UserId, account: Account) -> bool:
        assert session.in_transaction()
        return account is not Account.LIVE or user not in self.unclear

    async def note(
        self,
        session: AsyncSession,
        actor: str,
        what: str,
        details: Mapping[str, object],
        *,
        user: UserId | None = None,
    ) -> None:
        assert session.in_transaction()
        assert user is None or isinstance(user, int)
        self.noted.append((actor, what, dict(details)))


@dataclass
class Guarded:
    """The guards around one market, and orders that pass them."""

    sessions: Sessions
    time: Time
    board: PriceBoard
    outside: Outside
    breakers: Breakers
    guards: Guards
    market: Market

    @property
    def repair(self) -> Repair:
        return Repair(self.sessions, self.guards, self.outside, now=self.time.wall)

    @property
    def switch(self) -> KillSwitch:
        return KillSwitch(self.sessions, self, self.outside, now=self.time.wall)

    async def user(self, telegram_id: int = 1, cash: int = 1000) -> UserId:
        """With the same cash on paper and live."""
        async with self.sessions.begin() as session:
            user = await rows.add_user(session, telegram_id, cash)
            await session.execute(
                sa.text(
                    "INSERT INTO wallets (user_id, account, cash, starting_cash)"
                    " VALUES (:user, 'live', :cash, :cash)"
                ),
                {"user": user, "cash": cash},
            )
        return user

    async def place(self, ticket: Ticket) -> Order:
        """Record and claim, as the order service does in one transaction."""
        async with as_user(self.sessions, ticket.user_id) as session:
            order, _ = await orders.record(session, ticket, "Yes", self.time.wall())
            await self.guards.claim(session, order, self.market)
        return order

    async def send(self, order: Order) -> Order:
        """Sign, and look at the switches in the same transaction."""
        async with as_user(self.sessions, order.ticket.user_id) as session:
            current = await orders.lock(session, order.id)
            await self.guards.free_to_send(session, current)
            now = self.time.wall()
            signed = SignedPayload(OrderHash(f"0x{order.id:064x}"), order.id, 0, b"{}", now)
            moved = await signed_orders.add(session, current, signed, now)
            await self.guards.settle(session, moved)
        return moved

    async def becomes(self, order: Order, status: OrderStatus, **values: Decimal) -> Order:
        """The order after news of it: its state, and columns such as `filled_size`."""
        async with as_user(self.sessions, order.ticket.user_id) as session:
            await orders.lock(session, order.id)
            told = {"status": status, **values}
            await session.execute(sa.update(OrderRow).where(OrderRow.id == order.id).values(told))
            session.expire_all()
            current = await orders.lock(session, order.id)
            await self.guards.settle(session, current)
        return current

    async def cancel_order(self, order_id: OrderId, user_id: UserId) -> Order:
        if self.outside.cancel_fault is not None:
            raise self.outside.cancel_fault
        async with self.sessions.begin() as session:
            order = await orders.lock(session, order_id)
        assert order.ticket.user_id == user_id
        self.outside.cancelled.append(order_id)
        return await self.becomes(order, OrderStatus.CANCELLED)

    def stream(
        self, bids: Levels = BIDS, asks: Levels = ASKS, token: TokenId = YES, late: float = 0.0
    ) -> None:
        """`late`: seconds ago its frame was received."""
        self._publish(bids, asks, token, Source.WS, late)
        self.board.set_state(token, PriceState.LIVE)

    def poll(self, bids: Levels = BIDS, asks: Levels = ASKS, token: TokenId = YES) -> None:
        self._publish(bids, asks, token, Source.POLL)
        self.board.set_state(token, PriceState.POLLED)

    def _publish(
        self, bids: Levels, asks: Levels, token: TokenId, source: Source, late: float = 0.0
    ) -> None:
        book = book_of(token, bids, asks)
        shown = shown_price(book.best_bid, book.best_ask, None)
        received = self.time.clock() - late
        self.board.publish(
            Quote(token, shown, book.best_bid, book.best_ask, None, source, received, None, book)
        )

    async def sums(self, user: UserId, account: Account = Account.LIVE) -> tuple[object, ...]:
        """Open orders, reserved cash, bought today."""
        query = sa.text(
            "SELECT open_orders, reserved, day_value FROM risk_accounts"
            " WHERE user_id = :user AND account = :account"
        )
        async with self.sessions() as session:
            found = await session.execute(query, {"user": user, "account": account.value})
            return tuple(found.one_or_none() or ())

    async def holdings(self, user: UserId, amount: str, token: TokenId = YES) -> None:
        """Shares that the user's live account holds."""
        async with self.sessions.begin() as session:
            position = await rows.add_position(session, user, self.market, token, amount, "0.5")
            await session.execute(
                sa.text("UPDATE positions SET account = 'live' WHERE id = :id"), {"id": position}
            )


async def guarded(sessions: Sessions, rules: RiskRules = RULES) -> Guarded:
    """One market, without a fee, that streams."""
    time, outside = Time(), Outside()
    board = PriceBoard(time.clock)
    conditions = Conditions(
        board,
        outside,
        is_heartbeat_healthy=lambda user: user not in outside.unhealthy,
        is_clear=outside.is_clear,
        free_disk=lambda: outside.disk,
    )
    breakers = Breakers(sessions, rules, outside, outside, now=time.wall)
    guards = Guards(rules, conditions, breakers, now=time.wall)
    one = replace(rows.market(), fees=replace(rows.market().fees, rate=Decimal(0)))
    async with sessions.begin() as session:
        await rows.add_markets(session, [one])
    desk = Guarded(sessions, time, board, outside, breakers, guards, one)
    desk.stream()
    return desk


async def seller(sessions: Sessions) -> tuple[Guarded, UserId]:
    """A desk, and somebody with 100 shares to sell."""
    desk = await guarded(sessions)
    user = await desk.user()
    await desk.holdings(user, "100")
    return desk, user


def bid(
    user: UserId,
    spend: str = "10",
    key: str = "k",
    *,
    account: Account = Account.LIVE,
    origin: Origin = Origin.PERSON,
    kind: OrderKind = OrderKind.FAK,
    worst: str = "0.52",
) -> Ticket:
    """A buy of Yes."""
    money, bound = Decimal(spend), Price(Decimal(worst))
    return Ticket(
        user_id=user,
        account=account,
        market_id=rows.market().id,
        token_id=YES,
        side=Side.BUY,
        worst_price=bound,
        key=_key(key, Side.BUY, origin),
        spend=None if kind.rests else Usdc(money),
        size=Size(money / bound) if kind.rests else None,
        kind=kind,
        origin=origin,
    )


def ask(
    user: UserId,
    size: str = "10",
    key: str = "k",
    *,
    origin: Origin = Origin.PERSON,
    kind: OrderKind = OrderKind.FAK,
    worst: str = "0.48",
) -> Ticket:
    """A sale of Yes."""
    return Ticket(
        user_id=user,
        account=Account.LIVE,
        market_id=rows.market().id,
        token_id=YES,
        side=Side.SELL,
        worst_price=Price(Decimal(worst)),
        key=_key(key, Side.SELL, origin),
        size=Size(Decimal(size)),
        kind=kind,
        origin=origin,
    )


def _key(key: str, side: Side, origin: Origin) -> str:
    is_automated = origin in {Origin.AUTOMATION, Origin.PROTECTION}
    return automation_key(rows.market().id, side, key) if is_automated else key
