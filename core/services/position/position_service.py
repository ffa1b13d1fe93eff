"""Positions: opened, closed, looked at, rebuilt from the ledger."""

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.amounts import MAX_AMOUNT
from core.domain.book import Side
from core.domain.drift import CashMoveKind
from core.domain.errors import InvalidQuantity, NotFound, NoWallet
from core.domain.ledger import Fill
from core.domain.market import Market, Outcome
from core.domain.order import Order, Ticket
from core.domain.position import ENTRY_STEP, Position, shares_of
from core.domain.sentences import worded
from core.domain.units import (
    MICRO,
    ZERO,
    MarketId,
    PositionId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
    usdc,
)
from core.domain.views import Portfolio, PositionView
from core.services.clob.clob_service import ClobService
from core.services.clock import utc_now
from core.services.position.bookkeeping import book
from core.services.position.held_wishes import HeldWishes
from core.services.position.position_views import Stored, views_of
from core.services.position.rebuilding import rebuild_position
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage import fills, markets, positions, wallets
from core.storage import reconciliation as compared
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

__all__ = ["Portfolio", "PositionService", "PositionView"]

logger = logging.getLogger(__name__)


def new_key() -> str:
    return secrets.token_urlsafe(12)


class PositionService:
    """What people hold. It sells through `orders` like everybody else."""

    def __init__(
        self,
        sessions: Sessions,
        board: PriceBoard,
        manager: WebSocketManager,
        orders: ClobService,
        *,
        account: Account = Account.PAPER,
        now: Callable[[], datetime] = utc_now,
        key: Callable[[], str] = new_key,
    ) -> None:
        self._sessions = sessions
        self._board = board
        self._wishes = HeldWishes(sessions, manager)
        self._orders = orders
        self._account = account
        self._now = now
        self._key = key

    async def create_position(  # noqa: PLR0913 - a holding has that many sides; all by name
        self,
        user_id: UserId,
        market_id: MarketId,
        *,
        token_id: TokenId | None = None,
        outcome: str | None = None,
        size: Size,
        price: Price,
        fee: Usdc = Usdc(ZERO),
        account: Account | None = None,
        event_key: str | None = None,
    ) -> Position:
        """Book an opening fill and give the position it leads to.

        The outcome is named by token or name, else it is the first. It is paid from the wallet,
        if the user has one. A known `event_key` books nothing.
        Raises: NotFound, InvalidQuantity, InsufficientBalance.
        """
        _check(size, price, fee)
        account = account or self._account
        async with as_worker(self._sessions) as session:
            market = await markets.by_id(session, market_id)
            chosen = _outcome(market, token_id, outcome)
            fill = Fill(
                event_key=event_key or f"opening:{self._key()}",
                user_id=user_id,
                account=account,
                market_id=market_id,
                token_id=chosen.token,
                outcome=chosen.name,
                side=Side.BUY,
                size=size,
                price=price,
                fee=fee,
                at=self._now(),
            )
            await book(session, [fill], self._shown(chosen.token))
            position = await positions.lock_active(session, user_id, account, chosen.token)
        if position is None:
            raise NotFound("This opening was booked before, and its position is closed.")
        await self._wishes.bought(user_id, market_id)
        return position

    async def close_position(
        self,
        position_id: PositionId,
        percent: Decimal | int = 100,
        user_id: UserId | None = None,
    ) -> Order:
        """Sell `percent` of the position at the market.

        Raises: NotFound, NotEnoughShares if it is closed, and what `ClobService` raises.
        """
        if not 0 < percent <= 100:  # noqa: PLR2004 - a hundred percent
            raise InvalidQuantity("A percentage lies between 0 and 100.")
        position = await self.get_position(position_id, user_id)
        size = shares_of(position.holding, Decimal(percent))
        quote = await self._orders.quote_sell(position.user_id, position_id, size)
        return await self._orders.place_order(
            Ticket(
                user_id=position.user_id,
                account=position.account,
                market_id=position.market_id,
                token_id=position.token_id,
                side=Side.SELL,
                worst_price=quote.worst_price,
                key=f"close:{self._key()}",
                size=size,
            )
        )

    async def get_position(
        self, position_id: PositionId, user_id: UserId | None = None
    ) -> Position:
        """As stored. Raises: NotFound, also for somebody else's if `user_id` is given."""
        async with as_worker(self._sessions) as session:
            return await _existing(session, position_id, user_id)

    async def view(self, position_id: PositionId, user_id: UserId) -> PositionView:
        """At the newest price. Raises: NotFound."""
        async with as_user(self._sessions, user_id) as session:
            position = await _existing(session, position_id, user_id)
            stored = await _around(session, [position])
        return views_of(stored, self._board, self._now())[0]

    async def in_market(self, user_id: UserId, market_id: MarketId) -> tuple[PositionView, ...]:
        """The user's active positions in one market, at the newest price."""
        async with as_user(self._sessions, user_id) as session:
            held = await positions.active(session, user_id, self._account, market_id)
            stored = await _around(session, held)
        return views_of(stored, self._board, self._now())

    async def held(self, user_id: UserId) -> tuple[Position, ...]:
        """The user's active positions, as stored."""
        async with as_user(self._sessions, user_id) as session:
            return tuple(await positions.active(session, user_id, self._account))

    async def portfolio(self, user_id: UserId) -> Portfolio:
        """Everything the user has, at the newest prices.

        Raises: NoWallet.
        """
        async with as_user(self._sessions, user_id) as session:
            cash = await wallets.cash(session, user_id, self._account)
            realized = await positions.realized_pnl(session, user_id, self._account)
            held = await positions.active(session, user_id, self._account)
            stored = await _around(session, held)
            claimable = await self._claimable(session, user_id)
        if cash is None:
            raise NoWallet(self._account)
        views = views_of(stored, self._board, self._now())
        value = usdc(sum((_value(view.position) for view in views), ZERO))
        return Portfolio(
            positions=views,
            cash=cash,
            value=value,
            unrealized=usdc(sum((view.position.pnl_amount for view in views), ZERO)),
            realized=usdc(realized),
            total=usdc(cash + value + claimable),
            claimable=claimable,
        )

    async def held_markets(self) -> list[tuple[UserId, MarketId]]:
        """Who holds what, for the wishes at the start: rows put in from outside count."""
        async with as_worker(self._sessions) as session:
            return await positions.held_markets(session)

    async def rebuild(self, user_id: UserId | None = None) -> int:
        """Fold the ledger again; how many positions were not as it says, and are now.

        One transaction a position. Rows without fills, put in from outside, are left alone.
        """
        async with as_worker(self._sessions) as session:
            known = await fills.positions_with_fills(session, user_id)
        mended = 0
        for position_id in known:
            async with as_worker(self._sessions) as session:
                mended += await rebuild_position(session, position_id)
        logger.info("Positions rebuilt from the ledger: %s, mended: %s", len(known), mended)
        return mended

    async def _claimable(self, session: AsyncSession, user_id: UserId) -> Usdc:
        """Results that are booked, and that the venue pays out when they are claimed."""
        if self._account is not Account.LIVE:
            return Usdc(ZERO)
        moved = await compared.moved(session, user_id)
        return usdc(max(-moved.get(CashMoveKind.REDEEM, ZERO), ZERO))

    def _shown(self, token: TokenId) -> Price | None:
        quote = self._board.quote(token)
        return None if quote is None else quote.price


async def _existing(
    session: AsyncSession, position_id: PositionId, user_id: UserId | None
) -> Position:
    position = await positions.by_id(session, position_id, user_id)
    if position is None:
        raise NotFound("There is no such position.")
    return position


async def _around(session: AsyncSession, held: Sequence[Position]) -> Stored:
    ids = list({position.market_id for position in held})
    live = [position.id for position in held if position.account is Account.LIVE]
    return Stored(
        held,
        await markets.by_ids(session, ids),
        await markets.price_times(session, ids),
        await fills.unsettled(session, live),
    )


def _outcome(market: Market, token: TokenId | None, name: str | None) -> Outcome:
    if token is not None:
        return market.outcome_of(token)
    if name is None:
        return market.outcomes[0]
    for outcome in market.outcomes:
        if outcome.name.casefold() == name.casefold():
            return outcome
    raise NotFound(worded("This market has no outcome {name}.", name=repr(name[:40])))


def _check(size: Size, price: Price, fee: Usdc) -> None:
    """Raises: InvalidQuantity for what the ledger could not keep exactly."""
    if not (size.is_finite() and 0 < size <= MAX_AMOUNT and size == size.quantize(MICRO)):
        raise InvalidQuantity("A holding is more than 0 shares, with at most 6 decimals.")
    if not (price.is_finite() and 0 <= price <= 1 and price == price.quantize(ENTRY_STEP)):
        raise InvalidQuantity("A price lies between 0 and 1.")
    if not (fee.is_finite() and 0 <= fee <= MAX_AMOUNT and fee == fee.quantize(MICRO)):
        raise InvalidQuantity("A fee is not negative, and has at most 6 decimals.")


def _value(position: Position) -> Usdc:
    if position.current_price is None:
        return Usdc(ZERO)
    return usdc(position.holding.amount * position.current_price)
