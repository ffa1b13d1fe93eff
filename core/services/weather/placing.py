"""Places what was decided: one order key a user, market, forecast and side."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import EmptyBook, MarketClosed, OutcomeUnknown, Rejected, Unavailable
from core.domain.order import Order as PlacedOrder
from core.domain.order import Origin, Ticket
from core.domain.reservation import farthest_bound
from core.domain.risk import automation_key
from core.domain.sentences import mark
from core.domain.units import ZERO, MarketId, Price
from core.domain.weather.deciding import Offer, Order, Refusal
from core.domain.weather.decision import Action, Moments, Skip
from core.services.clock import utc_now
from core.services.weather.decision_log import DecisionLog
from core.services.weather.grounds import Basis, Chance, on_record, outcome_of
from core.services.weather.ports import Desk
from core.services.weather.watching import Own
from core.storage import orders
from core.storage.models import Sessions
from core.storage.tenancy import as_user

NO_DESK: Final = mark("This Polycool trades practice money only now.")
SOON: Final = 0.5  # seconds before the same is decided on again, where prices may change that
LATER: Final = 20.0
SOON_OVER: Final = frozenset(
    {
        Skip.NO_EDGE,
        Skip.NO_MARKET,
        Skip.NOT_LIVE,
        Skip.DIVERGENT,
        Skip.TOO_CHEAP,
        Skip.TOO_DEAR,
        Skip.NO_FILL,
        Skip.ORDER_OUT,
        Skip.COOLDOWN,
        Skip.NO_STAKE,
        Skip.TOO_SMALL,
    }
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of sending it: an order, or why there is none that filled."""

    order: PlacedOrder | None
    skip: Skip | None = None
    why: str = ""


@dataclass(slots=True)
class _Leaving:
    """When the order left for the exchange; never, if it was placed before or refused here."""

    now: Callable[[], datetime]
    at: datetime | None = None

    def __call__(self) -> None:
        self.at = self.now()


class Placer:
    """Orders, and puts on record what came of it. Both give the seconds until the next look."""

    def __init__(
        self,
        sessions: Sessions,
        desks: Mapping[Account, Desk],
        log: DecisionLog,
        slippage_percent: Decimal,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._desks = desks
        self._log = log
        self._slippage = slippage_percent
        self._clock = clock
        self._now = now

    def skip(
        self, chance: Chance, account: Account, basis: Basis | None, refusal: Refusal
    ) -> float:
        blend = None if basis is None else basis.blend
        self._log.note(on_record(chance, account, blend, refusal, self._now()))
        return _pause_after(refusal.skip)

    async def place(self, basis: Basis, own: Own, found: Order) -> float:
        """A key is used for good: who finds it in use has ordered this before, perhaps before a
        restart.
        """
        ticket, desk = self._ticket(basis, found), self._desks.get(basis.account)
        if desk is None:
            refusal = Refusal(Skip.REFUSED, found.offer, found.edge, NO_DESK)
            return self.skip(basis.chance, basis.account, basis, refusal)
        own.spent.add(key_of(basis, found.offer, found.side))
        self._announce(basis, found)
        own.ordered_at, own.ordered_on = self._clock(), basis.chance.version.number
        decided, left = self._now(), _Leaving(self._now)
        answer = await _answer(desk, ticket, left)
        if answer.order is not None and left.at is None:
            own.ordered_at = None
            refusal = Refusal(Skip.SAME_FORECAST, found.offer, found.edge)
            return self.skip(basis.chance, basis.account, basis, refusal)
        answered = None if left.at is None else self._now()
        moments = Moments(basis.chance.received_at, decided, left.at, answered)
        if answer.order is None:
            answer = replace(answer, order=await self._recorded(ticket))
        if answer.order is None:  # nothing was recorded: it may be asked for again
            own.spent.discard(key_of(basis, found.offer, found.side))
            own.ordered_at = None
        return self._conclude(basis, found, answer, moments)

    def _conclude(self, basis: Basis, found: Order, answer: _Answer, moments: Moments) -> float:
        decision = on_record(basis.chance, basis.account, basis.blend, found, moments.decided)
        self._log.note(
            replace(
                decision,
                action=Action.BUY if found.side is Side.BUY else Action.REDUCE,
                skip=answer.skip,
                detail=answer.why,
                moments=moments,
                order_id=None if answer.order is None else answer.order.id,
            )
        )
        if answer.skip is not None:
            logger.info("No weather order for %s: %s", decision.outcome, answer.why)
            return _pause_after(answer.skip)
        if answer.order is not None:
            took = (self._clock() - basis.chance.received) * 1000
            _log_placed(answer.order, decision.outcome, took)
        return SOON

    async def _recorded(self, ticket: Ticket) -> PlacedOrder | None:
        user = ticket.user_id
        try:
            async with as_user(self._sessions, user) as session:
                return await orders.by_key(session, user, ticket.account, ticket.key)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("An order's row cannot be read: %s", type(fault).__name__)
            return None

    def _ticket(self, basis: Basis, found: Order) -> Ticket:
        """Sales only ever reduce what is held, so they pass where protective sales do."""
        offer, side = found.offer, found.side
        event = basis.chance.watched.candidate.event.event_id
        cause = f"forecast:{event}:{basis.chance.version.number}"
        ticket = Ticket(
            user_id=basis.chance.user,
            account=basis.account,
            market_id=offer.market_id,
            token_id=offer.token_id,
            side=side,
            worst_price=found.worst,
            key=automation_key(offer.market_id, side, cause),
            spend=found.spend,
            size=found.size,
            origin=Origin.AUTOMATION if side is Side.BUY else Origin.PROTECTION,
        )
        if side is Side.SELL:
            return ticket
        bound = farthest_bound(ticket, offer.levels, self._slippage, offer.tick)
        worst = found.worst if bound is None else Price(min(found.worst, bound))
        return replace(ticket, worst_price=worst)

    def _announce(self, basis: Basis, found: Order) -> None:
        offer = found.offer
        logger.info(
            "REAL-TIME EDGE DETECTED: %s, forecast %.1f %%, market %.1f %%, edge %.3f",
            outcome_of(basis.chance.watched, offer),
            100 * offer.belief.chance,
            100 * float(found.walk.average_price or ZERO),
            found.edge.cautious,
            extra={"user_id": basis.chance.user, "market_id": offer.market_id},
        )


def key_of(basis: Basis, offer: Offer, side: Side) -> tuple[Account, MarketId, Side, int]:
    return basis.account, offer.market_id, side, basis.chance.version.number


def _pause_after(skip: Skip) -> float:
    return SOON if skip in SOON_OVER else LATER


async def _answer(desk: Desk, ticket: Ticket, left: _Leaving) -> _Answer:
    try:
        return _Answer(await desk.place_order(ticket, leaving=left))
    except EmptyBook as fault:
        return _Answer(None, Skip.NO_FILL, str(fault))
    except MarketClosed as fault:
        return _Answer(None, Skip.CLOSED, str(fault))
    except OutcomeUnknown as fault:
        return _Answer(None, Skip.NO_ANSWER, str(fault))
    except (Rejected, Unavailable) as fault:
        return _Answer(None, Skip.REFUSED, str(fault))


def _log_placed(order: PlacedOrder, outcome: str, took: float) -> None:
    ticket = order.ticket
    logger.info(
        "Order placed: %s %s, %s shares, %.1f ms since the tick",
        ticket.side.value,
        outcome,
        order.filled_size,
        took,
        extra={"user_id": ticket.user_id, "order_id": order.id, "ms": round(took, 1)},
    )
