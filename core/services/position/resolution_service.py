"""Markets that end: what the venue says of them is kept, and results are paid, once."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.drift import CashMove, CashMoveKind
from core.domain.ledger import Fill
from core.domain.market import Market
from core.domain.notice import MarketEnded, Paid
from core.domain.position import Position, PositionStatus, apply_fill
from core.domain.resolution import (
    Resolution,
    payout_fill,
    payout_key,
    resolution_of,
)
from core.domain.units import MarketId, UserId, usdc
from core.services.clock import utc_now
from core.services.milestones import Milestone, Reached, unwatched
from core.services.outbox import Outbox
from core.services.position.bookkeeping import book
from core.services.websocket_manager import WebSocketManager
from core.storage import catalogue as stored_catalogue
from core.storage import fills as ledger
from core.storage import markets as stored_markets
from core.storage import positions, wallets
from core.storage import reconciliation as compared
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Payment:
    """A position and the fill that ends it."""

    position: Position
    fill: Fill

    @property
    def told(self) -> Paid:
        fill = self.fill
        return Paid(
            account=fill.account,
            outcome=fill.outcome,
            shares=fill.size,
            payout=fill.price,
            value=fill.value,
            profit=apply_fill(self.position.holding, fill).realized_pnl,
        )


class ResolutionService:
    """Takes over what has become of held markets, and turns shares of resolved ones into money."""

    def __init__(
        self,
        sessions: Sessions,
        manager: WebSocketManager,
        outbox: Outbox,
        *,
        now: Callable[[], datetime] = utc_now,
        reached: Reached = unwatched,
    ) -> None:
        self._sessions = sessions
        self._manager = manager
        self._outbox = outbox
        self._now = now
        self._reached = reached

    async def held_markets(self) -> list[MarketId]:
        """Where anybody holds anything."""
        async with as_worker(self._sessions) as session:
            held = await positions.held_markets(session)
        return sorted({market_id for _, market_id in held})

    async def take_over(self, found: Sequence[Market]) -> int:
        """Keep what the venue says of these markets; how many positions of resolved ones were paid.

        Done twice, or by two at once, it changes nothing more.
        """
        going = [market for market in found if not market.is_closed]
        if going:
            async with as_worker(self._sessions) as session:
                await stored_catalogue.upsert(session, going, self._now())
        paid = 0
        for market in found:
            if market.is_closed:
                await self._keep(market)
                paid += await self._pay(market)
        return paid

    async def _keep(self, market: Market) -> None:
        """With nothing else locked, a busy row is waited for: an end must not be missed."""
        async with as_worker(self._sessions) as session:
            await stored_markets.lock(session, market.id)
            await stored_catalogue.upsert(session, [market], self._now())

    async def _pay(self, market: Market) -> int:
        """One user whose rows cannot be written keeps nobody else waiting.

        Raises: SQLAlchemyError, after all have had their turn.
        """
        resolution = resolution_of(market)
        if resolution is None:
            return 0
        async with as_worker(self._sessions) as session:
            held = await positions.held_in(session, market.id)
        paid, fault = 0, None
        for user_id, theirs in groupby(held, key=lambda position: position.user_id):
            try:
                paid += await self._pay_user(market, resolution, user_id, list(theirs))
            except SQLAlchemyError as error:
                fault = error
        if fault is not None:
            raise fault
        return paid

    async def _pay_user(
        self, market: Market, resolution: Resolution, user_id: UserId, held: Sequence[Position]
    ) -> int:
        """Ledger, positions, cash and notice in one transaction; then nobody needs the prices."""
        async with as_worker(self._sessions) as session:
            for account in sorted({position.account for position in held}):
                await wallets.lock(session, user_id, account)
            ended = [await self._end(session, resolution, position) for position in held]
            payments = [payment for payment in ended if payment is not None]
            if payments:
                await self._outbox.write_down(session, user_id, *_notice(market, payments))
        if payments:
            self._reached(Milestone.RESULT_BOOKED)
        await self._manager.unsubscribe_market_for_user(user_id, market.id)
        if payments:
            self._outbox.news.set()
            _log(market, user_id, payments)
        return len(payments)

    async def _end(
        self, session: AsyncSession, resolution: Resolution, known: Position
    ) -> _Payment | None:
        """None for a position that has ended meanwhile, or has nothing to be paid for."""
        position = await positions.lock(session, known.id)
        payout = resolution.payout_of(known.token_id)
        if position is None or position.status is not PositionStatus.ACTIVE or payout is None:
            return None
        now = self._now()
        if position.holding.amount == 0:  # a row from outside; the ledger keeps no empty fills
            status = PositionStatus.RESOLVED
            await positions.save(session, position.id, position.holding, payout, now, status)
            return None
        key = payout_key(position.market_id, position.token_id)
        paid_before = await ledger.known_keys(session, position.user_id, position.account, [key])
        fill = payout_fill(position, payout, now, is_repeated=bool(paid_before))
        await book(session, [fill], payout)
        if fill.account is Account.LIVE:
            await _await_redemption(session, fill)
        return _Payment(position, fill)


async def _await_redemption(session: AsyncSession, fill: Fill) -> None:
    """The venue pays a result when it is redeemed: until then it is profit, and no cash."""
    waits = CashMove(CashMoveKind.REDEEM, usdc(-fill.cash_change))
    is_new = waits.amount and await compared.add_move(
        session, fill.user_id, waits, f"waits:{fill.event_key}"
    )
    if is_new:
        await wallets.move_cash(session, fill.user_id, fill.account, waits.amount)


def _notice(market: Market, payments: Sequence[_Payment]) -> tuple[str, MarketEnded]:
    """Its key and what it says: one notice for all that was paid to a user at once."""
    first = min(payment.position.id for payment in payments)
    told = tuple(payment.told for payment in payments)
    return (
        f"resolution:{market.id}:{first}",
        MarketEnded(market.id, market.question, market.resolved_outcome, told),
    )


def _log(market: Market, user_id: UserId, payments: Iterable[_Payment]) -> None:
    for payment in payments:
        fill = payment.fill
        logger.info(
            "Position resolved",
            extra={
                "user_id": user_id,
                "market_id": market.id,
                "position_id": payment.position.id,
                "account": fill.account.value,
                "size": str(fill.size),
                "payout": str(fill.price),
            },
        )
