"""Limits, switches and the refusals that follow from them: decided here, without a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.breaker import FOR_EVERYBODY, FOR_YOU, WHY, Trip
from core.domain.order import Origin, Ticket
from core.domain.refusals import (
    BuyingRefused,
    CancelOnly,
    CashReserved,
    Halted,
    NotUnique,
    OverLimit,
    SharesReserved,
    Stopped,
)
from core.domain.sentences import mark, worded
from core.domain.units import MarketId, OrderId, Size, Usdc, UserId

RAISING_TAKES: Final = timedelta(hours=24)
AUTOMATION_PREFIX: Final = "auto"


class Stop(StrEnum):
    """What a user has stopped."""

    NOTHING = "nothing"
    ENTRIES = "entries"  # buys and automation; sells by hand and protective ones go on
    EVERYTHING = "everything"  # all but cancelling


class LimitKind(StrEnum):
    """Limits that users can set for themselves, below those of the settings."""

    PER_ORDER = "per-order"
    PER_MARKET = "per-market"
    PER_DAY = "per-day"
    OPEN_ORDERS = "open-orders"


@dataclass(frozen=True, slots=True)
class Limits:
    """USDC before fees, of buys; a day is one of UTC. Each is the most that is still allowed."""

    per_order: Decimal
    per_market: Decimal  # held at cost, and in open buys
    per_day: Decimal
    open_orders: int
    all_users_per_day: Decimal

    def of(self, kind: LimitKind) -> Decimal:
        match kind:
            case LimitKind.PER_ORDER:
                return self.per_order
            case LimitKind.PER_MARKET:
                return self.per_market
            case LimitKind.PER_DAY:
                return self.per_day
            case LimitKind.OPEN_ORDERS:
                return Decimal(self.open_orders)

    def lowered(self, own: Mapping[LimitKind, Decimal]) -> "Limits":
        """These limits where `own` are higher or not given: nobody can go beyond them."""
        return Limits(
            per_order=min(self.per_order, own.get(LimitKind.PER_ORDER, self.per_order)),
            per_market=min(self.per_market, own.get(LimitKind.PER_MARKET, self.per_market)),
            per_day=min(self.per_day, own.get(LimitKind.PER_DAY, self.per_day)),
            open_orders=int(
                min(self.open_orders, own.get(LimitKind.OPEN_ORDERS, self.open_orders))
            ),
            all_users_per_day=self.all_users_per_day,
        )


_ENOUGH: Final = Decimal(10**15)  # more than any account holds
UNLIMITED: Final = Limits(_ENOUGH, _ENOUGH, _ENOUGH, 10**9, _ENOUGH)
"""Of play money: only what there is bounds an order."""


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """A limit that a user has set; a raise waits in `next_value` until `next_at`."""

    value: Decimal
    next_value: Decimal | None = None
    next_at: datetime | None = None

    def at(self, now: datetime) -> Decimal:
        """What counts at `now`."""
        if self.next_value is None or self.next_at is None or now < self.next_at:
            return self.value
        return self.next_value


def changed_limit(current: Decimal, wanted: Decimal, now: datetime) -> OwnLimit:
    """Lowering counts at once and forgets a raise that waits; raising counts a day later."""
    if wanted <= current:
        return OwnLimit(wanted)
    return OwnLimit(current, wanted, now + RAISING_TAKES)


@dataclass(frozen=True, slots=True)
class Switches:
    """All that can forbid an order whatever its size."""

    stop: Stop = Stop.NOTHING
    trip: Trip | None = None  # of the user's breaker
    is_halted: bool = False
    trip_of_all: Trip | None = None  # of the breaker for everybody
    refusal: str = ""  # the venue's words, where it lets the user buy nothing


def refuse_switched_off(ticket: Ticket, switches: Switches) -> None:
    """Raises: Halted, CancelOnly, Stopped, BuyingRefused."""
    if switches.is_halted:
        raise Halted(
            "The owner has halted trading. Orders can be cancelled, and nothing else, until the "
            "owner lifts it."
        )
    trip = switches.trip_of_all or switches.trip
    if trip is not None:
        raise CancelOnly(worded(FOR_EVERYBODY if switches.trip_of_all else FOR_YOU, why=WHY[trip]))
    if switches.stop is Stop.EVERYTHING:
        raise Stopped("You have stopped everything. Resume trading first.")
    if switches.stop is Stop.ENTRIES and _is_entry(ticket):
        raise Stopped(
            "You have stopped new orders; sells by hand and protective sells still work. Resume "
            "trading first."
        )
    if switches.refusal and ticket.side is Side.BUY:
        raise BuyingRefused(switches.refusal)


def _is_entry(ticket: Ticket) -> bool:
    return ticket.side is Side.BUY or ticket.origin is Origin.AUTOMATION


@dataclass(frozen=True, slots=True)
class Demand:
    """What an order would hold: USDC before and with the highest fee (buys), shares (sells)."""

    value: Usdc
    cost: Usdc
    shares: Size


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a user's account has, and what its open orders hold of it already."""

    cash: Usdc
    reserved: Usdc  # of the cash, by open buys with their fees
    shares: Size  # of the order's outcome
    shares_reserved: Size
    open_orders: int
    market_value: Usdc  # held in the order's market at cost, and in open buys there
    day_value: Usdc  # bought, or to be bought, by orders of today
    day_value_of_all: Usdc


def refuse_sale(demand: Demand, exposure: Exposure) -> None:
    """Raises: SharesReserved."""
    free = exposure.shares - exposure.shares_reserved
    if demand.shares > free:
        raise SharesReserved(_too_few_shares(demand, exposure))


def refuse_purchase(demand: Demand, exposure: Exposure, limits: Limits) -> None:
    """Raises: OverLimit, CashReserved."""
    spent, value = exposure.day_value, demand.value
    _within(mark("One order"), value, Usdc(Decimal(0)), limits.per_order)
    _within(mark("This market"), value, exposure.market_value, limits.per_market)
    _within(mark("Today (UTC)"), value, spent, limits.per_day)
    if exposure.day_value_of_all + value > limits.all_users_per_day:
        left = max(limits.all_users_per_day - exposure.day_value_of_all, Decimal(0))
        raise OverLimit(
            worded(
                "All users together may buy for {most} USDC a day, and "
                "{left} of it is left until midnight UTC. Buy for less, or tomorrow.",
                most=f"{limits.all_users_per_day:,.2f}",
                left=f"{left:,.2f}",
            )
        )
    if demand.cost > exposure.cash - exposure.reserved:
        raise CashReserved(_too_little_cash(demand, exposure))


def refuse_crowd(exposure: Exposure, limits: Limits) -> None:
    """Raises: OverLimit."""
    if exposure.open_orders >= limits.open_orders:
        raise OverLimit(
            mark("You have one open order, and more are not allowed. Cancel it first.")
            if exposure.open_orders == 1
            else worded(
                "You have {count} open orders, and {most} is the most allowed. Cancel one first.",
                count=exposure.open_orders,
                most=limits.open_orders,
            )
        )


ABOVE: Final = mark(
    "{what} may take {most} USDC; this order is for {value}. Buy for at most {left}, or have the "
    "limit raised (that takes a day)."
)
USED_UP: Final = mark(
    "{what} may take {most} USDC and {used} is used; this order is for {value}. Buy for at most "
    "{left}, or have the limit raised (that takes a day)."
)


def _within(what: str, value: Decimal, used: Decimal, most: Decimal) -> None:
    """Raises: OverLimit."""
    if used + value <= most:
        return
    raise OverLimit(
        worded(
            USED_UP if used else ABOVE,
            what=what,
            most=f"{most:,.2f}",
            used=f"{used:,.2f}",
            value=f"{value:,.2f}",
            left=f"{max(most - used, Decimal(0)):,.2f}",
        )
    )


def _too_few_shares(demand: Demand, exposure: Exposure) -> str:
    wanted, shares = _number(demand.shares), _number(exposure.shares)
    if demand.shares == 1 and not exposure.shares_reserved:
        return worded("You want to sell one share and have {shares}.", shares=shares)
    if not exposure.shares_reserved:
        return worded(
            "You want to sell {wanted} shares and have {shares}.", wanted=wanted, shares=shares
        )
    return worded(
        "You want to sell {wanted} shares and have {shares}, {held} of them in open sales; cancel "
        "those first.",
        wanted=wanted,
        shares=shares,
        held=_number(exposure.shares_reserved),
    )


def _too_little_cash(demand: Demand, exposure: Exposure) -> str:
    cost, cash = f"{demand.cost:,.2f}", f"{exposure.cash:,.2f}"
    if not exposure.reserved:
        return worded(
            "This can cost {cost} USDC with the fee; you have {cash}. Buy for less, or cancel an "
            "open order.",
            cost=cost,
            cash=cash,
        )
    return worded(
        "This can cost {cost} USDC with the fee; you have {cash}, {held} of it in open orders. "
        "Buy for less, or cancel an open order.",
        cost=cost,
        cash=cash,
        held=f"{exposure.reserved:,.2f}",
    )


def automation_key(market: MarketId, side: Side, cause: str) -> str:
    """The one key that an automated order can have: account and user are unique beside it.

    `cause` names the trigger, or the forecast and its version, that wanted the order.

    >>> automation_key(MarketId("7"), Side.BUY, "forecast:paris:2026-11-21:3")
    'auto:7:BUY:forecast:paris:2026-11-21:3'
    """
    return f"{AUTOMATION_PREFIX}:{market}:{side.value}:{cause}"


def refuse_repeatable(ticket: Ticket) -> None:
    """Raises: NotUnique for an automated order that could be placed twice for the same cause."""
    if ticket.origin not in {Origin.AUTOMATION, Origin.PROTECTION}:
        return
    stem = automation_key(ticket.market_id, ticket.side, "")
    if not ticket.key.startswith(stem) or ticket.key == stem:
        raise NotUnique("An automated order did not say what it was for, so it was not placed.")


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class OpenOrderRef:
    """An order that may still work."""

    user_id: UserId
    account: Account
    order_id: OrderId
