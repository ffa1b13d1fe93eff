"""Refusals by what is around an order: the disk, the heartbeat, the reconciliation, the price."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Level, Side
from core.domain.market import Market
from core.domain.order import Origin, Ticket
from core.domain.price import PriceState, Quote, Reading
from core.domain.refusals import (
    DiskFull,
    HeartbeatLost,
    NotReconciled,
    PriceNotTrusted,
    PriceOutOfReach,
)
from core.domain.reservation import farthest_bound
from core.domain.sentences import mark, worded
from core.domain.units import Price, Size
from core.services.risk.outside import Conditions, RiskRules

NOBODY_SELLS: Final = mark(
    "Nobody sells this outcome right now, so nothing was ordered. A limit order can wait for "
    "somebody."
)
NOBODY_BUYS: Final = mark(
    "Nobody buys this outcome right now, so nothing was ordered. A limit order can wait for "
    "somebody."
)
PAYS_TOO_MUCH: Final = mark(
    "This order would pay up to {limit}; with {percent} % of slippage {bound} is as far as it "
    "needs to go now. Look at the price again and order anew."
)
SELLS_TOO_LOW: Final = mark(
    "This order would sell down to {limit}; with {percent} % of slippage {bound} is as far as it "
    "needs to go now. Look at the price again and order anew."
)
UNSTATED: Final = Size(Decimal(10**12))  # shares at the best price, where no whole book is known


async def refuse_drift(session: AsyncSession, ticket: Ticket, conditions: Conditions) -> None:
    """Raises: NotReconciled, to automation."""
    if ticket.origin is not Origin.AUTOMATION:
        return
    if await conditions.is_clear(session, ticket.user_id, ticket.account):
        return
    if ticket.account is not Account.LIVE:
        raise NotReconciled(
            "A position and its trades do not add up, so automation waits. You can trade by hand."
        )
    raise NotReconciled(
        "What the venue reports and what is booked here do not agree yet, so automation waits. "
        "You can trade by hand."
    )


def refuse_by_conditions(
    ticket: Ticket, market: Market, conditions: Conditions, rules: RiskRules
) -> None:
    """Raises: DiskFull, HeartbeatLost, PriceNotTrusted, PriceOutOfReach."""
    _refuse_full_disk(conditions.free_disk(), rules.min_free_disk_percent)
    if ticket.account is Account.LIVE:
        _refuse_lost_heartbeat(ticket, conditions)
    quote = conditions.prices.quote(ticket.token_id)
    reading = conditions.prices.reading(ticket.token_id)
    if quote is None or reading is None:
        raise PriceNotTrusted(
            "There is no price for this outcome yet. Open the market again.", ticket.token_id
        )
    _refuse_old_price(ticket, reading, rules.max_book_age)
    _refuse_crossed_book(ticket, quote)
    if ticket.origin is not Origin.PROTECTION:  # it must get out of a falling market too
        _refuse_far_bound(ticket, market, quote, rules.max_slippage_percent)


def best_price(ticket: Ticket, quote: Quote | None) -> Price | None:
    """Of those who could meet the order now; None if there is nobody."""
    if quote is None:
        return None
    return quote.ask if ticket.side is Side.BUY else quote.bid


def _refuse_full_disk(free: float, least: Decimal) -> None:
    if free < least:
        raise DiskFull(
            worded(
                "This computer has {free} % of its disk free, less than {least} %: a new order "
                "might not be written down. Orders can still be cancelled; the owner has to make "
                "room.",
                free=f"{free:.1f}",
                least=f"{least:f}",
            )
        )


def _refuse_lost_heartbeat(ticket: Ticket, conditions: Conditions) -> None:
    if not conditions.is_heartbeat_healthy(ticket.user_id):
        raise HeartbeatLost(
            "The venue does not answer our heartbeat, so it may be cancelling your open orders. No "
            "new order is sent until it answers again; cancelling works."
        )


def _refuse_old_price(ticket: Ticket, reading: Reading, most: float) -> None:
    """Raises: PriceNotTrusted."""
    if reading.state is PriceState.LIVE:
        return
    if reading.state is PriceState.POLLED and reading.age < most:
        return
    raise PriceNotTrusted(
        worded(
            "The price is not live: the newest one is {age} s old. Nothing was "
            "ordered. Refresh and try again.",
            age=f"{reading.age:.0f}",
        ),
        ticket.token_id,
    )


def _refuse_crossed_book(ticket: Ticket, quote: Quote) -> None:
    """It is not shown, but it is what the order would meet. Raises: PriceNotTrusted."""
    if quote.book is not None and quote.book.is_crossed:
        raise PriceNotTrusted(
            "Bids and asks of this outcome cross right now, so its price is not certain. Nothing "
            "was ordered. Refresh and try again.",
            ticket.token_id,
        )


def _refuse_far_bound(ticket: Ticket, market: Market, quote: Quote, percent: Decimal) -> None:
    """Raises: PriceOutOfReach."""
    bound = farthest_bound(ticket, _levels(ticket, quote), percent, market.tick)
    is_buy, limit = ticket.side is Side.BUY, ticket.worst_price
    if bound is None:
        if ticket.kind.rests:
            return
        raise PriceOutOfReach(NOBODY_SELLS if is_buy else NOBODY_BUYS)
    if (limit > bound) if is_buy else (limit < bound):
        raise PriceOutOfReach(
            worded(
                PAYS_TOO_MUCH if is_buy else SELLS_TOO_LOW,
                limit=_cents(limit),
                percent=f"{percent.normalize():f}",
                bound=_cents(bound),
            )
        )


def _levels(ticket: Ticket, quote: Quote) -> Sequence[Level]:
    """The other side of the book, best first; its best price alone where the book is not kept."""
    if quote.book is not None:
        return quote.book.asks() if ticket.side is Side.BUY else quote.book.bids()
    best = best_price(ticket, quote)
    return () if best is None else (Level(best, UNSTATED),)


def _cents(price: Price) -> str:
    return f"{(price * 100).normalize():f}¢"
